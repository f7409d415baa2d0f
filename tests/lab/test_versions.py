"""Every version builds, starts and runs a task; a quorum elects a leader through ZooKeeper."""

from __future__ import annotations

import subprocess

import pytest

from mesosdeploy.lab import VERSIONS
from tests.lab.conftest import Directories, Packages
from tests.lab.jvm import Classes, JavaFramework, has_jdk, java
from tests.lab.processes import Agent, Master, ZooKeeper, get, has_zookeeper
from tests.lab.scheduler import Scheduler, task


@pytest.mark.parametrize("version", VERSIONS[:-1])
def test_version_runs_a_task(packages: Packages, directories: Directories, version: str) -> None:
    root = packages.unpack(version)
    for name in ("mesos-master", "mesos-agent"):
        command = [root / "usr/sbin" / name, "--version"]
        environment = {"LD_BIND_NOW": "1"}
        result = subprocess.run(
            command, capture_output=True, text=True, env=environment, check=True
        )
        assert result.stdout == f"mesos {version}\n"
    directory = directories.make(version)
    with Master(root, directory) as master, Agent(root, directory, master.address):
        framework = Scheduler(master.port)
        assert framework.run(task("true"))["state"] == "TASK_FINISHED"
        framework.close()


@pytest.mark.skipif(not has_jdk(), reason="Java programs need a JDK")
@pytest.mark.parametrize("version", VERSIONS[:-1])
def test_version_serves_frameworks_on_the_jvm(
    packages: Packages, directories: Directories, java_classes: Classes, version: str
) -> None:
    root = packages.unpack(version)
    directory = directories.make(version)
    with (
        Master(root, directory) as master,
        Agent(root, directory, master.address),
        JavaFramework(java(root, java_classes.plain), master.address) as framework,
    ):
        assert framework.version == version
        framework.do("start")
        framework.do("launch task true")
        framework.expect("update task TASK_FINISHED .*")
        framework.do("reconcile barrier")
        framework.expect("update barrier TASK_LOST .*")
        framework.do("stop false")
        assert framework.end() == 0


@pytest.mark.skipif(not has_zookeeper(), reason="needs Debian's package zookeeper, and java")
def test_masters_elect_a_leader_through_zookeeper(
    packages: Packages, directories: Directories
) -> None:
    root, directory = packages.unpack(VERSIONS[-1]), directories.make("election")
    with (
        ZooKeeper(directory / "zookeeper") as zookeeper,
        Master(root, directory, zookeeper.url) as leader,
        Agent(root, directory, zookeeper.url),
    ):
        assert get(f"{leader.url}/state")["leader"] == f"master@127.0.0.1:{leader.port}"
        framework = Scheduler(leader.port)
        assert framework.run(task("true"))["state"] == "TASK_FINISHED"
        framework.close()
