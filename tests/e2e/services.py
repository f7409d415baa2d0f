"""What the tests of long-running services share: a small HTTP service, and load upon it."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.e2e.conftest import Cluster

NAME = "web"
VHOST = "web.example"
CONNECTIONS = 4
# A service as it should be: it keeps connections, and told to end it answers what it was asked,
# closes each connection with its answer, and is gone after a moment.
PROGRAM = """\
import os, signal, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ending = threading.Event()

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # an answer is one write

    def do_GET(self):
        words = os.environ["RELEASE"], os.environ["MESOS_TASK_ID"], os.uname().nodename
        body = " ".join(words).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if ending.is_set():
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

server = Server(("", int(os.environ["PORT0"])), Handler)

def end(*_):
    ending.set()
    threading.Timer(1, os._exit, [0]).start()

signal.signal(signal.SIGTERM, end)
server.serve_forever()
"""


def definition(*, release: str, instances: int = 3) -> dict[str, Any]:
    """Return an app whose answer is its release, its task id and its node."""
    return {
        "id": f"/{NAME}",
        "cmd": f"exec python3 -c '{PROGRAM.replace(chr(39), chr(34))}'",
        "env": {"RELEASE": release},
        "cpus": 0.1,
        "mem": 96,  # a thread for each connection of HAProxy takes its share
        "instances": instances,
        "constraints": [["hostname", "GROUP_BY", "3"]],
        "portDefinitions": [{"port": 0, "name": "http"}],
        "healthChecks": [
            {
                "protocol": "MESOS_HTTP",
                "path": "/",
                "portIndex": 0,
                "gracePeriodSeconds": 20,
                "delaySeconds": 0,
                "intervalSeconds": 1,
                "timeoutSeconds": 3,
                "maxConsecutiveFailures": 3,
            }
        ],
        "upgradeStrategy": {"minimumHealthCapacity": 1.0, "maximumOverCapacity": 0.5},
        "labels": {"HAPROXY_GROUP": "external", "HAPROXY_0_VHOST": VHOST},
    }


@dataclass(frozen=True)
class Load:
    """What a run of wrk counted."""

    requests: int
    failed: int
    text: str


@dataclass
class Wrk:
    """wrk in the background: four connections that ask as fast as they are answered."""

    url: str
    seconds: int
    _process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        header = ["-H", f"Host: {VHOST}"]
        self._process = subprocess.Popen(
            [
                "wrk",
                "-t1",
                f"-c{CONNECTIONS}",
                f"-d{self.seconds}s",
                "--timeout",
                "10s",
                *header,
                self.url,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=10)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def result(self) -> Load:
        """Wait for the end and return the counts; a socket error counts as a failed request."""
        assert self._process is not None
        text, _ = self._process.communicate(timeout=self.seconds + 30)
        total = re.search(r"(\d+) requests in", text)
        assert total, text
        errors = re.search(
            r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text
        )
        bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        failed = sum(map(int, errors.groups())) if errors else 0
        return Load(int(total[1]), failed + (int(bad[1]) if bad else 0), text)


@dataclass(frozen=True)
class Services:
    """A cluster with Marathon, Mesos-DNS and a load balancer, and what the tests ask of it."""

    cluster: Cluster
    directory: Path

    def app(self, *words: str, seconds: float = 240) -> subprocess.CompletedProcess[str]:
        """Run `mesosdeploy app …` to its end."""
        command = [self.cluster.arguments("app")[0], "app", words[0]]
        return subprocess.run(
            [*command, "-i", str(self.cluster.inventory), *words[1:]],
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            env=self.cluster.environment,
            stdin=subprocess.DEVNULL,
        )

    def ok(self, *words: str, seconds: float = 240) -> str:
        done = self.app(*words, seconds=seconds)
        assert done.returncode == 0, f"app {words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def deploy(self, app: dict[str, Any]) -> None:
        file = self.directory / "app.json"
        file.write_text(json.dumps(app))
        self.ok("deploy", str(file), "--yes")

    def tasks(self) -> list[dict[str, Any]]:
        """Return Marathon's tasks of the service, asked of any instance."""
        answer = self.marathon(f"/v2/apps/{NAME}/tasks")
        return list(answer["tasks"]) if answer else []

    def marathon(self, path: str) -> Any:
        """Return Marathon's JSON of a path, asked of one instance after the other; else None."""
        for server in self.variables["mesosdeploy_marathon_servers"]:
            url = f"http://{server['address']}:8080{path}"
            done = subprocess.run(
                ["curl", "-fsS", "-m", "5", url], capture_output=True, text=True, check=False
            )
            if done.returncode == 0:
                return json.loads(done.stdout)
        return None

    def leading_marathon(self) -> str:
        """Return the node of the leading Marathon, by its own word; empty when none leads."""
        answer = self.marathon("/v2/leader")
        return self.name_of(str(answer["leader"]).rpartition(":")[0]) if answer else ""

    def name_of(self, address: str) -> str:
        """Return the node that has an address."""
        names = {one["address"]: one["name"] for one in self.variables["mesosdeploy_hosts"]}
        return str(names[address])

    def running(self) -> dict[str, str]:
        """Return host by task id of the running tasks."""
        return {t["id"]: t["host"] for t in self.tasks() if t["state"] == "TASK_RUNNING"}

    @property
    def variables(self) -> dict[str, Any]:
        path = self.cluster.state / self.cluster.name / "inventory.json"
        found: dict[str, Any] = json.loads(path.read_text())["all"]["vars"]
        return found

    @property
    def url(self) -> str:
        """Return the URL of the load balancer's virtual hosts."""
        return f"http://{self.variables['mesosdeploy_balancers'][0]['address']}/"

    def ask(self) -> str:
        """Return one answer through the load balancer, or the error as text."""
        done = subprocess.run(
            ["curl", "-sS", "-f", "-m", "5", "-H", f"Host: {VHOST}", self.url],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout if done.returncode == 0 else f"error: {done.stderr.strip()}"

    def releases(self, asked: int = 12) -> set[str]:
        return {self.ask().split()[0] for _ in range(asked)}
