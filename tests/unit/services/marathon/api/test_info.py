"""What the scheduler says of itself, and its metrics."""

from __future__ import annotations

import asyncio

import pytest

from mesosdeploy.services.marathon.api import info
from mesosdeploy.services.marathon.metrics import prometheus_name
from mesosdeploy.services.marathon.settings import Settings
from tests.unit.services.marathon.api.fakes import (
    FakeScheduler,
    connection,
    deployment,
    exchange,
    instance,
)


@pytest.mark.parametrize(
    ("accept", "body"),
    [
        pytest.param("*/*", b"pong", id="anything"),
        pytest.param("text/plain", b"pong", id="text"),
        pytest.param("application/json", b'"pong"', id="json"),
    ],
)
def test_ping_is_answered(scheduler: FakeScheduler, accept: str, body: bytes) -> None:
    answer = exchange(scheduler, "GET", "/ping", headers={"Accept": accept})
    assert (answer.status, answer.body) == (200, body)


def test_info_says_that_this_is_a_stand_in(scheduler: FakeScheduler) -> None:
    shown = exchange(scheduler, "GET", "/v2/info").json
    assert (shown["name"], shown["version"]) == ("marathon", "1.11.24")
    assert "stand-in" in shown["buildref"]
    assert (shown["elected"], shown["leader"]) == (True, "node1:8080")
    assert shown["frameworkId"] == "framework-1"
    assert shown["marathon_config"]["framework_name"] == "marathon"
    assert shown["zookeeper_config"]["zk"] == "zk://localhost:2181/marathon"
    assert shown["http_config"]["http_port"] == 8080


def test_info_keeps_secrets(scheduler: FakeScheduler) -> None:
    answer = exchange(scheduler, "GET", "/v2/info")
    assert answer.json["marathon_config"]["master"] == "zk://xxxxxxxx:xxxxxxxx@zk1:2181/mesos"
    assert b"secret" not in answer.body


def test_the_leader_is_told_or_404(scheduler: FakeScheduler) -> None:
    assert exchange(scheduler, "GET", "/v2/leader").json == {"leader": "node1:8080"}
    scheduler.leader, scheduler.leading = "", False
    answer = exchange(scheduler, "GET", "/v2/leader")
    assert (answer.status, answer.json) == (404, {"message": "There is no leader"})


def test_an_abdication_is_answered_before_it_happens(
    scheduler: FakeScheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(info, "_ABDICATION_SECONDS", 0)
    abdicated = asyncio.Event()

    async def abdicate() -> None:
        scheduler.calls.append(("abdicate",))
        abdicated.set()

    async def run() -> None:
        scheduler.abdicate = abdicate  # type: ignore[method-assign]
        async with connection(scheduler, "DELETE", "/v2/leader", {}) as wire:
            await wire.expect(b'{"message": "Leadership abdicated"}')
            await asyncio.wait_for(abdicated.wait(), 5)

    asyncio.run(run())
    assert scheduler.calls == [("abdicate",)]


def test_a_backup_is_refused_and_the_leader_stays(scheduler: FakeScheduler) -> None:
    answer = exchange(scheduler, "DELETE", "/v2/leader?backup=file:///tmp/backup")
    assert (answer.status, scheduler.calls) == (501, [])


def test_metrics_have_marathons_names(scheduler: FakeScheduler) -> None:
    scheduler.put({"id": "/shop/api", "cmd": "true"})
    scheduler.running.append(instance(number=3, state="TASK_STAGING"))
    scheduler.under_way = [deployment([scheduler.app("/web")])]
    shown = exchange(scheduler, "GET", "/metrics").json
    gauges = {name: each["value"] for name, each in shown["gauges"].items()}
    assert gauges["marathon.apps.active.gauge"] == 2
    assert gauges["marathon.groups.active.gauge"] == 2
    assert gauges["marathon.deployments.active.gauge"] == 1
    assert gauges["marathon.instances.running.gauge"] == 2
    assert gauges["marathon.instances.staged.gauge"] == 1
    assert gauges["marathon.leadership.duration.gauge.seconds"] == 12.5
    assert shown["counters"]["marathon.mesos.offers.incoming.counter"] == {"count": 7}


def test_a_counter_is_there_before_it_counts(scheduler: FakeScheduler) -> None:
    shown = exchange(scheduler, "GET", "/metrics").json
    assert shown["counters"]["marathon.mesos.task-updates.task-lost.counter"] == {"count": 0}


def test_an_instance_that_should_run_by_now_is_overdue(scheduler: FakeScheduler) -> None:
    scheduler.running = [
        instance(number=1, state="TASK_STAGING", staged_at="2020-01-01T00:00:00.000Z"),
        instance(number=2, state="TASK_STAGING", staged_at="2999-01-01T00:00:00.000Z"),
    ]
    gauges = exchange(scheduler, "GET", "/metrics").json["gauges"]
    assert gauges["marathon.instances.launch-overdue.gauge"] == {"value": 1}


def test_prometheus_reads_the_same_values(scheduler: FakeScheduler) -> None:
    answer = exchange(scheduler, "GET", "/metrics/prometheus")
    assert answer.headers.get_content_type() == "text/plain"
    lines = answer.body.decode().splitlines()
    assert "# TYPE marathon_instances_running_gauge gauge" in lines
    assert "marathon_instances_running_gauge 2" in lines
    assert "marathon_leadership_duration_gauge_seconds 12.5" in lines
    assert "# TYPE marathon_mesos_offers_incoming_counter counter" in lines
    assert "marathon_mesos_offers_incoming_counter 7" in lines
    assert answer.body.endswith(b"\n")


def test_a_prometheus_name_has_underscores_only() -> None:
    name = "marathon.instances.inflight-kills.gauge"
    assert prometheus_name(name) == "marathon_instances_inflight_kills_gauge"


def test_a_browser_may_read_from_the_allowed_origin() -> None:
    settings = Settings(master="a:5050", hostname="node1", access_control_allow_origin="*")
    fake = FakeScheduler(settings=settings)
    assert exchange(fake, "GET", "/ping").headers["Access-Control-Allow-Origin"] == "*"
    asked = {"Access-Control-Request-Headers": "X-One"}
    answer = exchange(fake, "OPTIONS", "/v2/apps", headers=asked)
    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Headers"] == "X-One"


def test_no_origin_is_allowed_by_default(scheduler: FakeScheduler) -> None:
    assert "Access-Control-Allow-Origin" not in exchange(scheduler, "GET", "/ping").headers
    assert exchange(scheduler, "OPTIONS", "/v2/apps").status == 405
