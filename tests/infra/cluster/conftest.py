"""What the tests of the cluster as a whole share: one view of it, and one run of smoke tasks."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from mesosdeploy.errors import VerifyError
from mesosdeploy.mesos import endpoints as places
from mesosdeploy.mesos.messages import TaskRequest
from mesosdeploy.mesos.operator import settle
from mesosdeploy.mesos.scheduler import SmokeScheduler, TaskResult
from mesosdeploy.mesos.views import AgentView, ClusterView, MasterView
from mesosdeploy.verify.infra import Nodes

_SETTLE_SECONDS = 3
_TASK_SECONDS = 20


@dataclass(frozen=True, kw_only=True)
class Smoke:
    """One task on each of `agents`: the `word` that it had to write, and how it ended.

    `error` says why there are no results.
    """

    word: str
    agents: tuple[str, ...]
    results: Mapping[str, TaskResult] = field(default_factory=dict)
    error: str = ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ask Prometheus last: of what has just started it knows more with each second."""
    items.sort(key=lambda item: item.path.name == "test_monitoring.py")


@pytest.fixture(scope="session")
def view(nodes: Nodes) -> ClusterView:
    """Return what all processes say, after a moment for those that have just started."""
    return settle(nodes.inventory, seconds=_SETTLE_SECONDS, timeout=_SETTLE_SECONDS)


@pytest.fixture(scope="session")
def cluster(nodes: Nodes) -> dict[str, Any]:
    """Return the variables of the whole cluster."""
    return places.cluster_variables(nodes.inventory)


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
def scheduler(request: pytest.FixtureRequest) -> str:
    """Return the name of a node that carries Marathon."""
    return str(request.param)


@pytest.fixture(scope="session")
def balancer(request: pytest.FixtureRequest) -> str:
    """Return the name of a node that carries HAProxy."""
    return str(request.param)


@pytest.fixture
def answering_master(view: ClusterView, master: str) -> MasterView:
    """Return the master's view; one check tells that it is silent, the others are skipped."""
    seen = view.master(master)
    if not seen.reachable:
        pytest.skip(f"the master on {master} does not answer")
    return seen


@pytest.fixture
def known_agent(view: ClusterView, agent: str) -> AgentView:
    """Return the agent's view; skip what neither the agent nor the leader can tell."""
    seen = view.agent(agent)
    if not seen.resources:
        pytest.skip(f"neither {agent} nor a leader tells what {agent} has")
    return seen


@pytest.fixture(scope="session")
def smoke(nodes: Nodes, view: ClusterView) -> Smoke:
    """Run one task on every agent that can take one, all at once."""
    ids = {one.node: one.id for one in view.agents if one.reachable and one.active and one.id}
    planned = Smoke(word=secrets.token_hex(8), agents=tuple(ids))
    if not ids:
        return planned
    task = TaskRequest(command=f"echo {planned.word} $(hostname)")
    scheduler = SmokeScheduler(places.endpoints(nodes.inventory), timeout=_TASK_SECONDS)
    try:
        return replace(planned, results=scheduler.run_task(task, ids))
    except VerifyError as exc:
        return replace(planned, error=exc.message)
