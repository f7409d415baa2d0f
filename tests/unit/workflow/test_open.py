"""Pages are found where they are shown now: at the leader, or at the first that answers."""

from __future__ import annotations

import shlex
from pathlib import Path

import httpx
import pytest

from mesosdeploy.errors import DeployError, StateError
from mesosdeploy.workflow import open as workflow
from mesosdeploy.workflow.open import Page
from tests.unit.monitoring.fake import (
    ALERTMANAGER,
    INVENTORY,
    PROMETHEUS,
    UNWATCHED,
    FakeMonitoring,
)

HOSTS = INVENTORY["_meta"]["hostvars"]
ADDRESSES = {1: "10.0.0.1", 2: "10.0.0.2"}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeMonitoring:
    """Give a cluster whose second master and Marathon lead."""
    made = FakeMonitoring()
    monkeypatch.setattr(workflow, "client", made.http)
    ok = httpx.Response(200, json={})
    for number, address in ADDRESSES.items():
        for path in ("/health", "/ping"):
            port = 5050 if path == "/health" else 8080
            made.answers[f"GET {address}:{port}{path}"] = ok
        made.answers[f"GET {address}:5050/version"] = httpx.Response(200, json={"version": "1"})
        made.answers[f"GET {address}:5050/flags"] = httpx.Response(200, json={"flags": {}})
        made.answers[f"GET {address}:5050/metrics/snapshot"] = httpx.Response(
            200, json={"master/elected": float(number == 2)}
        )
        made.answers[f"GET {address}:5050/slaves"] = httpx.Response(
            307, headers={"location": "//10.0.0.2:5050/slaves"}
        )
        made.answers[f"GET {address}:8080/v2/leader"] = httpx.Response(
            200, json={"leader": "10.0.0.2:8080"}
        )
    made.answers["GET 10.0.0.2:5050/slaves"] = httpx.Response(200, json={"slaves": []})
    made.answers["GET 10.0.0.21:8404/_haproxy_health_check"] = ok
    for place in ("10.0.0.21:9090", ALERTMANAGER):
        made.answers[f"GET {place}/-/ready"] = ok
    return made


URLS = {
    Page.MESOS: "http://10.0.0.2:5050/",
    Page.MARATHON: "http://10.0.0.2:8080/ui/",
    Page.LB: "http://10.0.0.21:8404/stats",
    Page.DASHBOARDS: "http://10.0.0.21:9090/consoles/index.html",
    Page.PROMETHEUS: "http://10.0.0.21:9090/",
    Page.ALERTS: "http://10.0.0.21:9093/",
}


@pytest.mark.parametrize("page", URLS, ids=str)
def test_page_is_found(fake: FakeMonitoring, page: Page) -> None:
    assert workflow.find(INVENTORY, page).url == URLS[page]


@pytest.mark.parametrize(
    ("page", "flavour", "url"),
    [
        (Page.MESOS, "mesosdeploy_mesos_flavour", "http://10.0.0.2:5050/state-summary"),
        (Page.MARATHON, "mesosdeploy_marathon_flavour", "http://10.0.0.2:8080/v2/apps"),
    ],
    ids=["mesos", "marathon"],
)
def test_what_has_no_page_is_shown_as_its_api(
    fake: FakeMonitoring, page: Page, flavour: str, url: str
) -> None:
    cluster = INVENTORY["all"]
    embedded = {**INVENTORY, "all": {**cluster, "vars": {**cluster["vars"], flavour: "lab"}}}
    assert workflow.find(embedded, page).url == url


def test_all_pages_of_the_cluster_are_listed(fake: FakeMonitoring) -> None:
    found = workflow.places(INVENTORY)
    assert {one.page: one.url for one in found} == URLS
    assert [one.problem for one in found] == [""] * len(URLS)
    assert {one.page for one in workflow.places(UNWATCHED)} == {
        Page.MESOS,
        Page.MARATHON,
        Page.LB,
    }


def test_page_that_the_cluster_does_not_have_is_told_with_those_it_has(
    fake: FakeMonitoring,
) -> None:
    with pytest.raises(StateError, match="has no page 'grafana'") as caught:
        workflow.find(INVENTORY, Page.GRAFANA)
    assert "dashboards" in (caught.value.hint or "")


def test_missing_leader_is_an_error_with_what_each_master_says(fake: FakeMonitoring) -> None:
    fake.down = {"10.0.0.1:5050", "10.0.0.2:5050"}
    with pytest.raises(DeployError, match="no master leads") as caught:
        workflow.find(INVENTORY, Page.MESOS)
    assert "10.0.0.1:5050: refused" in caught.value.message
    listed = {one.page: one for one in workflow.places(INVENTORY)}
    assert "no master leads" in listed[Page.MESOS].problem
    assert listed[Page.MARATHON].problem == ""


def test_marathon_that_wants_a_password_is_taken_as_it_is(fake: FakeMonitoring) -> None:
    for address in ADDRESSES.values():
        for path in ("/ping", "/v2/leader"):
            fake.answers[f"GET {address}:8080{path}"] = httpx.Response(401)
    assert workflow.find(INVENTORY, Page.MARATHON).url == "http://10.0.0.1:8080/ui/"


def test_second_balancer_is_taken_when_the_first_is_down(fake: FakeMonitoring) -> None:
    two = {**INVENTORY, "haproxy": {"hosts": ["master-1", "monitor-1"]}}
    fake.down = {"10.0.0.1:8404"}
    assert workflow.find(two, Page.LB).node == "monitor-1"


def test_page_that_only_ssh_leads_to_comes_with_the_command_that_brings_it(
    fake: FakeMonitoring,
) -> None:
    place = workflow.find(INVENTORY, Page.PROMETHEUS)
    config = Path("/my states/ssh_config")
    assert workflow.forwarded(place, INVENTORY, config) == place
    hosts = {name: {**known, "mesosdeploy_behind_ssh": True} for name, known in HOSTS.items()}
    behind = workflow.forwarded(place, {**INVENTORY, "_meta": {"hostvars": hosts}}, config)
    assert shlex.split(behind.forward) == [
        *("ssh", "-F", "/my states/ssh_config", "-S", "none", "-N"),
        *("-L", f"9090:{PROMETHEUS}", "monitor-1"),
    ]
    assert (behind.url, behind.local_url) == (place.url, "http://localhost:9090/")
