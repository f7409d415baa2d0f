"""A monitoring node in miniature: the roles' own files, real Prometheus and Alertmanager.

Processes of a cluster are HTTP servers that give the figures they are told to give.
"""

from __future__ import annotations

import http.server
import json
import os
import re
import shlex
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
STORAGE = "/var/lib/mesosdeploy-drill"
"""What the roles are told, which refuse a directory that may be a test's; never written."""

_PLAY = [
    {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {"ansible.builtin.import_role": {"name": role, "tasks_from": part}}
            for role in ("prometheus", "alertmanager")
            for part in ("validate", "configure")
        ],
    }
]


class Server:
    """An HTTP server: gives `figures` to whoever asks, and keeps the alerts that are posted."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.figures: dict[str, float] = {}
        self.alerts: list[dict[str, Any]] = []
        self._http: http.server.ThreadingHTTPServer | None = None
        self.host, self.port = host, free_port(host)
        self.start()

    def start(self) -> None:
        """Answer (again)."""
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                lines = [f"{name} {value}\n" for name, value in outer.figures.items()]
                self._answer("".join(lines).encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.alerts += json.loads(body)["alerts"]
                self._answer(b"")

            def _answer(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
                """Say nothing."""

        self._http = http.server.ThreadingHTTPServer((self.host, self.port), Handler)
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections."""
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()
            self._http = None


def free_port(host: str = "127.0.0.1") -> int:
    """Return a TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], bool], what: str, *, seconds: float = 60) -> None:
    """Poll until the condition holds; AssertionError with `what` when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.1)


class Monitor:
    """Prometheus and Alertmanager with the roles' configuration, in which a minute is a second."""

    def __init__(self, directory: Path, jobs: dict[str, dict[str, Server]]) -> None:
        self.webhook, self._watchdog = Server(), Server()
        self._directory = directory
        self._processes: list[subprocess.Popen[bytes]] = []
        self._write(jobs)
        try:
            for name in ("alertmanager", "prometheus"):
                self._start(name)
            wait_for(lambda: bool(self._watchdog.alerts), "the watchdog arrives")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End both processes."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(timeout=20)
        for server in (self.webhook, self._watchdog):
            server.stop()

    def told(self, status: str) -> set[tuple[str, str]]:
        """Return names and severities of the alerts with this status that reached the webhook."""
        return {
            (alert["labels"]["alertname"], alert["labels"]["severity"])
            for alert in list(self.webhook.alerts)
            if alert["status"] == status
        }

    def active(self) -> set[str]:
        """Return the names of the alerts that Prometheus knows now, pending ones too."""
        with urllib.request.urlopen(f"{self._url}/api/v1/alerts", timeout=10) as answer:
            alerts = json.load(answer)["data"]["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts} - {"Watchdog"}

    def _write(self, jobs: dict[str, dict[str, Server]]) -> None:
        for name in ("targets", "rules", "templates", "prometheus-data", "alertmanager-data"):
            (self._directory / name).mkdir()
        play = self._directory / "play.yml"
        play.write_text(json.dumps(_PLAY), encoding="utf-8")
        (self._directory / "ansible.cfg").write_text("[defaults]\n", encoding="utf-8")
        done = subprocess.run(
            [
                str(Path(sys.executable).with_name("ansible-playbook")),
                *("--inventory", "localhost,", "--connection", "local"),
                *("--extra-vars", json.dumps(self._variables(jobs)), str(play)),
            ],
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(self._directory / "ansible.cfg"),
                "ANSIBLE_HOME": str(self._directory / "ansible"),
                "ANSIBLE_ROLES_PATH": str(ROOT / "roles"),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:]
        for path in (self._directory / "rules").glob("*.yml"):
            text = path.read_text(encoding="utf-8")
            text = re.sub(r" for: \d+[mh]$", " for: 1s", text, flags=re.MULTILINE)
            path.write_text(re.sub(r"(keep_firing_for): .+$", r"\1: 4s", text, flags=re.MULTILINE))

    def _variables(self, jobs: dict[str, dict[str, Server]]) -> dict[str, Any]:
        here = str(self._directory)
        alertmanager, prometheus = free_port(), free_port()
        self._url = f"http://127.0.0.1:{prometheus}"
        hook, watchdog = (f"http://127.0.0.1:{s.port}" for s in (self.webhook, self._watchdog))
        return {
            "ansible_python_interpreter": sys.executable,
            "__prometheus_look": {"stdout_lines": []},
            "__prometheus_user": "root",
            "__prometheus_config": f"{here}/prometheus.yml",
            "__prometheus_targets": f"{here}/targets",
            "__prometheus_rules": f"{here}/rules",
            "__prometheus_drop_in": f"{here}/prometheus.conf",
            "__alertmanager_look": {"stdout_lines": []},
            "__alertmanager_user": "root",
            "__alertmanager_config": f"{here}/alertmanager.yml",
            "__alertmanager_templates": f"{here}/templates",
            "__alertmanager_drop_in": f"{here}/alertmanager.conf",
            "prometheus_cluster": "drill",
            "prometheus_listen_address": "127.0.0.1",
            "prometheus_port": prometheus,
            "prometheus_storage_path": f"{STORAGE}/prometheus",
            "prometheus_scrape_interval_seconds": 1,
            "prometheus_scrape_timeout_seconds": 1,
            "prometheus_evaluation_interval_seconds": 1,
            "prometheus_alertmanagers": [f"127.0.0.1:{alertmanager}"],
            "prometheus_jobs": [
                {
                    "job": job,
                    "targets": [
                        {"address": "127.0.0.1", "port": server.port, "node": node}
                        for node, server in servers.items()
                    ],
                }
                for job, servers in jobs.items()
            ],
            "alertmanager_listen_address": "127.0.0.1",
            "alertmanager_port": alertmanager,
            "alertmanager_storage_path": f"{STORAGE}/alertmanager",
            "alertmanager_webhook_url": hook,
            "alertmanager_watchdog_url": watchdog,
            "alertmanager_group_wait_seconds": 3,
            "alertmanager_group_interval_seconds": 1,
        }

    def _start(self, name: str) -> None:
        unit = (self._directory / f"{name}.conf").read_text(encoding="utf-8")
        unit = unit.replace("\\\n", " ").replace(STORAGE, f"{self._directory}/data")
        found = re.search(r"^ExecStart=(/.+)$", unit, re.MULTILINE)
        assert found is not None
        with (self._directory / f"{name}.log").open("wb") as log:
            self._processes.append(
                subprocess.Popen(shlex.split(found.group(1)), stdout=log, stderr=log)
            )
