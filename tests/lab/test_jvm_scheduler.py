"""Schedulers on the JVM: every native of MesosSchedulerDriver on real daemons."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mesosdeploy.lab import VERSIONS
from tests.lab.conftest import Directories
from tests.lab.jvm import Classes, JavaFramework, has_jdk, java
from tests.lab.processes import Agent, Master, ZooKeeper, get, has_zookeeper, wait_for

pytestmark = pytest.mark.skipif(not has_jdk(), reason="Java programs need a JDK")

_SOURCE = "SOURCE_EXECUTOR"


@pytest.fixture(scope="module")
def command(root: Path, java_classes: Classes) -> list[str]:
    return java(root, java_classes.plain)


@pytest.fixture(scope="module")
def framework(command: list[str], master: Master, agent: Agent) -> Iterator[JavaFramework]:
    """Return a framework that has registered."""
    assert agent.is_ready()
    with JavaFramework(command, master.address) as framework:
        assert framework.do("start") == "DRIVER_RUNNING"
        framework.expect("registered .*")
        yield framework
        assert framework.do("stop false") == "DRIVER_STOPPED"
        assert framework.do("join") == "DRIVER_STOPPED"
        assert framework.end() == 0
        assert framework.complaints == []


def completed(master: Master, framework_id: str) -> bool:
    gone = get(f"{master.url}/state")["completed_frameworks"]
    return framework_id in [framework["id"] for framework in gone]


def test_framework_learns_its_id_and_the_versions(framework: JavaFramework, master: Master) -> None:
    registered = framework.expect(r"registered (\S+) (\S+)")
    known = {each["id"]: each["name"] for each in get(f"{master.url}/state")["frameworks"]}
    assert known[registered[1]] == "Tür für Java"
    assert framework.version == registered[2] == VERSIONS[-1]


@pytest.mark.parametrize("overload", ["launch", "launch-on-one"])
def test_acknowledged_updates_lead_to_the_end_of_a_task(
    framework: JavaFramework, agent: Agent, overload: str
) -> None:
    task = f"task-by-{overload}"
    assert framework.do(f"{overload} {task} echo hello") == "DRIVER_RUNNING"
    framework.expect(f"update {task} TASK_FINISHED .*")
    states = ["TASK_STARTING", "TASK_RUNNING", "TASK_FINISHED"]
    assert framework.states(task) == [f"{state} {_SOURCE}" for state in states]
    assert agent.sandbox_file(task) == "hello\n"


def test_several_operations_are_accepted_and_tasks_killed(framework: JavaFramework) -> None:
    assert framework.do("accept first second") == "DRIVER_RUNNING"
    for task in ("first", "second"):
        framework.expect(f"update {task} TASK_RUNNING .*")
    for task in ("first", "second"):
        assert framework.do(f"kill {task}") == "DRIVER_RUNNING"
        framework.expect(f"update {task} TASK_KILLED {_SOURCE} .*")


def test_reconciliation_tells_known_and_unknown_tasks(framework: JavaFramework) -> None:
    framework.do("launch lasting sleep 60")
    framework.expect("update lasting TASK_RUNNING .*")
    begin = framework.mark()
    assert framework.do("reconcile lasting never-launched") == "DRIVER_RUNNING"
    framework.expect("update lasting TASK_RUNNING SOURCE_MASTER .*", since=begin)
    framework.expect("update never-launched TASK_LOST SOURCE_MASTER .*", since=begin)
    framework.do("kill lasting")


def test_suppressed_offers_come_again_once_revived(framework: JavaFramework) -> None:
    framework.expect("offers .*")
    assert framework.do("suppress") == "DRIVER_RUNNING"
    # What the master sends before it hears of this arrives before its answer to the next call.
    framework.do("reconcile barrier")
    framework.expect("update barrier TASK_LOST .*")
    assert framework.is_silent_about("offers .*", seconds=1)
    assert framework.do("request") == "DRIVER_RUNNING"
    begin = framework.mark()
    assert framework.do("revive") == "DRIVER_RUNNING"
    framework.expect("offers .*", since=begin)


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        pytest.param("kill-null", "raised kill-null NullPointerException .*", id="null"),
        pytest.param(
            "decline-empty", "raised decline-empty IllegalArgumentException .*", id="incomplete"
        ),
    ],
)
def test_wrong_arguments_raise_and_the_driver_goes_on(
    framework: JavaFramework, call: str, problem: str
) -> None:
    begin = framework.mark()
    framework.do(call)
    framework.expect(problem, since=begin)
    assert framework.do("revive") == "DRIVER_RUNNING"


def test_memory_of_messages_is_given_back(framework: JavaFramework) -> None:
    framework.do("reconcile-many 20 1000", seconds=60)
    before = int(framework.do("resident"))
    framework.do("reconcile-many 40 1000", seconds=60)
    grown = int(framework.do("resident")) - before
    # 40 000 messages each way, their task's ID alone has 200 bytes: 16 MB if one copy is forgotten.
    assert grown < 8_000, f"grown by {grown} kB from {before} kB"


def test_drivers_that_nobody_keeps_are_finalized(framework: JavaFramework) -> None:
    assert framework.do("drivers 20") == "20"
    assert framework.do("revive") == "DRIVER_RUNNING"


def test_framework_fails_over_by_its_id_and_keeps_its_task(
    command: list[str], master: Master, agent: Agent
) -> None:
    assert agent.is_ready()
    with JavaFramework(command, master.address, {"failover": "60"}) as first:
        first.do("start")
        framework_id = first.expect(r"registered (\S+) .*")[1]
        first.do("launch kept sleep 60")
        first.expect("update kept TASK_RUNNING .*")
        assert first.do("stop true") == "DRIVER_STOPPED"
        assert first.end() == 0
    assert not completed(master, framework_id)
    properties = {"failover": "60", "framework": framework_id}
    with JavaFramework(command, master.address, properties) as second:
        second.do("start")
        assert second.expect(r"registered (\S+) .*")[1] == framework_id
        second.do("reconcile kept")
        second.expect("update kept TASK_RUNNING SOURCE_MASTER .*")
        second.do("stop false")
        # What a driver has to say at last is lost if the machine ends before it is sent.
        wait_for("the end of the framework", lambda: completed(master, framework_id))
        assert second.end() == 0


def test_driver_that_aborts_is_told_apart_from_one_that_stops(
    command: list[str], master: Master, agent: Agent
) -> None:
    assert agent.is_ready()
    with JavaFramework(command, master.address) as framework:
        framework.do("start")
        framework.expect("registered .*")
        assert framework.do("abort") == "DRIVER_ABORTED"
        assert framework.do("join") == "DRIVER_ABORTED"
        assert framework.end() == 0


def test_exception_in_a_callback_is_shown_and_aborts(
    command: list[str], master: Master, agent: Agent
) -> None:
    assert agent.is_ready()
    with JavaFramework(command, master.address) as framework:
        framework.do("throw")
        framework.do("start")
        assert framework.do("join") == "DRIVER_ABORTED"
        framework.expect(".*IllegalStateException: as was asked for")
        assert framework.end() == 0


@pytest.fixture
def guarded(root: Path, directories: Directories) -> Iterator[Master]:
    """Return a master that lets only frameworks in that know a secret."""
    directory = directories.make("guarded")
    credentials = directory / "credentials"
    known = {"principal": "java", "secret": "a secret"}
    credentials.write_text(json.dumps({"credentials": [known]}))
    environment = {
        "MESOS_AUTHENTICATE_FRAMEWORKS": "true",
        "MESOS_CREDENTIALS": str(credentials),
    }
    with Master(root, directory, environment=environment) as master:
        yield master


def test_secret_decides_who_may_register(command: list[str], guarded: Master) -> None:
    properties = {"principal": "java", "secret": "a secret"}
    with JavaFramework(command, guarded.address, properties) as framework:
        framework.do("start")
        framework.expect("registered .*")
        framework.do("stop false")
        assert framework.end() == 0
    with JavaFramework(command, guarded.address, properties | {"secret": "a guess"}) as framework:
        framework.do("start")
        framework.expect("error Master refused authentication")
        assert framework.do("join") == "DRIVER_ABORTED"
        assert framework.end() == 0


@pytest.mark.skipif(not has_zookeeper(), reason="ZooKeeper is not installed")
def test_new_leader_is_found_through_zookeeper(
    command: list[str], root: Path, directories: Directories
) -> None:
    directory = directories.make("elected")
    quick = {"MESOS_ZK_SESSION_TIMEOUT": "2secs"}
    with (
        ZooKeeper(directory / "zookeeper") as zookeeper,
        Master(root, directory, zookeeper.url, quick) as master,
        JavaFramework(command, zookeeper.url, {"failover": "60"}) as framework,
    ):
        framework.do("start")
        framework_id = framework.expect(r"registered (\S+) .*")[1]
        begin = framework.mark()
        master.signal(signal.SIGKILL)
        framework.expect("disconnected", since=begin)
        master.start()
        framework.expect(f"(registered {framework_id}|reregistered) .*", since=begin)
        framework.do("stop false")
        assert framework.end() == 0


@pytest.mark.parametrize("last", ["stop false", "return"], ids=["stopped", "still running"])
def test_virtual_machine_ends_without_a_crash(
    command: list[str], master: Master, agent: Agent, last: str
) -> None:
    def run(_number: int) -> int:
        with JavaFramework(command, master.address) as framework:
            framework.do("start")
            framework.expect("registered .*")
            return framework.end(last)

    assert agent.is_ready()
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run, range(10))) == [0] * 10


def test_roles_and_constraints_of_later_drivers(
    root: Path, java_classes: Classes, master: Master, agent: Agent
) -> None:
    assert agent.is_ready()
    properties = {"roles": "a,b", "suppressed": "b"}
    with JavaFramework(java(root, java_classes.newer), master.address, properties) as framework:
        framework.do("start")
        framework.expect("offers a .*")
        assert framework.do("reviveOffers b") == "DRIVER_RUNNING"
        framework.expect("offers b .*")
        assert framework.do("suppressOffers a,b") == "DRIVER_RUNNING"
        framework.do("reconcile barrier")
        framework.expect("update barrier TASK_LOST .*")
        assert framework.is_silent_about("offers .*", seconds=1)
        assert framework.do("updateFramework c") == "DRIVER_RUNNING"
        framework.expect("offers c .*")
        assert framework.do("updateFrameworkWithConstraints c") == "DRIVER_RUNNING"
        framework.do("reconcile second-barrier")
        framework.expect("update second-barrier TASK_LOST .*")
        assert framework.is_silent_about("offers .*", seconds=1)
        framework.do("stop false")
        assert framework.end() == 0
        assert framework.complaints == []
