"""Fixtures of the lab package's tests: packages built once, a cluster, a framework."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

# The helper modules beside this file are imported by their path from the root of the checkout.
sys.path.insert(0, str(Path(__file__).parents[2]))

from mesosdeploy.artifacts import Store, Wanted, load_lock, resolve
from mesosdeploy.lab import VERSIONS, build_package, upload
from tests.lab.jvm import Classes
from tests.lab.processes import Agent, Master
from tests.lab.scheduler import Scheduler


def mesos_archive(version: str) -> Path:
    """Return the verified upload of a version: from a directory of files, or the artifacts."""
    directory = os.environ.get("MESOSDEPLOY_LAB_ARCHIVES")
    if directory:
        return Path(directory) / upload(version).filename
    return artifact("mesos-upload", version)


def artifact(name: str, version: str) -> Path:
    """Return a file of the lock."""
    wanted = Wanted(name=name, version=version, flavour="lab")
    resolved = resolve(
        [wanted],
        lock=load_lock(),
        store=Store.default(),
        offline=None,
        mirror=None,
        report=lambda _step: None,
    )
    return resolved[wanted.name].path


@dataclass(frozen=True)
class Packages:
    """Packages of any version: each built once, and unpacked once by each worker."""

    built: Path
    unpacked: Path

    def build(self, version: str) -> Path:
        archive = mesos_archive(version)
        with FileLock(self.built / f"{version}.lock"):
            found = sorted(self.built.glob(f"mesos_{version}+lab*.deb"))
            if found:
                return found[0]
            return build_package(
                version=version, archive=archive, output=self.built, report=lambda _step: None
            )

    def unpack(self, version: str) -> Path:
        root = self.unpacked / version
        if not root.exists():
            subprocess.run(["dpkg-deb", "-x", self.build(version), root], check=True)
        return root


class Directories:
    """Makes directories that every user can enter, as a task's user has to (pytest's are 0700)."""

    def __init__(self, base: Path) -> None:
        self._base = base

    def make(self, name: str) -> Path:
        path = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._base))
        path.chmod(0o755)
        return path


@pytest.fixture(scope="session")
def directories() -> Iterator[Directories]:
    with tempfile.TemporaryDirectory(prefix="mesos-lab-tests-") as base:
        Path(base).chmod(0o755)
        yield Directories(Path(base))


@pytest.fixture(scope="session")
def packages(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str, directories: Directories
) -> Packages:
    base = tmp_path_factory.getbasetemp()
    built = (base if worker_id == "master" else base.parent) / "lab-packages"
    built.mkdir(exist_ok=True)
    return Packages(built, directories.make("unpacked"))


@pytest.fixture(scope="session")
def root(packages: Packages) -> Path:
    """Return the directory in which the newest version is unpacked."""
    return packages.unpack(VERSIONS[-1])


@pytest.fixture(scope="session")
def java_classes(directories: Directories) -> Classes:
    """Return the Java programs of the tests."""
    return Classes.compile(artifact("pyspark", "3.5.9"), directories.make("java"))


@pytest.fixture(scope="session")
def master(root: Path, directories: Directories) -> Iterator[Master]:
    with Master(root, directories.make("master")) as daemon:
        yield daemon


@pytest.fixture(scope="session")
def agent(root: Path, master: Master, directories: Directories) -> Iterator[Agent]:
    with Agent(root, directories.make("agent"), master.address) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def framework(master: Master, agent: Agent) -> Iterator[Scheduler]:
    """Return a framework on a cluster with one agent."""
    assert agent.is_ready()
    scheduler = Scheduler(master.port)
    yield scheduler
    scheduler.close()
