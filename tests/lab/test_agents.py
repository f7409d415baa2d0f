"""Agents that are set up in other ways than the one that most tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.conftest import Directories
from tests.lab.processes import Agent, Master, has_cgroup_v1
from tests.lab.scheduler import Scheduler, task


@pytest.fixture
def directory(directories: Directories) -> Path:
    return directories.make("agents")


def run_and_kill(master: Master) -> None:
    """Run a task, a group and a kill on the one agent of a master."""
    framework = Scheduler(master.port)
    assert framework.run(task("true"))["state"] == "TASK_FINISHED"
    (grouped,) = framework.launch_group(task("true"))
    assert framework.wait_end(grouped)["state"] == "TASK_FINISHED"
    task_id = framework.launch(task("exec sleep 60"))
    framework.wait_update(task_id, state="TASK_RUNNING")
    framework.kill(task_id)
    assert framework.wait_end(task_id)["state"] == "TASK_KILLED"
    framework.close()


def test_posix_launcher_needs_no_cgroups(root: Path, directory: Path) -> None:
    environment = {
        "MESOS_LAUNCHER": "posix",
        "MESOS_ISOLATION": "posix/cpu,posix/mem,filesystem/posix",
    }
    with Master(root, directory) as master, Agent(root, directory, master.address, environment):
        run_and_kill(master)


@pytest.mark.skipif(not has_cgroup_v1(), reason="isolation needs root and cgroup v1")
def test_linux_isolators_work(root: Path, directory: Path) -> None:
    isolation = "cgroups/cpu,cgroups/mem,disk/du,filesystem/linux,namespaces/pid"
    environment = {"MESOS_ISOLATION": isolation, "MESOS_CGROUPS_ENABLE_CFS": "true"}
    with Master(root, directory) as master, Agent(root, directory, master.address, environment):
        run_and_kill(master)


def test_executors_authenticate_themselves_with_tokens(root: Path, directory: Path) -> None:
    key = directory / "key"
    key.write_text("a key that only the agent knows")
    environment = {
        "MESOS_AUTHENTICATE_HTTP_EXECUTORS": "true",
        "MESOS_JWT_SECRET_KEY": str(key),
        "MESOS_HTTP_AUTHENTICATORS": "jwt",
    }
    with Master(root, directory) as master, Agent(root, directory, master.address, environment):
        run_and_kill(master)
