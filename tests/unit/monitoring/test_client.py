"""Questions go to the first server that answers; refusals name the place and the remedy."""

from __future__ import annotations

import httpx
import pytest

from mesosdeploy.errors import StateError, UsageError
from mesosdeploy.mesos.asking import Deadline
from mesosdeploy.monitoring.client import Api, MonitoringError, NoAnswerError, Prometheus
from mesosdeploy.monitoring.places import PROMETHEUS as PROGRAM
from mesosdeploy.monitoring.places import require_watched
from tests.unit.monitoring.fake import INVENTORY, PROMETHEUS, UNWATCHED, FakeMonitoring, data

TWO = {**INVENTORY, "prometheus": {"hosts": ["master-1", "monitor-1"]}}


@pytest.fixture
def fake() -> FakeMonitoring:
    return FakeMonitoring()


def prometheus(fake: FakeMonitoring, inventory: dict[str, object] = INVENTORY) -> Prometheus:
    return Prometheus(Api.of(PROGRAM, inventory, fake.http(), Deadline.after(5)))


def test_second_server_answers_when_the_first_is_down(fake: FakeMonitoring) -> None:
    fake.down = {"10.0.0.1:9090"}
    assert prometheus(fake, TWO).alert_names() == ["MesosAgentDown", "NodeDown", "Watchdog"]
    assert [request.url.host for request in fake.requests] == ["10.0.0.1", "10.0.0.21"]


def test_server_that_starts_is_passed_over(fake: FakeMonitoring) -> None:
    starting = httpx.Response(503, text="Service Unavailable")
    fake.answers["GET 10.0.0.1:9090/api/v1/alerts"] = starting
    assert [alert["labels"]["alertname"] for alert in prometheus(fake, TWO).alerts()] == [
        "Watchdog"
    ]


def test_silence_of_all_servers_names_each(fake: FakeMonitoring) -> None:
    fake.down = {"10.0.0.1:9090", PROMETHEUS}
    with pytest.raises(NoAnswerError) as caught:
        prometheus(fake, TWO).alerts()
    assert "master-1: http://10.0.0.1:9090: refused" in caught.value.message
    assert f"monitor-1: http://{PROMETHEUS}: refused" in caught.value.message
    assert caught.value.hint == "mesosdeploy logs prometheus says why"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx.Response(401), "wants credentials (401)"),
        (httpx.Response(404), "answers /api/v1/alerts with 404: Not Found"),
        (httpx.Response(422, json={"error": "bad expression"}), "with 422: bad expression"),
        (httpx.Response(503, json={"error": "query timed out"}), "with 503: query timed out"),
        (httpx.Response(200, text="<html>"), "with no JSON: this is no Prometheus"),
        (httpx.Response(200, json=[]), "was answered without data.alerts"),
        (data(groups=[]), "was answered without data.alerts"),
    ],
    ids=["password", "path", "expression", "overload", "page", "list", "field"],
)
def test_refusal_is_told(fake: FakeMonitoring, answer: httpx.Response, said: str) -> None:
    fake.answers[f"GET {PROMETHEUS}/api/v1/alerts"] = answer
    with pytest.raises(MonitoringError) as caught:
        prometheus(fake).alerts()
    assert said in caught.value.message


def test_credentials_of_the_environment_are_sent(
    fake: FakeMonitoring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PROGRAM.credentials, "ops:se:cret")
    prometheus(fake).alerts()
    assert fake.requests[0].headers["authorization"] == "Basic b3BzOnNlOmNyZXQ="
    fake.answers[f"GET {PROMETHEUS}/api/v1/alerts"] = httpx.Response(401)
    with pytest.raises(MonitoringError, match="does not accept the given credentials"):
        prometheus(fake).alerts()


@pytest.mark.parametrize("text", ["ops", ":secret", "ops:"], ids=["no colon", "no user", "empty"])
def test_broken_credentials_are_a_usage_error(
    fake: FakeMonitoring, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(PROGRAM.credentials, text)
    with pytest.raises(UsageError, match="MESOSDEPLOY_PROMETHEUS_CREDENTIALS is not of the form"):
        prometheus(fake)


def test_query_gives_labels_and_numbers(fake: FakeMonitoring) -> None:
    fake.series = [({"node": "agent-1"}, 0.5)]
    found = prometheus(fake).query("up")
    assert [(one.labels, one.value) for one in found] == [({"node": "agent-1"}, 0.5)]
    assert fake.requests[0].content == b"query=up"


def test_cluster_without_monitoring_says_how_to_get_it() -> None:
    require_watched(INVENTORY, "demo")
    with pytest.raises(StateError) as caught:
        require_watched(UNWATCHED, "demo")
    assert caught.value.message == "the cluster 'demo' was made without monitoring"
    assert "features.monitoring" in (caught.value.hint or "")
