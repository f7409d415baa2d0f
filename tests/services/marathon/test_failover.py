"""Nothing is lost and nothing starts twice: failing schedulers, masters, agents and ZooKeeper."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from kazoo.client import KazooClient

from tests.lab.conftest import Directories
from tests.lab.processes import HOST, Agent, Master, ZooKeeper
from tests.services.marathon.conftest import Cluster
from tests.services.marathon.processes import (
    Api,
    Json,
    Marathon,
    mesos_tasks,
    removed_afterwards,
    request,
    state_path,
)

_QUICK_MASTER = {
    "MESOS_AGENT_PING_TIMEOUT": "1secs",
    "MESOS_MAX_AGENT_PING_TIMEOUTS": "3",
    "MESOS_REGISTRY_STORE_TIMEOUT": "10secs",
}
_REPLACED_AT_ONCE = {"inactiveAfterSeconds": 0, "expungeAfterSeconds": 600}


@pytest.fixture
def own(directories: Directories, root: Path) -> Iterator[Cluster]:
    """Return a cluster whose parts may be killed."""
    with ExitStack() as stack:
        zookeeper = stack.enter_context(ZooKeeper(directories.make("zookeeper") / "data"))
        master = Master(root, directories.make("master"), zookeeper.url, _QUICK_MASTER)
        stack.enter_context(master)
        agents = tuple(
            stack.enter_context(Agent(root, directories.make("agent"), zookeeper.url))
            for _ in range(2)
        )
        yield Cluster(zookeeper, master, agents)


@pytest.fixture
def schedulers(cluster: Cluster, directories: Directories) -> Iterator[list[Marathon]]:
    """Return three schedulers of one framework."""
    path = state_path(cluster.zookeeper)
    with ExitStack() as stack:
        found = [
            stack.enter_context(Marathon(directories.make("marathon"), cluster.zookeeper.url, path))
            for _ in range(3)
        ]
        stack.enter_context(removed_afterwards(Api(*found), cluster.master))
        yield found


def _alone(own: Cluster, directories: Directories, variables: Mapping[str, str] = {}) -> Marathon:
    path = state_path(own.zookeeper)
    return Marathon(directories.make("marathon"), own.zookeeper.url, path, variables)


def _by_id(tasks: list[Json]) -> set[str]:
    return {one["id"] for one in tasks}


def _live(master: Master, framework_id: str) -> set[str]:
    return {
        one["id"]
        for one in mesos_tasks(master, framework_id)
        if one["state"] in {"TASK_STAGING", "TASK_STARTING", "TASK_RUNNING"}
    }


def test_killed_leader_leaves_tasks_alone_and_its_deployment_is_completed(
    schedulers: list[Marathon], cluster: Cluster
) -> None:
    api = Api(*schedulers)
    framework_id = api.get("/v2/info")["frameworkId"]
    api.create("/kept", instances=3)
    kept = _by_id(api.wait_running("/kept", 3))
    api.create("/rolling", instances=2)
    before = _by_id(api.wait_running("/rolling", 2))
    (leader,) = [one for one in schedulers if one.leads]
    slow = {"cmd": "touch ready; exec sleep 600", "healthChecks": [_check(seconds=3)]}
    api.send("PUT", "/v2/apps/rolling", slow)
    assert leader.signal(signal.SIGKILL) == -signal.SIGKILL

    start = time.monotonic()
    others = Api(*(one for one in schedulers if one is not leader))
    others.wait_for_leader()
    elected = time.monotonic() - start
    assert others.get("/v2/info")["frameworkId"] == framework_id
    assert _by_id(others.tasks("/kept")) == kept
    rolled = _by_id(others.wait_running("/rolling", 2, 60))
    assert not rolled & before
    assert _by_id(others.tasks("/kept")) == kept
    assert _live(cluster.master, framework_id) == kept | rolled
    assert elected < 10


def _check(seconds: int) -> Json:
    return {
        "protocol": "COMMAND",
        "command": {"value": "test -e ready"},
        "gracePeriodSeconds": 1,
        "intervalSeconds": 1,
        "delaySeconds": seconds,
    }


def test_follower_knows_the_leader_and_passes_requests_on(schedulers: list[Marathon]) -> None:
    (leader,) = [one for one in schedulers if one.leads]
    for follower in (one for one in schedulers if one is not leader):
        api = Api(follower)
        assert api.get("/v2/leader") == {"leader": leader.address}
        assert api.get("/v2/info")["elected"] is True
    followers = [one for one in schedulers if one is not leader]
    Api(followers[0]).create("/proxied")
    assert Api(followers[1]).get("/v2/apps/proxied")["app"]["id"] == "/proxied"


def test_restarted_master_gets_the_framework_back(own: Cluster, directories: Directories) -> None:
    with _alone(own, directories) as scheduler:
        api = Api(scheduler)
        api.wait_for_leader()
        api.create("/steady", instances=2)
        before = _by_id(api.wait_running("/steady", 2))
        framework_id = api.get("/v2/info")["frameworkId"]
        own.master.signal(signal.SIGKILL)
        api.create("/later")
        own.master.start()
        api.wait_running("/later", 1, 60)
        assert _by_id(api.tasks("/steady")) == before
        assert api.get("/v2/info")["frameworkId"] == framework_id
        assert len(_live(own.master, framework_id)) == 3


def test_unreachable_instance_is_replaced_and_the_surplus_killed_when_it_returns(
    own: Cluster, directories: Directories
) -> None:
    with _alone(own, directories) as scheduler:
        api = Api(scheduler)
        api.wait_for_leader()
        api.create(
            "/cut",
            instances=2,
            constraints=[["hostname", "UNLIKE", "nothing"]],
            unreachableStrategy=_REPLACED_AT_ONCE,
        )
        before = api.wait_running("/cut", 2)
        lost = before[0]
        framework_id = api.get("/v2/info")["frameworkId"]
        agent = next(one for one in own.agents if one.port == _port_of(own, lost["slaveId"]))
        agent.signal(signal.SIGKILL)
        api.wait("its replacement", lambda: _replaced(api, lost["id"]), 40)
        agent.start()
        api.wait("the surplus to end", lambda: len(api.get("/v2/apps/cut/tasks")["tasks"]) == 2, 40)
        api.wait("two tasks", lambda: len(_live(own.master, framework_id)) == 2)


def _port_of(own: Cluster, agent_id: str) -> int:
    agents = request("GET", f"{own.master.url}/slaves").json()["slaves"]
    return next(one["port"] for one in agents if one["id"] == agent_id)


def _replaced(api: Api, lost: str) -> bool:
    return len(_by_id(api.tasks("/cut")) - {lost}) == 2


def test_task_that_no_state_knows_is_killed(own: Cluster, directories: Directories) -> None:
    with _alone(own, directories) as scheduler:
        api = Api(scheduler)
        api.wait_for_leader()
        api.create("/known")
        (known,) = api.wait_running("/known", 1)
        framework_id = api.get("/v2/info")["frameworkId"]
        scheduler.signal(signal.SIGTERM)
        _forget(own.zookeeper, scheduler, known["id"])
        scheduler.start()
        api.wait_for_leader()
        (other,) = api.wait_running("/known", 1)
        assert other["id"] != known["id"]
        api.wait("one task", lambda: _live(own.master, framework_id) == {other["id"]})


def test_short_loss_of_zookeeper_changes_nothing(own: Cluster, directories: Directories) -> None:
    variables = {"MARATHON_ZK_SESSION_TIMEOUT": "10000"}
    with _alone(own, directories, variables) as scheduler:
        api = Api(scheduler)
        api.wait_for_leader()
        api.create("/before")
        before = _by_id(api.wait_running("/before", 1))
        own.zookeeper.signal(signal.SIGKILL)
        own.zookeeper.start()
        api.create("/after")
        api.wait_running("/after", 1)
        assert _by_id(api.tasks("/before")) == before
        assert scheduler.leads


def _forget(zookeeper: ZooKeeper, scheduler: Marathon, task_id: str) -> None:
    client = KazooClient(f"{HOST}:{zookeeper.port}")
    client.start()
    path = "/" + scheduler.environment["MARATHON_ZK"].rpartition("/")[2]
    client.delete(f"{path}/state/instances/{task_id}")
    client.stop()
    client.close()
