"""Processes that only SSH leads to are asked through one tunnel, which ends with its process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from mesosdeploy import route
from mesosdeploy.errors import DeployError
from mesosdeploy.mesos import zookeeper
from mesosdeploy.mesos.asking import client
from mesosdeploy.mesos.endpoints import Endpoint
from mesosdeploy.mesos.operator import observe
from mesosdeploy.tunnel import open_tunnel
from mesosdeploy.workflow import way
from tests.lab.processes import wait_for
from tests.services.reach.conftest import Make
from tests.services.reach.network import LOCALHOST, SPEC, Network, silence

COMMAND = [sys.executable, "-m", "mesosdeploy"]
Command = Callable[..., tuple[subprocess.CompletedProcess[str], Network]]
WORK = """
import sys, time
from pathlib import Path
from mesosdeploy import cli
from mesosdeploy.workflow import way
from tests.services.reach.network import Network

directory, sys.argv = Path(sys.argv[1]), ["mesosdeploy", "work"]

@cli.app.command()
def work():
    way.inventory(Network(directory=directory, sshds={}))
    print("in", flush=True)
    time.sleep(60)

cli.main()
"""
"""A command that has a tunnel and works on, as `alerts --watch` does."""


@pytest.mark.parametrize("through", [False, True], ids=["another address", "a jump"])
def test_http_and_zookeeper_are_asked_through_one_ssh(make: Make, through: bool) -> None:
    network = make(through=through)
    leader = network.address("master-1")
    way.inventory(network)
    way.inventory(network)
    with client() as http:
        assert http.get(f"http://{leader}:5050/version").json() == {"version": "1.11.0"}
    seen = zookeeper.read(Endpoint(node="master-1", address=leader, port=2181), timeout=5)
    assert (seen.mode, seen.error) == ("standalone", "")
    assert network.sshds["living"].forwarded() == {f"{leader}:5050", f"{leader}:2181"}
    assert len(network.ssh_processes()) == (2 if through else 1)
    if through:
        place = f"{LOCALHOST}:{network.sshds['living'].port}"
        assert network.sshds["jump"].forwarded() == {place}
    way.close()
    assert route.proxy() == ""
    wait_for("ssh ends", lambda: not network.ssh_processes(), seconds=5)


@pytest.mark.parametrize("how", ["refusing", "silent"])
def test_dead_first_node_is_evaded(make: Make, how: str) -> None:
    network = make(**{how: ("master-1",)})
    began = time.monotonic()
    tunnel = open_tunnel(network.ssh_config, ["master-1", "master-2"])
    try:
        assert tunnel.node == "master-2"
        assert time.monotonic() - began < 5
        assert tunnel.is_alive
    finally:
        tunnel.close()
    wait_for("no rival stays", lambda: not network.ssh_processes(), seconds=5)


def test_when_no_node_answers_each_is_told_within_the_time(make: Make) -> None:
    network = make(refusing=("master-1", "master-2"), silent=("master-3",))
    began = time.monotonic()
    with pytest.raises(DeployError, match="no node lets this computer in by SSH") as refused:
        open_tunnel(network.ssh_config, ["master-1", "master-2", "master-3"], seconds=3)
    assert time.monotonic() - began < 4.5
    assert refused.value.message.count("Connection refused") == 2
    assert "master-3: silent for 3 s" in refused.value.message
    assert "mesosdeploy ssh master-1" in str(refused.value.hint)
    assert not network.ssh_processes()


def test_a_tunnel_that_broke_is_made_anew(make: Make) -> None:
    network = make()
    way.inventory(network)
    (first,) = network.ssh_processes()
    os.kill(first, signal.SIGKILL)
    wait_for("ssh is gone", lambda: first not in network.ssh_processes(), seconds=5)
    way.inventory(network)
    with client() as http:
        assert http.get(f"http://{network.address('master-1')}:5050/health").status_code == 200


def test_a_dead_agent_keeps_nobody_longer_than_the_deadline(make: Make) -> None:
    network = make()
    known = way.inventory(network)
    with silence(network.address("agent-1"), 5051):
        began = time.monotonic()
        view = observe(known, timeout=1.4)
    assert time.monotonic() - began < 2
    agent, leader = view.agent("agent-1"), view.master("master-1")
    assert (agent.reachable, agent.registered, leader.reachable) == (False, True, True)
    assert "in time" in str(agent.error)
    # A port that nobody listens at is told at once, as it is without a tunnel.
    assert "no connection behind the proxy" in view.master("master-2").error
    assert "no connection behind the proxy" in view.zookeeper("master-2").error


@pytest.mark.parametrize(
    "sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=["ctrl-c", "ended", "killed"]
)
def test_ssh_ends_with_its_process(make: Make, sign: signal.Signals) -> None:
    network = make(through=True)
    words = [sys.executable, "-c", WORK, str(network.directory)]
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=root
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"in\n"
            assert len(network.ssh_processes()) == 2
        finally:
            process.send_signal(sign)
        process.wait(10)
    wait_for("ssh ends", lambda: not network.ssh_processes(), seconds=5)


def test_proxy_that_does_not_answer_is_waited_for_no_longer_than_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server((LOCALHOST, 0)) as listener:
        taken: list[socket.socket] = []
        threading.Thread(target=lambda: taken.append(listener.accept()[0]), daemon=True).start()
        monkeypatch.setenv(route.VARIABLE, f"{LOCALHOST}:{listener.getsockname()[1]}")
        began = time.monotonic()
        with route.client(secure=False) as http, pytest.raises(httpx.ConnectTimeout):
            http.get("http://192.0.2.1/", timeout=0.5)
        assert time.monotonic() - began < 2
        for one in taken:
            one.close()


@pytest.fixture
def command(make: Make, tmp_path: Path) -> Command:
    """Return a function that runs the command on a cluster behind a jump."""
    network, state = make(through=True), tmp_path / "states"
    state.mkdir()
    (state / "behind").symlink_to(network.directory)
    (tmp_path / "cluster.yml").write_text(json.dumps(SPEC))

    def run(*words: str) -> tuple[subprocess.CompletedProcess[str], Network]:
        done = subprocess.run(
            [*COMMAND, *words, "-i", str(tmp_path)],
            env={**os.environ, "MESOSDEPLOY_STATE_DIR": str(state)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return done, network

    return run


def test_status_asks_through_ssh_and_leaves_nothing(command: Command) -> None:
    status, network = command("status", "-o", "json")
    assert status.returncode == 6, status.stderr  # one master of three
    assert json.loads(status.stdout)["leader"] == "master-1"
    assert f"{network.address('master-1')}:5050" in network.sshds["living"].forwarded()
    assert not network.ssh_processes()


def test_page_is_told_with_the_command_that_brings_it(command: Command) -> None:
    found, network = command("open", "mesos")
    leader = network.address("master-1")
    assert (found.returncode, found.stdout) == (0, f"http://{leader}:5050/state-summary\n")
    told = " ".join(found.stderr.split())
    assert f"-L 5050:{leader}:5050 master-1" in told
    assert "then open http://localhost:5050/state-summary" in told


def test_checks_of_the_cluster_ask_through_ssh(command: Command) -> None:
    done, network = command("verify", "--role", "cluster", "-o", "json")
    results = json.loads(done.stdout)["results"]
    answering = {one["node"]: one["outcome"] for one in results if one["check"] == "master answers"}
    assert answering == {"master-1": "passed", "master-2": "failed", "master-3": "failed"}
    asked = network.sshds["living"].forwarded()
    assert {f"{network.address('master-1')}:{port}" for port in (5050, 2181)} <= asked
