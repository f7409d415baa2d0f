"""Fixtures of the lab package's tests: packages built once, a cluster, a framework."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

# The helper modules beside this file are imported by their path from the root of the checkout.
sys.path.insert(0, str(Path(__file__).parents[2]))

from mesosdeploy.lab import build_package, upload
from tests.lab.processes import Agent, Master
from tests.lab.scheduler import Scheduler


def mesos_archive(version: str) -> Path:
    """Return the verified upload of a version: from a directory of files, or fetched."""
    directory = os.environ.get("MESOSDEPLOY_LAB_ARCHIVES")
    if directory:
        return Path(directory) / upload(version).filename
    try:
        artifacts = importlib.import_module("mesosdeploy.artifacts")
        fetch = artifacts.fetch_upload
    except (ImportError, AttributeError):
        pytest.skip("no uploads of Mesos: set MESOSDEPLOY_LAB_ARCHIVES to a directory with them")
    path: Path = fetch(upload(version))
    return path


@dataclass(frozen=True)
class Packages:
    """Packages of any version, each built and unpacked once, also under pytest-xdist."""

    directory: Path

    def build(self, version: str) -> Path:
        archive = mesos_archive(version)
        with FileLock(self.directory / f"{version}.lock"):
            found = sorted(self.directory.glob(f"mesos_{version}+lab*.deb"))
            if found:
                return found[0]
            return build_package(
                version=version, archive=archive, output=self.directory, report=lambda _step: None
            )

    def unpack(self, version: str) -> Path:
        package, root = self.build(version), self.directory / version
        with FileLock(self.directory / f"{version}.lock"):
            if not root.exists():
                subprocess.run(["dpkg-deb", "-x", package, root], check=True)
        return root


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Packages:
    base = tmp_path_factory.getbasetemp()
    directory = (base if worker_id == "master" else base.parent) / "lab-packages"
    directory.mkdir(exist_ok=True)
    return Packages(directory)


@pytest.fixture(scope="session")
def root(packages: Packages) -> Path:
    """Return the directory in which the newest version is unpacked."""
    return packages.unpack("1.11.0")


@pytest.fixture(scope="session")
def master(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Master]:
    daemon = Master(root, tmp_path_factory.mktemp("master"))
    yield daemon
    daemon.stop()


@pytest.fixture(scope="session")
def agent(
    root: Path, master: Master, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Agent]:
    daemon = Agent(root, tmp_path_factory.mktemp("agent"), master.address)
    yield daemon
    daemon.clean_up()


@pytest.fixture(scope="module")
def framework(master: Master, agent: Agent) -> Iterator[Scheduler]:
    """Return a framework on a cluster with one agent."""
    assert agent.is_registered()
    scheduler = Scheduler(master.port)
    yield scheduler
    scheduler.close()
