"""Nodes that only SSH leads to: real sshds of this user, processes on addresses of their own."""

from __future__ import annotations

import getpass
import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from mesosdeploy import inventory
from mesosdeploy.inventory import InventoryContext
from mesosdeploy.nodes import Jump, Node, NodeStatus
from mesosdeploy.spec import Spec
from mesosdeploy.spec.load import check
from tests.lab.processes import wait_for

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
LOCALHOST = "127.0.0.1"
MNTR = "zk_version\t3.8.4-1\nzk_server_state\tstandalone\nzk_outstanding_requests\t0\n"
SPEC = {
    "name": "behind",
    "provider": {"type": "fake"},
    "features": {
        "monitoring": False,
        "marathon": False,
        "load_balancer": False,
        "service_discovery": False,
    },
    "groups": {"masters": {"count": 3}, "agents": {"count": 1}},
}


def is_installed() -> bool:
    return Path(SSHD).exists() and shutil.which("ssh") is not None


def key_pair(path: Path) -> str:
    """Make a key pair without a password; return the public key without its comment."""
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)]
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
    return " ".join(path.with_suffix(".pub").read_text().split()[:2])


class Sshd:
    """An sshd on a port of its own, which lets one key in and writes down what it forwards."""

    def __init__(self, directory: Path, authorized: Path, *, port: int) -> None:
        directory.mkdir()
        self.port, self._log = port, directory / "log"
        self.host_key = key_pair(directory / "host_key")
        lines = (
            f"ListenAddress {LOCALHOST}:{port}",
            f"HostKey {directory}/host_key",
            f"AuthorizedKeysFile {authorized}",
            *("PidFile none", "StrictModes no", "UsePAM no", "PasswordAuthentication no"),
            *("PermitRootLogin prohibit-password", "LogLevel DEBUG1"),
        )
        (directory / "config").write_text("\n".join(lines) + "\n")
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # sshd wants it, and Debian's unit makes it
        words = [SSHD, "-D", "-f", str(directory / "config"), "-E", str(self._log)]
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL)
        wait_for(f"an sshd on port {port}", self._answers, seconds=10)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((LOCALHOST, self.port)) == 0

    def forwarded(self) -> set[str]:
        """Return the places, host:port, that connections were made to through this sshd."""
        mark = "server_request_direct_tcpip: originator"
        lines = [line for line in self._log.read_text().splitlines() if mark in line]
        words = [line.rpartition("target ")[2].replace(",", "").split() for line in lines]
        return {f"{one[0]}:{one[2]}" for one in words}

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@contextmanager
def web(address: str, port: int, answers: dict[str, Any]) -> Iterator[None]:
    """Answer `GET path` with JSON, and all else with 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            self.send_response(200 if path in answers else 404)
            self.end_headers()
            self.wfile.write(json.dumps(answers.get(path)).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((address, port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def words(address: str, port: int, text: str) -> Iterator[None]:
    """Answer whatever comes with a text, as ZooKeeper does, and hang up."""
    listener = socket.create_server((address, port))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(4)
                connection.sendall(text.encode())

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        listener.close()


@contextmanager
def silence(address: str, port: int) -> Iterator[None]:
    """Be a machine that answers no packet: a queue of connections that is full."""
    with socket.socket() as listener:
        listener.bind((address, port))
        listener.listen(0)
        waiting = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex((address, port))
            waiting.append(one)
        try:
            yield
        finally:
            for one in waiting:
                one.close()


@dataclass
class Network:
    """Three masters and an agent with sshds behind them, in a directory like `up` writes it.

    `master-1` leads. `jump` is the machine in between, where there is one.
    """

    directory: Path
    sshds: dict[str, Sshd]
    jump: Jump | None = None
    ports: dict[str, int] = field(default_factory=dict)

    @property
    def spec(self) -> Spec:
        spec, problems = check(SPEC)
        assert spec is not None, problems
        return spec

    @property
    def ssh_config(self) -> Path:
        return self.directory / "ssh_config"

    def address(self, name: str) -> str:
        names = [request.name for request in self.spec.requests()]
        return f"127.77.0.{names.index(name) + 1}"

    def nodes(self) -> list[Node]:
        keys = {one.port: one.host_key for one in self.sshds.values()}
        made = [
            Node(
                cluster="behind",
                name=request.name,
                group=request.group,
                index=request.index,
                status=NodeStatus.RUNNING,
                provider_id=request.name,
                address=self.address(request.name),
                ssh_host=LOCALHOST,
                ssh_port=self.ports[request.name],
                ssh_user=getpass.getuser(),
                host_key=keys.get(self.ports[request.name]),
            )
            for request in self.spec.requests()
        ]
        return [replace(node, jump=self.jump) for node in made]

    def write(self) -> None:
        """Write what `up` records of the nodes."""
        context = InventoryContext(
            state_directory=self.directory,
            private_key=self.directory / "key",
            mesos_package_file="",
            mesos_package_version="",
            control_directory=self.directory,
        )
        nodes = self.nodes()
        built = inventory.build(self.spec, nodes, context=context)
        (self.directory / "inventory.json").write_text(json.dumps(built))
        (self.directory / "known_hosts").write_text(inventory.known_hosts(nodes))
        self.ssh_config.write_text(inventory.ssh_config(self.spec, nodes, context))

    def inventory(self) -> dict[str, Any]:
        """Return the inventory, as an environment does."""
        found: dict[str, Any] = json.loads((self.directory / "inventory.json").read_text())
        return found

    def ssh_processes(self) -> list[int]:
        """Return the processes that are called with a path of this directory, but for sshds."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                called = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            named = any(str(self.directory).encode() in word for word in called)
            if named and called[0].partition(b":")[0].endswith(b"ssh"):  # "ssh: … [mux]" is shared
                found.append(int(entry.name))
        return found


def answers_of_a_master(address: str, agents: Sequence[str] = ()) -> dict[str, Any]:
    """Return what a leading master says."""
    return {
        "/health": {},
        "/version": {"version": "1.11.0"},
        "/flags": {"flags": {"quorum": "2"}},
        "/metrics/snapshot": {
            "master/elected": 1,
            "registrar/log/recovered": 1,
            "registrar/log/ensemble_size": 3,
            "master/uptime_secs": 60,
        },
        "/slaves": {
            "slaves": [
                {"id": "S0", "pid": f"slave(1)@{one}:5051", "active": True} for one in agents
            ]
        },
    }
