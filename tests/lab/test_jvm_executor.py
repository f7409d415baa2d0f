"""Executors on the JVM: every native of MesosExecutorDriver on real daemons."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.conftest import Directories
from tests.lab.jvm import Classes, JavaFramework, has_jdk, java
from tests.lab.processes import Agent, Master, get, wait_for

pytestmark = pytest.mark.skipif(not has_jdk(), reason="Java programs need a JDK")

_SOURCE = "SOURCE_EXECUTOR"


@dataclass(frozen=True)
class Cluster:
    """A framework on a cluster of its own, whose agent asks executors for tokens."""

    framework: JavaFramework
    agent: Agent
    command: str

    def execute(self, executor: str, *tasks: str) -> None:
        """Run tasks under an executor of ours, until they run."""
        self.framework.do(f"execute {executor} {','.join(tasks)} {self.command}")
        for task in tasks:
            self.framework.expect(f"update {task} TASK_RUNNING {_SOURCE} läuft")

    def send(self, executor: str, message: str) -> None:
        agent_id = get(f"{self.agent.url}/state")["id"]
        assert self.framework.do(f"send {executor} {agent_id} {message}") == "DRIVER_RUNNING"


@pytest.fixture(scope="module")
def cluster(root: Path, java_classes: Classes, directories: Directories) -> Iterator[Cluster]:
    directory = directories.make("java-executors")
    key = directory / "key"
    key.write_text("a key that only the agent knows")
    environment = {
        "MESOS_AUTHENTICATE_HTTP_EXECUTORS": "true",
        "MESOS_JWT_SECRET_KEY": str(key),
        "MESOS_HTTP_AUTHENTICATORS": "jwt",
        "MESOS_EXECUTOR_REREGISTRATION_TIMEOUT": "3secs",
    }
    program = java(root, java_classes.plain, "-Xcheck:jni")
    command = " ".join(["exec", *program, "TaskRunner"])
    with (
        Master(root, directory) as master,
        Agent(root, directory, master.address, environment) as agent,
        JavaFramework(java(root, java_classes.plain), master.address) as framework,
    ):
        framework.do("start")
        framework.expect("registered .*")
        yield Cluster(framework, agent, command)
        framework.do("stop false")
        assert framework.end() == 0
        assert framework.complaints == []


def test_executor_runs_tasks_and_talks_with_its_framework(cluster: Cluster) -> None:
    framework = cluster.framework
    cluster.execute("runner", "ending", "failing", "unwanted")
    cluster.send("runner", "grüße")
    framework.expect("message runner heard grüße")
    cluster.send("runner", "set=ending=TASK_FINISHED")
    framework.expect(f"update ending TASK_FINISHED {_SOURCE} ")
    cluster.send("runner", "set=failing=TASK_FAILED")
    framework.expect(f"update failing TASK_FAILED {_SOURCE} ")
    framework.do("kill unwanted")
    framework.expect(f"update unwanted TASK_KILLED {_SOURCE} ")
    cluster.send("runner", "stop")
    framework.expect("executor-lost runner 0")
    output = cluster.agent.sandbox_file("runner")
    assert output.splitlines() == ["registered runner of Tür für Java", "ended DRIVER_STOPPED"]


def test_executor_outlives_its_agent_and_reports_what_it_missed(cluster: Cluster) -> None:
    framework, agent = cluster.framework, cluster.agent
    cluster.execute("survivor", "meanwhile", "lasting")
    cluster.send("survivor", "finish-when-away=meanwhile")
    cluster.send("survivor", "ready")
    framework.expect("message survivor heard ready")
    agent.signal(signal.SIGKILL)
    wait_for("the loss", lambda: "disconnected" in agent.sandbox_file("survivor"))
    agent.start()
    framework.expect(f"update meanwhile TASK_FINISHED {_SOURCE} meanwhile")
    wait_for("the return", lambda: "reregistered" in agent.sandbox_file("survivor"))
    framework.do("kill lasting")
    framework.expect(f"update lasting TASK_KILLED {_SOURCE} ")
    cluster.send("survivor", "stop")
    framework.expect("executor-lost survivor 0")


@pytest.mark.parametrize(
    ("executor", "message", "shown"),
    [
        pytest.param(
            "stager",
            "set=any=TASK_STAGING",
            "error Attempted to send TASK_STAGING status update",
            id="wrong status",
        ),
        pytest.param("thrower", "throw", "ended DRIVER_ABORTED", id="exception"),
    ],
)
def test_mistake_of_an_executor_aborts_its_driver(
    cluster: Cluster, executor: str, message: str, shown: str
) -> None:
    cluster.execute(executor, f"task-of-{executor}")
    cluster.send(executor, message)
    exit_1 = 256  # as wait(2) tells it
    cluster.framework.expect(f"executor-lost {executor} {exit_1}")
    cluster.framework.expect(f"update task-of-{executor} TASK_FAILED .*")
    output = cluster.agent.sandbox_file(executor).splitlines()
    assert shown in output
    assert output[-1] == "ended DRIVER_ABORTED"


def test_executor_is_told_to_shut_down_when_its_framework_leaves(
    cluster: Cluster, root: Path, java_classes: Classes
) -> None:
    agent = cluster.agent
    with JavaFramework(java(root, java_classes.plain), _master(agent)) as framework:
        framework.do("start")
        framework.expect("registered .*")
        framework.do(f"execute leaving task {cluster.command}")
        framework.expect("update task TASK_RUNNING .*")
        framework.do("stop false")
        assert framework.end() == 0
    wait_for("the end", lambda: "ended DRIVER_ABORTED" in agent.sandbox_file("leaving"))
    assert "shutdown" in agent.sandbox_file("leaving")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_nobody_is_told_where_the_library_is_once_it_is_installed(
    root: Path, java_classes: Classes, directories: Directories
) -> None:
    # As if the package were installed, for these processes alone.
    mount = 'mount -t overlay overlay -o "lowerdir=$0:/usr/lib" /usr/lib && exec "$@"'
    installed = ["unshare", "--mount", "sh", "-c", mount, str(root / "usr/lib")]
    program = ["java", "-cp", java_classes.plain]
    directory = directories.make("installed")
    with Master(root, directory) as master:
        agent = Agent(root, directory, master.address)
        agent.argv = [*installed, *agent.argv]
        with agent, JavaFramework([*installed, *program], master.address) as framework:
            framework.do("start")
            framework.do(f"execute runner task exec {' '.join(program)} TaskRunner")
            framework.expect("update task TASK_RUNNING .*")
            framework.do("stop false")
            assert framework.end() == 0


def _master(agent: Agent) -> str:
    return str(get(f"{agent.url}/flags")["flags"]["master"])
