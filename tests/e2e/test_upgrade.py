"""Another version of Mesos on a running cluster: one master at a time, and tasks never notice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mesosdeploy.mesos.endpoints import endpoints
from mesosdeploy.mesos.messages import TaskRequest
from mesosdeploy.mesos.scheduler import LongTask
from tests.e2e.conftest import Cluster, MakeCluster

pytestmark = pytest.mark.containers
OLD, NEW = "1.10.0", "1.11.0"


def want(cluster: Cluster, version: str) -> None:
    path = cluster.inventory / "cluster.yml"
    described = path.read_text().partition("versions:")[0]
    path.write_text(f"{described}versions:\n  mesos: {{flavour: lab, version: {version}}}\n")


def versions(status: dict[str, Any]) -> set[str]:
    return {process["version"] for process in (*status["masters"], *status["agents"])}


def test_upgrade_keeps_the_running_task(make_cluster: MakeCluster) -> None:
    cluster = make_cluster("upgrade", masters=3, agents=1)
    want(cluster, OLD)
    cluster.ok("up")
    before = cluster.json("status")
    assert versions(before) == {OLD}
    inventory = json.loads((cluster.state / cluster.name / "inventory.json").read_text())
    agent = before["agents"][0]
    task = LongTask.launch(
        endpoints(inventory),
        TaskRequest(name="long", command="while :; do date; sleep 1; done"),
        (agent["node"], agent["id"]),
    )
    want(cluster, NEW)
    cluster.ok("up")
    after = cluster.json("status")
    assert after["healthy"], after["problems"]
    assert versions(after) == {NEW}
    assert after["agents"][0]["id"] == agent["id"]
    assert task.state(timeout=5) == "TASK_RUNNING"
    task.end()
