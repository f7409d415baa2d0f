"""The network that only SSH leads to."""

from __future__ import annotations

import getpass
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from mesosdeploy.nodes import Jump
from mesosdeploy.workflow import way
from tests.lab.processes import free_port
from tests.services.reach import network
from tests.services.reach.network import LOCALHOST, MNTR, Network, Sshd

Make = Callable[..., Network]


def end_shared(made: Network) -> None:
    """End the connections that checks share, and that wait a minute for more of them."""
    for process in made.ssh_processes():
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGTERM)


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Give a function that makes the network: `through` a jump, with masters that are dead.

    Of `refusing` masters SSH's port is closed; `silent` ones take connections and say nothing.
    """
    if not network.is_installed():
        pytest.skip("needs OpenSSH's client and server")
    monkeypatch.delenv("MESOSDEPLOY_SOCKS", raising=False)
    started = ExitStack()

    def sshd(name: str) -> Sshd:
        made = Sshd(tmp_path / name, tmp_path / "key.pub", port=free_port())
        started.callback(made.stop)
        return made

    def build(
        *, through: bool = False, refusing: tuple[str, ...] = (), silent: tuple[str, ...] = ()
    ) -> Network:
        network.key_pair(tmp_path / "key")
        living, jump = sshd("living"), None
        made = Network(directory=tmp_path, sshds={"living": living})
        started.callback(end_shared, made)
        if through:
            made.sshds["jump"] = sshd("jump")
            entrance = made.sshds["jump"]
            user = getpass.getuser()
            jump = Jump(host=LOCALHOST, port=entrance.port, user=user, host_key=entrance.host_key)
        made.jump = jump
        for request in made.spec.requests():
            made.ports[request.name] = living.port
        for name in refusing:
            made.ports[name] = free_port()
        for name in silent:
            listener = started.enter_context(socket.create_server((LOCALHOST, 0)))
            made.ports[name] = int(listener.getsockname()[1])
        made.write()
        leader, agent = made.address("master-1"), made.address("agent-1")
        said = network.answers_of_a_master(leader, [agent])
        started.enter_context(network.web(leader, 5050, said))
        started.enter_context(network.words(leader, 2181, MNTR))
        return made

    with started:
        yield build
        way.close()
