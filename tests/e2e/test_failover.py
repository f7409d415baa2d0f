"""Killing real processes of a running cluster: it heals, and a long task never notices."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mesosdeploy.mesos.endpoints import endpoints
from mesosdeploy.mesos.messages import TaskRequest
from mesosdeploy.mesos.scheduler import LongTask
from tests.e2e.conftest import Cluster

pytestmark = pytest.mark.containers
FAILOVER_SECONDS = 30
SETTLE_SECONDS = 90


@pytest.fixture(scope="module")
def task(cluster: Cluster) -> Iterator[LongTask]:
    """A task on agent-1 that runs until the end of these tests."""
    inventory = json.loads((cluster.state / cluster.name / "inventory.json").read_text())
    agent = next(a for a in cluster.json("status")["agents"] if a["node"] == "agent-1")
    running = LongTask.launch(
        endpoints(inventory),
        TaskRequest(name="long", command="while :; do date; sleep 1; done"),
        ("agent-1", agent["id"]),
    )
    yield running
    running.end()


def kill(cluster: Cluster, node: str, unit: str) -> None:
    cluster.on(node, f"systemctl kill -s KILL --kill-who=main {unit}")


def status(cluster: Cluster) -> dict[str, Any]:
    found: dict[str, Any] = cluster.json("status")
    return found


def settled(cluster: Cluster) -> None:
    cluster.until("the cluster is whole again", SETTLE_SECONDS, lambda: status(cluster)["healthy"])


def still_running(task: LongTask) -> bool:
    return task.state(timeout=5) == "TASK_RUNNING"


def test_killed_leader_is_replaced_and_the_task_runs_on(cluster: Cluster, task: LongTask) -> None:
    old = status(cluster)["leader"]
    # Stopped for the time of the election, so that it cannot win it again.
    cluster.on(old, "systemctl kill -s KILL mesos-master; systemctl stop mesos-master")
    truth = status(cluster)
    assert not truth["healthy"]
    assert any(old in problem for problem in truth["problems"])
    took = cluster.until(
        "another master leads",
        FAILOVER_SECONDS,
        lambda: (leader := status(cluster)["leader"]) is not None and leader != old,
    )
    print(f"failover of the leading master: {took:.1f} s")
    cluster.until(
        "all agents are registered again",
        SETTLE_SECONDS,
        lambda: all(agent["registered"] for agent in status(cluster)["agents"]),
    )
    assert still_running(task)
    cluster.on(old, "systemctl start mesos-master")
    settled(cluster)


def test_killed_zookeeper_leader_is_replaced_and_the_task_runs_on(
    cluster: Cluster, task: LongTask
) -> None:
    servers = status(cluster)["zookeepers"]
    old = next(server["node"] for server in servers if server["mode"] == "leader")
    cluster.on(old, "systemctl kill -s KILL zookeeper; systemctl stop zookeeper")
    assert not status(cluster)["healthy"]
    cluster.until(
        "another ZooKeeper server leads and a master leads",
        FAILOVER_SECONDS,
        lambda: (
            (now := status(cluster))["leader"] is not None
            and any(z["mode"] == "leader" and z["node"] != old for z in now["zookeepers"])
        ),
    )
    cluster.on(old, "systemctl start zookeeper")
    settled(cluster)
    assert still_running(task)


def test_killed_agent_recovers_its_task(cluster: Cluster, task: LongTask) -> None:
    before = next(a["id"] for a in status(cluster)["agents"] if a["node"] == "agent-1")
    kill(cluster, "agent-1", "mesos-agent")
    settled(cluster)
    after = next(a["id"] for a in status(cluster)["agents"] if a["node"] == "agent-1")
    assert after == before
    assert still_running(task)
    assert "sleep 1" in cluster.on("agent-1", "pgrep -af 'while :'")


def test_verification_passes_after_all_of_it(cluster: Cluster) -> None:
    cluster.ok("verify")
