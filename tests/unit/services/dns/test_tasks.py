"""Claims about what a state says of a task."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.services.dns import tasks
from tests.unit.services.dns.states import discovery, running, task

SOURCES = ("netinfo", "mesos", "host")
AGENT = "10.0.1.1"


@pytest.mark.parametrize(
    ("given", "serves"),
    [
        pytest.param(task("web"), True, id="running"),
        pytest.param(task("web", state="TASK_STAGING"), False, id="staging"),
        pytest.param(task("web", state="TASK_UNREACHABLE"), False, id="unreachable"),
        pytest.param(task("web", statuses=[]), True, id="no status yet"),
        pytest.param(task("web", statuses=[running(healthy=True)]), True, id="healthy"),
        pytest.param(task("web", statuses=[running(healthy=False)]), False, id="unhealthy"),
        pytest.param(
            task("web", statuses=[running(healthy=True, at=2), running(healthy=False, at=1)]),
            True,
            id="healthy again, statuses in any order",
        ),
    ],
)
def test_task_serves(given: dict[str, Any], serves: bool) -> None:
    assert tasks.serves(given) is serves


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        pytest.param("[31000-31001, 31005-31005]", [31000, 31001, 31005], id="ranges"),
        pytest.param("[31000-31000]", [31000], id="one"),
        pytest.param("", [], id="none"),
        pytest.param("[]", [], id="empty"),
    ],
)
def test_host_ports(text: str, ports: list[int]) -> None:
    assert tasks.host_ports(task("web", ports=text)) == ports


def test_discovery_ports_with_several_protocols() -> None:
    given = task("web", discovery=discovery("web", ("dns", 53, "udp,TCP"), ("", 80, "")))
    ports = tasks.discovery_ports(given)
    assert [(p.name, p.number, p.protocols) for p in ports] == [
        ("dns", 53, ("udp", "tcp")),
        ("", 80, ()),
    ]


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        pytest.param(("netinfo", "host"), ["172.17.0.2"], id="container first"),
        pytest.param(("host", "netinfo"), [AGENT], id="host first"),
        pytest.param(("docker", "host"), ["172.17.0.9"], id="label of docker"),
        pytest.param(("mesos", "host"), [AGENT], id="a source that knows none is passed over"),
    ],
)
def test_address_is_of_the_first_source_that_knows_one(
    sources: tuple[str, ...], expected: list[str]
) -> None:
    status = running(address="172.17.0.2")
    status["labels"] = [{"key": "Docker.NetworkSettings.IPAddress", "value": "172.17.0.9"}]
    assert tasks.addresses(task("web", statuses=[status]), AGENT, sources) == expected


def test_all_addresses_of_a_source_count_and_nonsense_does_not() -> None:
    status = running(address="172.17.0.2")
    networks = status["container_status"]["network_infos"]
    networks.append({"ip_addresses": [{"ip_address": "fd00::2"}, {"ip_address": "nonsense"}]})
    networks.append({"name": "none"})
    given = task("web", statuses=[status])
    assert tasks.addresses(given, AGENT, SOURCES) == ["172.17.0.2", "fd00::2"]


def test_address_is_that_of_the_latest_running_status() -> None:
    statuses = [running(address="172.17.0.3", at=2), running(address="172.17.0.2", at=1)]
    assert tasks.addresses(task("web", statuses=statuses), AGENT, SOURCES) == ["172.17.0.3"]
