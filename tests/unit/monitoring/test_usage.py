"""Usage is read from Prometheus' figures or from Mesos itself, in the same shape."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mesosdeploy.mesos.endpoints import endpoints
from mesosdeploy.monitoring import client, usage_prometheus
from mesosdeploy.monitoring.client import MonitoringError, Sample
from mesosdeploy.monitoring.usage import AgentUse, FrameworkUse, Order, Share, Usage, total
from mesosdeploy.monitoring.usage_mesos import Observer
from tests.unit.monitoring.fake import INVENTORY, FakeMonitoring

WHERE = endpoints(INVENTORY)
MB = 2**20


def samples(figures: dict[str, float], **labels: str) -> list[Sample]:
    return [Sample(labels={**labels, "figure": name}, value=v) for name, v in figures.items()]


BUSY = {
    "up": 1.0,
    "registered": 1.0,
    "cpus_capacity": 4.0,
    "cpus_given": 2.0,
    "cpus_used": 0.5,
    "mem_mb_capacity": 1024.0,
    "tasks": 3.0,
    "waiting": 1.0,
    "load": 1.5,
    "ended": 6.0,
    "failed": 0.0,
}


def of_prometheus(agents: list[Sample], frameworks: list[Sample]) -> Usage | None:
    def ask(expression: str) -> list[Sample]:
        return agents if expression == usage_prometheus.AGENTS else frameworks

    return usage_prometheus.read(ask, WHERE, "Prometheus")


def test_agents_are_those_of_the_inventory_with_their_figures() -> None:
    stranger = samples(BUSY, node="agent-9")
    found = of_prometheus([*samples(BUSY, node="agent-1"), *stranger], [])
    assert found is not None
    first, second = found.agents
    assert (first.node, first.state, first.tasks, first.waiting) == ("agent-1", "registered", 3, 1)
    assert first.cpus == Share(capacity=4.0, given=2.0, used=0.5)
    assert first.mem_mb == Share(capacity=1024.0)
    assert (second.node, second.state, second.tasks) == ("agent-2", "no figures", None)


@pytest.mark.parametrize(
    ("figures", "state"),
    [
        ({"up": 0.0}, "does not answer"),
        ({"up": 1.0, "registered": 0.0}, "not registered"),
        ({"up": 1.0, "registered": 1.0}, "registered"),
        ({"cpus_used": 1.0}, "no figures"),
    ],
    ids=["down", "unregistered", "registered", "unknown"],
)
def test_state_of_an_agent(figures: dict[str, float], state: str) -> None:
    others = samples({"up": 1.0}, node="agent-2")
    found = of_prometheus([*samples(figures, node="agent-1"), *others], [])
    assert found is not None
    assert found.agents[0].state == state


def test_idle_agent_uses_nothing() -> None:
    figures = {"up": 1.0, "registered": 1.0, "tasks": 0.0, "cpus_capacity": 4.0}
    found = of_prometheus(samples(figures, node="agent-1"), [])
    assert found is not None
    assert found.agents[0].cpus == Share(capacity=4.0, used=0.0)


def test_framework_that_only_old_figures_know_is_left_out() -> None:
    here = samples(
        {"active": 1.0, "connected": 1.0, "tasks": 2.0}, framework_id="F1", framework="m"
    )
    gone = samples({"cpus_used": 1.0}, framework_id="F0", framework="old")
    found = of_prometheus(samples(BUSY, node="agent-1"), [*here, *gone])
    assert found is not None
    assert [(one.id, one.name, one.state, one.tasks) for one in found.frameworks] == [
        ("F1", "m", "active", 2)
    ]


def test_prometheus_that_knows_no_agent_yet_says_nothing() -> None:
    assert of_prometheus(samples({"cpus_used": 1.0}, node="agent-1"), []) is None


def agent(busy_seconds: float, at: float) -> list[dict[str, Any]]:
    return [
        {
            "container_id": "c1",
            "framework_id": "F1",
            "statistics": {
                "cpus_user_time_secs": busy_seconds,
                "cpus_system_time_secs": 1.0,
                "mem_rss_bytes": 64 * MB,
                "timestamp": at,
            },
        }
    ]


def summary(ended: int) -> dict[str, Any]:
    used = {"cpus": 1.0, "mem": 128.0, "disk": 0.0}
    return {
        "slaves": [
            {
                "pid": "slave(1)@10.0.0.11:5051",
                "active": True,
                "resources": {"cpus": 4.0, "mem": 1024.0, "disk": 100.0},
                "used_resources": used,
                "TASK_RUNNING": 2,
                "TASK_FAILED": ended,
            }
        ],
        "frameworks": [
            {
                "id": "F1",
                "name": "marathon",
                "active": True,
                "connected": True,
                "used_resources": used,
                "TASK_RUNNING": 2,
                "TASK_STAGING": 1,
                "TASK_FAILED": ended,
            }
        ],
    }


@pytest.fixture
def mesos(monkeypatch: pytest.MonkeyPatch) -> FakeMonitoring:
    """Give a cluster that master-2 leads, and whose agent-2 is down."""
    fake = FakeMonitoring()
    monkeypatch.setattr(client, "open_http", fake.http)
    fake.down = {"10.0.0.12:5051"}
    redirect = httpx.Response(307, headers={"location": "//10.0.0.2:5050/state-summary"})
    fake.answers["GET 10.0.0.1:5050/state-summary"] = redirect
    load = httpx.Response(200, json={"avg_load_1min": 0.75})
    fake.answers["GET 10.0.0.11:5051/system/stats.json"] = load
    return fake


def tell(mesos: FakeMonitoring, *, busy: float, at: float, ended: int) -> None:
    mesos.answers["GET 10.0.0.2:5050/state-summary"] = httpx.Response(200, json=summary(ended))
    told = httpx.Response(200, json=agent(busy, at))
    mesos.answers["GET 10.0.0.11:5051/containers"] = told


def test_second_look_at_mesos_has_rates(mesos: FakeMonitoring) -> None:
    observer = Observer(where=WHERE)
    tell(mesos, busy=10.0, at=100.0, ended=3)
    first = observer.look(timeout=5, at=100.0)
    assert (first.agents[0].cpus, first.agents[0].ended) == (Share(capacity=4.0, given=1.0), None)
    tell(mesos, busy=11.0, at=102.0, ended=4)
    second = observer.look(timeout=5, at=102.0)
    assert second.agents[0] == AgentUse(
        node="agent-1",
        state="registered",
        cpus=Share(capacity=4.0, given=1.0, used=0.5),
        mem_mb=Share(capacity=1024.0, given=128.0, used=64.0),
        disk_mb=Share(capacity=100.0, given=0.0),
        tasks=2,
        waiting=0,
        load=0.75,
        ended=30.0,
        failed=30.0,
    )
    (framework,) = second.frameworks
    assert (framework.name, framework.tasks, framework.waiting) == ("marathon", 2, 1)
    assert framework.cpus == Share(given=1.0, used=0.5)


def test_count_that_began_anew_gives_no_rate(mesos: FakeMonitoring) -> None:
    observer = Observer(where=WHERE)
    tell(mesos, busy=10.0, at=100.0, ended=9)
    observer.look(timeout=5, at=100.0)
    tell(mesos, busy=1.0, at=102.0, ended=1)
    found = observer.look(timeout=5, at=102.0).agents[0]
    assert (found.cpus.used, found.ended) == (None, None)


def test_silent_agent_is_a_row_and_a_problem(mesos: FakeMonitoring) -> None:
    tell(mesos, busy=10.0, at=100.0, ended=0)
    found = Observer(where=WHERE).look(timeout=5, at=100.0)
    assert (found.agents[1].node, found.agents[1].state) == ("agent-2", "does not answer")
    assert found.problems == ("agent-2: http://10.0.0.12:5051: refused",)


def test_no_leader_is_an_error(mesos: FakeMonitoring) -> None:
    nobody = httpx.Response(503, text="No leader elected")
    mesos.answers["GET 10.0.0.2:5050/state-summary"] = nobody
    with pytest.raises(MonitoringError) as caught:
        Observer(where=WHERE).look(timeout=5, at=1.0)
    assert "no master leads" in caught.value.message
    assert "No leader elected" in caught.value.message


def row(name: str, **figures: Any) -> AgentUse:
    return AgentUse(node=name, **figures)


@pytest.mark.parametrize(
    ("order", "names"),
    [
        (Order.NAME, ["a", "b", "c"]),
        (Order.CPUS, ["b", "a", "c"]),
        (Order.TASKS, ["c", "a", "b"]),
        (Order.LOAD, ["a", "b", "c"]),
    ],
    ids=str,
)
def test_rows_are_ordered_by_a_figure_or_the_name(order: Order, names: list[str]) -> None:
    rows = (
        row("c", cpus=Share(given=1.0), tasks=9),
        row("a", cpus=Share(given=5.0, used=2.0), load=3.0),
        row("b", cpus=Share(given=4.0)),
    )
    frameworks = (FrameworkUse(id="F", name="f"),)
    usage = Usage(cluster="demo", source="Mesos", agents=rows, frameworks=frameworks)
    assert [one.name for one in usage.ordered(order).agents] == names


def test_sum_of_shares_counts_what_is_known() -> None:
    assert total([Share(capacity=4.0, given=1.0), Share(capacity=2.0)]) == Share(
        capacity=6.0, given=1.0
    )
