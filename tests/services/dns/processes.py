"""What the tests of the DNS service start and ask: the program, a master that says what it is told,
an upstream server, and queries."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from tests.lab.processes import HOST, Daemon, free_port

Json = dict[str, Any]


def ask(port: int, name: str, kind: str = "A", *, tcp: bool = False) -> list[str]:
    """Return what dig prints for a query, sorted."""
    words = ["dig", f"@{HOST}", "-p", str(port), "+short", "+time=2", "+tries=1", name, kind]
    words += ["+tcp"] if tcp else []
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
    return sorted(done.stdout.split("\n")[:-1])


def status_of(port: int, name: str, kind: str = "A") -> str:
    """Return the status of an answer (NOERROR, NXDOMAIN, REFUSED, …)."""
    words = ["dig", f"@{HOST}", "-p", str(port), "+time=2", "+tries=1", name, kind]
    text = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False).stdout
    return text.partition("status: ")[2].partition(",")[0]


def query(port: int, name: str, kind: int, *, number: int, seconds: float) -> bytes:
    """Send one query by UDP and return the answer; TimeoutError or ConnectionError without one."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    packet = (
        struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!BHH", 0, kind, 1)
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(seconds)
        connection.connect((HOST, port))
        connection.send(packet)
        return connection.recv(4096)


@dataclass
class Load:
    """Queries one after another in a thread, without a second try; counts those without answer."""

    port: int
    name: str
    kind: int
    seconds: float = 2.0
    asked: int = 0
    lost: list[str] = field(default_factory=list)
    empty: int = 0
    slowest: float = 0.0
    _end: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(0.001):
            self.asked += 1
            begin = time.monotonic()
            try:
                answer = query(
                    self.port, self.name, self.kind, number=self.asked % 65536, seconds=self.seconds
                )
            except OSError as exc:
                self.lost.append(repr(exc))
                continue
            self.slowest = max(self.slowest, time.monotonic() - begin)
            code, answers = answer[3] & 0x0F, struct.unpack("!H", answer[6:8])[0]
            self.empty += code != 0 or answers == 0


class ScriptedMaster:
    """A master whose /state is what a test sets; `redirect` makes it one that does not lead."""

    def __init__(self) -> None:
        self.state: Json = {}
        self.redirect = ""
        self.authorizations: list[str | None] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.authorizations.append(self.headers["Authorization"])
                self.send_response(307 if outer.redirect else 200)
                if outer.redirect:
                    self.send_header("Location", f"//{outer.redirect}/state")
                body = json.dumps(outer.state).encode()
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None: ...

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self.address = f"{HOST}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Upstream(Daemon):
    """A dnsmasq that stands for the servers a node had before: it knows `host.example`."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        words = ["/usr/sbin/dnsmasq", "--keep-in-foreground", "--no-hosts", "--no-resolv"]
        words += ["--log-facility=-", "--log-queries", "--pid-file=", "--user=root"]
        words += [f"--port={self.port}", f"--listen-address={HOST}", "--bind-interfaces"]
        words += ["--host-record=host.example,192.0.2.80", "--local=/example/"]
        super().__init__(words, directory / "upstream.log")

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    def is_ready(self) -> bool:
        with socket.create_connection((HOST, self.port), 1):
            return True

    def queries(self) -> str:
        return self.log.read_text()


class MesosDns(Daemon):
    """The program, out of the source tree."""

    def __init__(
        self, directory: Path, ready: Callable[[MesosDns], bool] | None = None, **settings: object
    ) -> None:
        self.port, self.http = free_port(), free_port()
        given = {"listener": HOST, "port": self.port, "httpport": self.http, "refreshSeconds": 1}
        config = directory / "config.json"
        config.write_text(json.dumps(given | settings))
        self._ready = ready
        words = [sys.executable, "-m", "mesosdeploy.services.dns", f"-config={config}"]
        environment = {"RUNTIME_DIRECTORY": str(directory), "PYTHONPATH": str(Path.cwd())}
        super().__init__(words, directory / "mesos-dns.log", environment)

    def is_ready(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise AssertionError(
                f"it ended with {self._process.returncode}: {self.log.read_text()}"
            )
        if self._ready is not None:
            return self._ready(self)
        return bool(self.get("/health")["healthy"])

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def get(self, path: str) -> Any:
        from tests.lab.processes import get

        return get(f"http://{HOST}:{self.http}{path}")

    def children(self, name: str = "") -> list[int]:
        """Return the processes of its dnsmasq whose configuration has this name."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().decode().split("\0")
                parent = int(path.with_name("stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, ValueError):
                continue
            if parent == self.pid and any(name in word for word in words):
                found.append(int(path.parent.name))
        return found
