"""Fixtures of the lab scheduler's tests: a real cluster for all, a scheduler for each module."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.lab.conftest import Directories, directories, packages, root
from tests.lab.processes import Agent, Master, ZooKeeper, has_zookeeper
from tests.services.marathon.processes import Api, Marathon, removed_afterwards, state_path

__all__ = ["directories", "packages", "root"]


@dataclass(frozen=True)
class Cluster:
    """ZooKeeper, a master that is elected there, and two agents."""

    zookeeper: ZooKeeper
    master: Master
    agents: tuple[Agent, ...]


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest, directories: Directories) -> Iterator[Cluster]:
    if not has_zookeeper():
        pytest.skip("needs ZooKeeper's jar and a Java")
    program = request.getfixturevalue("root")
    with (
        ZooKeeper(directories.make("zookeeper") / "data") as zookeeper,
        Master(program, directories.make("master"), zookeeper.url) as master,
        Agent(program, directories.make("agent"), zookeeper.url) as first,
        Agent(program, directories.make("agent"), zookeeper.url) as second,
    ):
        yield Cluster(zookeeper, master, (first, second))


@pytest.fixture(scope="module")
def marathon(cluster: Cluster, directories: Directories) -> Iterator[Marathon]:
    path = state_path(cluster.zookeeper)
    with Marathon(directories.make("marathon"), cluster.zookeeper.url, path) as scheduler:
        yield scheduler


@pytest.fixture(scope="module")
def api(marathon: Marathon, cluster: Cluster) -> Iterator[Api]:
    """Return the API of a scheduler of this module's own."""
    with removed_afterwards(Api(marathon), cluster.master) as ready:
        yield ready
