"""A real cluster with the lab scheduler for `mesosdeploy app`, and the command as people run it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.lab.conftest import Directories, directories, packages, root
from tests.lab.processes import Agent, Master, ZooKeeper, has_zookeeper
from tests.services.marathon.processes import Api, Marathon, removed_afterwards, state_path

__all__ = ["directories", "packages", "root"]

_SECONDS = 90


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    stdout: str
    stderr: str


class ElectedMaster(Master):
    """A master, and the ZooKeeper that it is elected in."""

    zookeeper: ZooKeeper


class HostAgent(Agent):
    """An agent at an address of its own with Mesos's port, as agents on machines are.

    Machines have ports of their own, too; these share the computer's, so each offers others.
    """

    def __init__(self, root: Path, directory: Path, master: str, number: int) -> None:
        address = f"127.{random.randrange(1, 255)}.{random.randrange(1, 255)}.{number}"
        first = 31000 + 400 * number
        environment = {
            "MESOS_IP": address,
            "MESOS_HOSTNAME": address,
            "MESOS_PORT": "5051",
            "MESOS_RESOURCES": f"cpus:2;mem:1024;disk:1024;ports:[{first}-{first + 399}]",
        }
        super().__init__(root, directory, master, environment)
        self.url = f"http://{address}:5051"


@pytest.fixture(scope="session")
def master(request: pytest.FixtureRequest, directories: Directories) -> Iterator[ElectedMaster]:
    """Return the master of two agents."""
    if not has_zookeeper():
        pytest.skip("needs ZooKeeper's jar and a Java")
    program = request.getfixturevalue("root")
    with (
        ZooKeeper(directories.make("zookeeper") / "data") as zookeeper,
        ElectedMaster(program, directories.make("master"), zookeeper.url) as ready,
        HostAgent(program, directories.make("agent"), zookeeper.url, 1),
        HostAgent(program, directories.make("agent"), zookeeper.url, 2),
    ):
        ready.zookeeper = zookeeper
        yield ready


@pytest.fixture(scope="session")
def marathon(master: ElectedMaster, directories: Directories) -> Iterator[Marathon]:
    zookeeper = master.zookeeper
    path = state_path(zookeeper)
    with Marathon(directories.make("marathon"), zookeeper.url, path) as scheduler:
        yield scheduler


@pytest.fixture(scope="session")
def api(marathon: Marathon, master: ElectedMaster) -> Iterator[Api]:
    """Return the API of a scheduler that leads."""
    with removed_afterwards(Api(marathon), master) as ready:
        yield ready


@pytest.fixture
def start(api: Api, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Give a function that starts `mesosdeploy app SUBCOMMAND --url … ARGUMENTS`."""
    begun: list[subprocess.Popen[str]] = []

    def begin(subcommand: str, *arguments: str) -> subprocess.Popen[str]:
        words = [sys.executable, "-m", "mesosdeploy", "app", subcommand, "--url", api.url]
        process = subprocess.Popen(
            [*words, *arguments],
            cwd=tmp_path,
            env={**os.environ, "COLUMNS": "200"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        return process

    yield begin
    for process in begun:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.communicate()


@pytest.fixture
def app(start: Callable[..., subprocess.Popen[str]]) -> Callable[..., Ended]:
    """Give a function that runs `mesosdeploy app SUBCOMMAND …` to its end."""

    def run(subcommand: str, *arguments: str) -> Ended:
        process = start(subcommand, *arguments)
        out, err = process.communicate(timeout=_SECONDS)
        return Ended(process.returncode, out, err)

    return run
