"""A SOCKS proxy into the nodes' own network: one ssh to a node that answers, while it is needed."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from mesosdeploy import ssh
from mesosdeploy.errors import DeployError

LOCALHOST = "127.0.0.1"

_SECONDS = 15.0
_PATIENCE_SECONDS = 1.5
"""A node that has not answered by then gets a rival; a login through a jump takes half of it."""

_READY = b"mesosdeploy-is-in"
# `cat` ends with our end of the pipe, and ssh with it: also when this process is killed.
_REMOTE = f"echo {_READY.decode()}; exec cat"
_OPTIONS = (
    # A shared connection would keep the proxy after this process.
    *("-S", "none", "-o", "ControlMaster=no"),
    *("-o", "ExitOnForwardFailure=yes", "-o", "LogLevel=ERROR", "-T"),
)


@dataclass
class Tunnel:
    """An ssh that runs: the node it leads to, and the port of 127.0.0.1 where its proxy listens."""

    node: str
    port: int
    process: subprocess.Popen[bytes]
    _words: IO[bytes]
    _said: bytes = field(default=b"", init=False)

    @property
    def place(self) -> str:
        """Return the proxy's `host:port`."""
        return f"{LOCALHOST}:{self.port}"

    @property
    def is_alive(self) -> bool:
        """Tell whether ssh still runs."""
        return self.process.poll() is None

    @classmethod
    def start(cls, config: Path, node: str) -> Tunnel:
        """Start the ssh; whether the node lets it in is told by `listen`."""
        port, words = _free_port(), tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        forward = ("-D", f"{LOCALHOST}:{port}")
        try:
            process = subprocess.Popen(
                ssh.arguments(config, node, [_REMOTE], options=(*_OPTIONS, *forward)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=words,
                # Ctrl-C is this process's business: it may have to clean up through the tunnel.
                start_new_session=True,
            )
        except FileNotFoundError as exc:
            words.close()
            raise DeployError(
                "there is no ssh on this machine", hint="apt-get install openssh-client"
            ) from exc
        return cls(node=node, port=port, process=process, _words=words)

    def listen(self) -> bool:
        """Take what came from the node; tell whether it is in. EOFError when there is no more."""
        assert self.process.stdout is not None
        piece = os.read(self.process.stdout.fileno(), 4096)
        if not piece:
            raise EOFError
        self._said += piece
        return _READY in self._said

    def reason(self) -> str:
        """Return ssh's last words."""
        self._words.seek(0)
        lines = self._words.read().decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "no answer")

    def close(self) -> None:
        """End ssh, and the ssh to a jump that it started; closing twice is fine."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, sign)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(2)
                break
        for stream in (self.process.stdin, self.process.stdout, self._words):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


def open_tunnel(config: Path, nodes: Sequence[str], *, seconds: float = _SECONDS) -> Tunnel:
    """Return a tunnel through the first of the nodes that lets us in, within `seconds`.

    They are tried in their order, each next one as soon as the one before it has failed or was
    silent for 1.5 s; what was slow may still win. Raises DeployError with every node's reason.
    """
    ends, reasons = time.monotonic() + seconds, dict.fromkeys(nodes, f"silent for {seconds:g} s")
    with selectors.DefaultSelector() as selector, _rivals() as rivals:
        waiting, next_at = list(nodes), 0.0
        while (waiting or selector.get_map()) and time.monotonic() < ends:
            if waiting and time.monotonic() >= next_at:
                rival = Tunnel.start(config, waiting.pop(0))
                rivals.append(rival)
                selector.register(rival.process.stdout, selectors.EVENT_READ, rival)  # type: ignore[arg-type]
                next_at = time.monotonic() + _PATIENCE_SECONDS
            until = min(ends, next_at) if waiting else ends
            for key, _ in selector.select(max(0.0, until - time.monotonic())):
                rival = cast("Tunnel", key.data)
                try:
                    if rival.listen():
                        rivals.remove(rival)
                        return rival
                except EOFError:
                    selector.unregister(key.fileobj)
                    rival.process.wait()
                    reasons[rival.node], next_at = rival.reason(), 0.0
    told = "".join(f"\n  {node}: {reason}" for node, reason in reasons.items())
    raise DeployError(
        f"no node lets this computer in by SSH, through which the cluster is asked:{told}",
        hint="see whether the machines run (mesosdeploy plan) and whether a firewall keeps this "
        f"computer out; mesosdeploy ssh {next(iter(nodes), 'NODE')} tries one",
    )


@contextmanager
def _rivals() -> Iterator[list[Tunnel]]:
    """Give a list of which everything is closed that is still in it at the end."""
    found: list[Tunnel] = []
    try:
        yield found
    finally:
        for one in found:
            one.close()


def _free_port() -> int:
    """Return a port that is free now; ssh fails, and says so, when somebody else is faster."""
    with socket.socket() as probe:
        probe.bind((LOCALHOST, 0))
        return int(probe.getsockname()[1])
