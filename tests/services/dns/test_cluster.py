"""The program against a real master, agent and ZooKeeper: names of tasks, and a failover."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.conftest import Directories
from tests.lab.processes import HOST, Agent, Master, ZooKeeper, get, wait_for
from tests.lab.scheduler import Scheduler, task
from tests.services.dns.processes import Load, MesosDns, ask, status_of

A, SRV = 1, 33
NAME, SERVICE = "b-a.lab-tests.mesos", "_b-a._tcp.lab-tests.mesos"


@pytest.fixture
def cluster(root: Path, directories: Directories) -> Iterator[tuple[Master, Agent, str]]:
    with (
        ZooKeeper(directories.make("zookeeper") / "data") as zookeeper,
        Master(root, directories.make("master"), zookeeper.url) as master,
        Agent(root, directories.make("agent"), zookeeper.url) as agent,
    ):
        yield master, agent, zookeeper.url


def _service(framework: Scheduler) -> str:
    info = task(
        "exec sleep 300",
        discovery={
            "visibility": "FRAMEWORK",
            "name": "b.a",
            "ports": {"ports": [{"number": 31005, "name": "http", "protocol": "tcp"}]},
        },
    )
    task_id = framework.launch(info)
    framework.wait_update(task_id, state="TASK_RUNNING")
    return task_id


def test_task_is_found_until_it_ends(cluster: tuple[Master, Agent, str], tmp_path: Path) -> None:
    master, _agent, url = cluster
    with MesosDns(tmp_path, zk=url, externalon=False) as dns:
        assert ask(dns.port, "leader.mesos") == [HOST]
        assert ask(dns.port, "_leader._tcp.mesos", "SRV") == [f"0 0 {master.port} leader.mesos."]
        assert ask(dns.port, "slave.mesos") == [HOST]
        framework = Scheduler(master.port)
        task_id = _service(framework)
        for name in (NAME, "b.a.lab-tests.mesos", "b-a.lab-tests.slave.mesos"):
            wait_for(name, lambda name=name: ask(dns.port, name) == [HOST])
        for name in (SERVICE, f"_http.{SERVICE}"):
            (found,) = ask(dns.port, name, "SRV")
            assert found.split()[2] == "31005"
        framework.kill(task_id)
        framework.wait_end(task_id)
        wait_for("the end", lambda: status_of(dns.port, NAME) == "NXDOMAIN")
        framework.close()


def test_names_stay_while_a_new_master_waits_for_its_agents(
    cluster: tuple[Master, Agent, str], tmp_path: Path
) -> None:
    master, agent, url = cluster
    with MesosDns(tmp_path, zk=url, externalon=False) as dns:
        framework = Scheduler(master.port)
        _service(framework)
        wait_for(NAME, lambda: ask(dns.port, NAME) == [HOST])
        wait_for(SERVICE, lambda: len(ask(dns.port, SERVICE, "SRV")) == 1)
        with Load(dns.port, NAME, A) as names, Load(dns.port, SERVICE, SRV) as services:
            master.signal(signal.SIGKILL)
            with _paused(agent):
                master.start()
                wait_for("the registry", lambda: get(f"{master.url}/state")["recovered_slaves"])
                assert get(f"{master.url}/state")["slaves"] == []
                wait_for("the new state", lambda: dns.get("/health")["state_age_seconds"] < 0.5)
                _wait_for_queries(names)
            wait_for("the agent", lambda: get(f"{master.url}/state")["slaves"])
            _wait_for_queries(names)
    framework._stream.close()  # the new master does not know it: it cannot tear itself down
    for load in (names, services):
        assert not load.lost
        assert not load.empty, f"{load.empty} of {load.asked} answers are empty"


def _wait_for_queries(load: Load) -> None:
    """Wait until as many were asked as take longer than the next reading of the state."""
    asked = load.asked
    wait_for("more queries", lambda: load.asked > asked + 1500)


@contextlib.contextmanager
def _paused(agent: Agent) -> Iterator[None]:
    process = agent._process
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)
