from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from mesosdeploy.services.exporter import exporter as module
from mesosdeploy.services.exporter.exporter import Exporter, Measurement
from mesosdeploy.services.exporter.mesos import NoAnswerError
from mesosdeploy.services.exporter.model import Figure, Kind, Type
from mesosdeploy.services.exporter.settings import Settings
from mesosdeploy.services.exporter.web import Collector

VERSION = {"version": "1.11.0", "git_sha": "04bc7ee"}
SUMMARY: dict[str, Any] = {"frameworks": []}


class Answers:
    """Endpoints that answer with what they are given: JSON, or an error."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = dict(answers)
        self.asked: Counter[str] = Counter()
        self.held = asyncio.Event()
        self.held.set()

    async def get(self, path: str) -> Any:
        self.asked[path.partition("?")[0]] += 1
        await self.held.wait()
        answer = self.answers.get(path.partition("?")[0], NoAnswerError("http_404", "status 404"))
        if isinstance(answer, Exception):
            raise answer
        return answer


def settings(kind: Kind = Kind.MASTER, **more: Any) -> Settings:
    return Settings(kind=kind, url="http://192.0.2.1:5050", **more)


def measure(answers: Mapping[str, Any], kind: Kind = Kind.MASTER, **more: Any) -> Measurement:
    async def run() -> Measurement:
        return await Exporter(settings(kind, **more), Answers(answers)).measure()

    return asyncio.run(run())


def value(measurement: Measurement, name: str, **labels: str) -> float | None:
    found = [f.value for f in measurement.figures if f.name == name and f.labels == labels]
    return found[0] if found else None


def test_follower_is_not_asked_for_frameworks() -> None:
    async def run(elected: float) -> Counter[str]:
        answers = Answers({"/metrics/snapshot": {"master/elected": elected}, "/version": VERSION})
        await Exporter(settings(), answers).measure()
        return answers.asked

    assert asyncio.run(run(0.0)) == {"/metrics/snapshot": 1, "/version": 1}
    assert asyncio.run(run(1.0))["/state-summary"] == 1


@pytest.mark.parametrize(
    ("kind", "option"), [(Kind.MASTER, "max_frameworks"), (Kind.AGENT, "max_tasks")]
)
def test_limit_of_zero_asks_for_no_details(kind: Kind, option: str) -> None:
    async def run() -> Counter[str]:
        snapshot = {"master/elected": 1.0} if kind is Kind.MASTER else {}
        answers = Answers({"/metrics/snapshot": snapshot, "/version": VERSION})
        await Exporter(settings(kind, **{option: 0}), answers).measure()
        return answers.asked

    assert asyncio.run(run()) == {"/metrics/snapshot": 1, "/version": 1}


def test_who_asks_meanwhile_shares_the_answer() -> None:
    async def run() -> tuple[Counter[str], set[int]]:
        answers = Answers({"/metrics/snapshot": {}, "/version": VERSION})
        exporter = Exporter(settings(), answers)
        answers.held.clear()
        waiting = [asyncio.ensure_future(exporter.measure()) for _ in range(10)]
        await asyncio.sleep(0)
        waiting[0].cancel()  # it went away; the others get their answer
        answers.held.set()
        found = await asyncio.gather(*waiting[1:])
        return answers.asked, {id(each) for each in found}

    asked, answers = asyncio.run(run())
    assert asked["/metrics/snapshot"] == 1
    assert len(answers) == 1


def test_answer_is_kept_for_a_while() -> None:
    async def run() -> list[int]:
        answers = Answers({"/metrics/snapshot": {}, "/version": VERSION})
        times = iter([100.0, 100.3, 100.59, 100.61, 101.2])
        exporter = Exporter(settings(), answers, clock=lambda: next(times))
        counts = []
        for _ in range(5):
            await exporter.measure()
            counts.append(answers.asked["/metrics/snapshot"])
        return counts

    assert asyncio.run(run()) == [1, 1, 1, 2, 2]


@pytest.mark.parametrize("reason", ["refused", "unauthorized", "tls"])
def test_silent_mesos_is_down_with_the_reason(reason: str) -> None:
    found = measure({"/metrics/snapshot": NoAnswerError(reason, "detail"), "/version": VERSION})
    assert value(found, "mesos_up") == 0
    labels = {"endpoint": "/metrics/snapshot", "reason": reason}
    assert value(found, "mesos_scrape_error", **labels) == 1
    assert not found.up
    assert not [f.name for f in found.figures if f.name.startswith("mesos_master_")]


def test_slow_mesos_is_down_in_time() -> None:
    async def run() -> Measurement:
        answers = Answers({"/metrics/snapshot": {}})
        answers.held.clear()
        return await Exporter(settings(timeout_seconds=0.01), answers).measure()

    found = asyncio.run(run())
    assert value(found, "mesos_scrape_error", endpoint="/metrics/snapshot", reason="timeout") == 1


@pytest.mark.parametrize("summary", [NoAnswerError("http_503", "x"), {}, {"frameworks": [{}]}, []])
def test_details_that_cannot_be_had_leave_it_up(summary: Any) -> None:
    found = measure(
        {
            "/metrics/snapshot": {"master/elected": 1.0},
            "/version": VERSION,
            "/state-summary": summary,
        }
    )
    assert value(found, "mesos_up") == 1
    assert value(found, "mesos_master_elected") == 1
    assert set(found.problems) == {"/state-summary"}


@pytest.mark.parametrize("snapshot", [[1], "text", None])
def test_snapshot_that_is_none_is_down(snapshot: Any) -> None:
    found = measure({"/metrics/snapshot": snapshot, "/version": VERSION})
    assert value(found, "mesos_up") == 0
    labels = {"endpoint": "/metrics/snapshot", "reason": "not_understood"}
    assert value(found, "mesos_scrape_error", **labels) == 1


def test_trouble_is_logged_when_it_begins_and_when_it_ends(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEAST_SECONDS_BETWEEN", 0.0)
    caplog.set_level(logging.INFO)

    async def run() -> None:
        answers = Answers({"/metrics/snapshot": NoAnswerError("refused", "nobody listens")})
        exporter = Exporter(settings(), answers)
        await exporter.measure()
        await exporter.measure()
        answers.answers |= {"/metrics/snapshot": {}, "/version": VERSION}
        await exporter.measure()
        await exporter.measure()

    asyncio.run(run())
    where = "http://192.0.2.1:5050/metrics/snapshot"
    assert [record.getMessage() for record in caplog.records] == [
        f"{where}: nobody listens (refused)",
        f"{where}: answers again",
    ]


def test_unknown_figures_are_counted() -> None:
    found = measure({"/metrics/snapshot": {"master/elected": 0.0, "new/thing": 1.0}})
    assert value(found, "mesos_exporter_unknown_figures") == 1


ZOOKEEPER = {
    "server_state": "leader",
    "version": "3.8.0-x, built on 2024",
    "avg_latency": 2.5,
    "znode_count": 7,
    "packets_sent": 9,
    "cnt_fsynctime": 4,
    "sum_fsynctime": 20,
    "error": None,
}


def test_zookeeper_is_measured_in_seconds() -> None:
    found = measure({"/commands/monitor": ZOOKEEPER}, Kind.ZOOKEEPER)
    assert value(found, "mesos_up") == 1
    assert value(found, "zookeeper_latency_avg_seconds") == 0.0025
    assert value(found, "zookeeper_packets_sent_total") == 9
    assert value(found, "zookeeper_fsync_seconds_count") == 4
    assert value(found, "zookeeper_fsync_seconds_sum") == 0.02
    assert value(found, "zookeeper_server_state", state="leader") == 1
    assert value(found, "zookeeper_build_info", version="3.8.0-x") == 1


@pytest.mark.parametrize(
    "said",
    [
        {"command": "monitor", "error": "This ZooKeeper instance is not currently serving"},
        NoAnswerError("http_500", "status 500"),
    ],
    ids=["error", "status-500"],
)
def test_zookeeper_without_quorum_is_down(said: Any) -> None:
    found = measure({"/commands/monitor": said}, Kind.ZOOKEEPER)
    assert value(found, "mesos_up") == 0
    labels = {"endpoint": "/commands/monitor", "reason": "not_serving"}
    assert value(found, "mesos_scrape_error", **labels) == 1


def exposition(*figures: Figure) -> str:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector(figures))
    return generate_latest(registry).decode()


def figure(name: str, type_: Type, value: float, **labels: str) -> Figure:
    return Figure(name=name, type=type_, help="meaning", value=value, labels=labels)


def test_samples_of_a_metric_are_together_with_help_and_type() -> None:
    text = exposition(
        figure("a_total", Type.COUNTER, 1, x="1"),
        figure("b_seconds", Type.SUMMARY, 0.5, quantile="0.5"),
        figure("a_total", Type.COUNTER, 2, x="2"),
        figure("b_seconds_count", Type.SUMMARY, 7),
        figure("c", Type.UNKNOWN, 3),
    )
    assert text.splitlines() == [
        "# HELP a_total meaning",
        "# TYPE a_total counter",
        'a_total{x="1"} 1.0',
        'a_total{x="2"} 2.0',
        "# HELP b_seconds meaning",
        "# TYPE b_seconds summary",
        'b_seconds{quantile="0.5"} 0.5',
        "b_seconds_count 7.0",
        "# HELP c meaning",
        "# TYPE c untyped",
        "c 3.0",
    ]


def test_series_is_served_once() -> None:
    text = exposition(figure("a", Type.GAUGE, 1, x="1"), figure("a", Type.GAUGE, 2, x="1"))
    assert text.count("a{") == 1
