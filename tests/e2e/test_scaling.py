"""More agents and fewer: a new one joins, one that goes is drained before it is removed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mesosdeploy.mesos.endpoints import endpoints
from mesosdeploy.mesos.messages import TaskRequest
from mesosdeploy.mesos.scheduler import LongTask
from tests.e2e.conftest import Cluster

pytestmark = pytest.mark.containers


def want_agents(cluster: Cluster, count: int) -> None:
    path = cluster.inventory / "cluster.yml"
    lines = path.read_text().splitlines()
    where = lines.index("  agents:") + 1
    lines[where] = f"    count: {count}"
    path.write_text("\n".join(lines) + "\n")


def agents(cluster: Cluster) -> dict[str, Any]:
    return {agent["node"]: agent for agent in cluster.json("status")["agents"]}


def planned(cluster: Cluster) -> dict[str, str]:
    return {a["node"]: a["action"] for a in cluster.json("plan")["actions"]}


def test_agent_that_is_added_joins_and_nothing_else_changes(cluster: Cluster) -> None:
    cluster.ok("up", "--skip-verify")  # whatever tests ran before
    want_agents(cluster, 3)
    assert planned(cluster)["agent-3"] == "create"
    cluster.ok("up")
    assert agents(cluster)["agent-3"]["registered"]
    assert cluster.json("status")["healthy"]


def test_agent_that_goes_is_drained_first_and_asked_about(cluster: Cluster) -> None:
    inventory = json.loads((cluster.state / cluster.name / "inventory.json").read_text())
    where = endpoints(inventory)
    task = LongTask.launch(
        where,
        TaskRequest(name="goes", command="trap 'exit 0' TERM; while :; do sleep 0.2; done"),
        ("agent-3", agents(cluster)["agent-3"]["id"]),
    )
    want_agents(cluster, 2)
    refused = cluster.run("up")
    assert refused.returncode == 2
    assert "nobody said yes" in refused.stderr
    assert task.state(timeout=5) == "TASK_RUNNING"
    done = cluster.run("up", "--yes")
    assert done.returncode == 0, done.stderr
    assert done.stderr.index("agent-3 is empty") < done.stderr.rindex("remove agent-3")
    assert task.state(timeout=5) != "TASK_RUNNING"
    assert sorted(agents(cluster)) == ["agent-1", "agent-2"]
    assert cluster.json("status")["healthy"]
    task.end()


def test_number_of_masters_cannot_change_on_the_running_cluster(cluster: Cluster) -> None:
    path = cluster.inventory / "cluster.yml"
    before = path.read_text()
    path.write_text(before.replace("masters: {count: 3}", "masters: {count: 5}"))
    try:
        refused = cluster.run("up", "--yes")
    finally:
        path.write_text(before)
    assert refused.returncode == 5
    assert "their quorum cannot be changed on a running cluster" in refused.stderr
