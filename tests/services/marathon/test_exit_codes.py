"""A scheduler ends with the exit code that Marathon documents for the reason."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kazoo.client import KazooClient

from tests.lab.conftest import Directories
from tests.lab.processes import HOST, ZooKeeper, free_port
from tests.services.marathon.conftest import Cluster
from tests.services.marathon.processes import (
    Api,
    Marathon,
    removed_afterwards,
    request,
    state_path,
)

Start = Callable[..., Marathon]


@pytest.fixture
def directory(directories: Directories) -> Path:
    return directories.make("marathon")


@pytest.fixture
def leader(cluster: Cluster, directory: Path) -> Iterator[Marathon]:
    """Return a scheduler that leads, with a state of its own."""
    path = state_path(cluster.zookeeper)
    scheduler = Marathon(directory, cluster.zookeeper.url, path)
    with scheduler, removed_afterwards(Api(scheduler), cluster.master):
        yield scheduler


@pytest.fixture
def zookeeper_client(cluster: Cluster) -> Iterator[KazooClient]:
    client = KazooClient(f"{HOST}:{cluster.zookeeper.port}")
    client.start()
    yield client
    client.stop()
    client.close()


def _path(scheduler: Marathon) -> str:
    return "/" + scheduler.environment["MARATHON_ZK"].rpartition("/")[2]


def test_signal_ends_it_without_an_error(leader: Marathon) -> None:
    assert leader.signal(signal.SIGTERM) == 0


def test_abdication_ends_it_with_105_after_the_answer(leader: Marathon) -> None:
    assert request("DELETE", f"{leader.url}/v2/leader").status_code == 200
    assert leader.wait() == 105


def test_lost_election_node_ends_it_with_103(
    leader: Marathon, zookeeper_client: KazooClient
) -> None:
    folder = f"{_path(leader)}/leader"
    (member,) = zookeeper_client.get_children(folder)
    zookeeper_client.delete(f"{folder}/{member}")
    assert leader.wait() == 103


def test_no_zookeeper_at_start_ends_it_with_100(directory: Path) -> None:
    nowhere = f"zk://{HOST}:{free_port()}/marathon"
    variables = {"MARATHON_ZK_CONNECTION_TIMEOUT": "500"}
    code, log = Marathon(directory, f"{HOST}:5050", nowhere, variables).run()
    assert code == 100
    assert "no ZooKeeper at" in log


def test_lost_zookeeper_ends_it_with_101(directories: Directories, directory: Path) -> None:
    with ZooKeeper(directories.make("zookeeper") / "data") as zookeeper:
        scheduler = Marathon(directory, f"{HOST}:{free_port()}", state_path(zookeeper))
        with scheduler:
            Api(scheduler).wait("the election", lambda: scheduler.leads)
            zookeeper.signal(signal.SIGKILL)
            assert scheduler.wait() == 101


def test_taken_port_ends_it_with_111(leader: Marathon, directory: Path) -> None:
    variables = {"MARATHON_HTTP_PORT": str(leader.port)}
    master, path = leader.environment["MARATHON_MASTER"], leader.environment["MARATHON_ZK"]
    code, log = Marathon(directory, master, path, variables).run()
    assert code == 111
    assert "address already in use" in log


@pytest.mark.parametrize(
    ("variable", "value"),
    [("MARATHON_NO_SUCH_OPTION", "1"), ("MARATHON_HTTP_PORT", "many"), ("MARATHON_DISABLE_HA", "")],
    ids=["unknown", "no number", "cannot be had"],
)
def test_bad_option_ends_it_with_112(directory: Path, variable: str, value: str) -> None:
    path = f"zk://{HOST}:1/marathon"
    code, log = Marathon(directory, f"{HOST}:5050", path, {variable: value}).run()
    assert code == 112
    assert variable.removeprefix("MARATHON_").lower() in log


def test_instances_without_a_framework_id_end_it_with_108(
    leader: Marathon, zookeeper_client: KazooClient
) -> None:
    api = Api(leader)
    api.create("/orphan")
    api.wait_running("/orphan", 1)
    leader.signal(signal.SIGTERM)
    framework = f"{_path(leader)}/state/framework"
    content, _ = zookeeper_client.get(framework)
    zookeeper_client.delete(framework)
    leader.start()
    assert leader.wait() == 108
    zookeeper_client.create(framework, content)


def test_removed_framework_ends_it_with_110(leader: Marathon, cluster: Cluster) -> None:
    framework_id = Api(leader).get("/v2/info")["frameworkId"]
    request("POST", f"{cluster.master.url}/teardown", data={"frameworkId": framework_id})
    assert leader.wait() == 110
    leader.start()
    assert leader.wait() == 110
