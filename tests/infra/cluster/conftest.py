"""What the tests of the cluster as a whole share: one view of it, and one run of smoke tasks."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import pytest

from mesosdeploy.errors import VerifyError
from mesosdeploy.mesos import endpoints as places
from mesosdeploy.mesos.messages import TaskRequest
from mesosdeploy.mesos.operator import settle
from mesosdeploy.mesos.scheduler import SmokeScheduler, TaskResult
from mesosdeploy.mesos.views import ClusterView
from mesosdeploy.verify.infra import Nodes

_SETTLE_SECONDS = 3
_TASK_SECONDS = 20


@dataclass(frozen=True, kw_only=True)
class Smoke:
    """The results of one task on each registered agent, the word that it had to write, or why
    there are none."""

    word: str
    results: dict[str, TaskResult]
    error: str = ""


@pytest.fixture(scope="session")
def view(nodes: Nodes) -> ClusterView:
    """Return what all processes say, after a moment for those that have just started."""
    return settle(nodes.inventory, seconds=_SETTLE_SECONDS)


@pytest.fixture(scope="session")
def cluster(nodes: Nodes) -> dict[str, Any]:
    """Return the variables of the whole cluster."""
    return dict(nodes.inventory["all"]["vars"])


@pytest.fixture(scope="session")
def master(request: pytest.FixtureRequest) -> str:
    """Return the name of a node that carries a master."""
    return str(request.param)


@pytest.fixture(scope="session")
def agent(request: pytest.FixtureRequest) -> str:
    """Return the name of a node that carries an agent."""
    return str(request.param)


@pytest.fixture(scope="session")
def zookeeper(request: pytest.FixtureRequest) -> str:
    """Return the name of a node that carries a ZooKeeper server."""
    return str(request.param)


@pytest.fixture(scope="session")
def smoke(nodes: Nodes, view: ClusterView) -> Smoke:
    """Run one task on every agent that is registered, all at once."""
    word = secrets.token_hex(8)
    ids = {one.node: one.id for one in view.agents if one.registered and one.id}
    if not ids:
        return Smoke(word=word, results={}, error="no agent is registered with a leader")
    task = TaskRequest(command=f"echo {word} $(hostname)")
    scheduler = SmokeScheduler(places.endpoints(nodes.inventory), timeout=_TASK_SECONDS)
    try:
        return Smoke(word=word, results=scheduler.run_task(task, ids))
    except VerifyError as exc:
        return Smoke(word=word, results={}, error=exc.message)
