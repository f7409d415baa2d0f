"""A monitored cluster: real Prometheus and Alertmanager, exporters that say what they are told."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from tests.alerts.drill import Server, wait_for

PASSWORD = "secret"
_HASH = "$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"
TASK = 'task="t1",name="web",framework="marathon",framework_id="F1"'
FRAMEWORK = 'framework="marathon",framework_id="F1"'
MB = 2.0**20

AGENT = {
    "mesos_up": 1.0,
    "mesos_agent_registered": 1.0,
    "mesos_agent_cpus_capacity": 4.0,
    "mesos_agent_cpus_used": 1.0,
    "mesos_agent_mem_capacity_bytes": 1024 * MB,
    "mesos_agent_mem_used_bytes": 128 * MB,
    "mesos_agent_disk_capacity_bytes": 4096 * MB,
    "mesos_agent_disk_used_bytes": 0.0,
    "mesos_agent_tasks_running": 1.0,
    "mesos_agent_tasks_staging": 1.0,
    "mesos_agent_tasks_starting": 0.0,
    "mesos_agent_system_load_1min": 0.5,
    **{
        f"mesos_agent_tasks_{state}_total": 0.0
        for state in ("finished", "failed", "killed", "lost", "gone")
    },
    f'mesos_agent_task_cpu_seconds_total{{{TASK},mode="user"}}': 0.0,
    f'mesos_agent_task_cpu_seconds_total{{{TASK},mode="throttled"}}': 99.0,
    f"mesos_agent_task_mem_rss_bytes{{{TASK}}}": 64 * MB,
}
MASTER = {
    f"mesos_master_framework_{figure}": value
    for figure, value in {
        f"active{{{FRAMEWORK}}}": 1.0,
        f"connected{{{FRAMEWORK}}}": 1.0,
        f"cpus_used{{{FRAMEWORK}}}": 2.0,
        f"mem_used_bytes{{{FRAMEWORK}}}": 256 * MB,
        f"disk_used_bytes{{{FRAMEWORK}}}": 0.0,
        f'tasks{{{FRAMEWORK},state="running"}}': 2.0,
        f'tasks{{{FRAMEWORK},state="staging"}}': 2.0,
        f'task_ends_total{{{FRAMEWORK},state="failed"}}': 0.0,
        f"offers_sent_total{{{FRAMEWORK}}}": 0.0,
    }.items()
}

_RULES = {
    "AgentDown": ("critical", 'mesos_up{job="mesos_agent"} == 0', "0s"),
    "AgentBusy": ("warning", "mesos_agent_system_load_1min > 10", "0s"),
    "AgentFull": ("warning", "mesos_agent_system_load_1min > 100", "1h"),
    "Watchdog": ("none", "vector(1)", "0s"),
}
_INHIBITION = {
    "source_matchers": ['severity="critical"'],
    "target_matchers": ['severity="warning"'],
    "equal": ["cluster", "node"],
}


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    stdout: str
    stderr: str


def is_installed() -> bool:
    """Tell whether Debian's packages are."""
    return all(map(shutil.which, ("prometheus", "prometheus-alertmanager")))


class Watched:
    """A cluster of one master, two agents and a monitor, at addresses of its own.

    Machines have their ports to themselves; here each has an address of the loopback network.
    """

    def __init__(self, directory: Path, *, password: bool = False) -> None:
        net = f"127.{random.randrange(1, 255)}.{random.randrange(1, 255)}"
        self.monitor, self.directory = f"{net}.9", directory
        self.agents = {name: Server() for name in ("agent-1", "agent-2")}
        self.masters = {name: Server() for name in ("master-1", "master-2")}
        for server in self.agents.values():
            server.figures = dict(AGENT)
        self.masters["master-1"].figures = {"mesos_master_elected": 1.0, **MASTER}
        # One that led before, and whose last figures are still there.
        self.masters["master-2"].figures = {"mesos_master_elected": 0.0, **MASTER}
        self._processes: list[subprocess.Popen[bytes]] = []
        self._configure(password=password)
        self._record(net)
        try:
            self._start(password=password)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End all processes."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(timeout=20)
        for server in (*self.agents.values(), *self.masters.values()):
            server.stop()

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment that the command runs in."""
        state = {"MESOSDEPLOY_STATE_DIR": str(self.directory / "state")}
        return {**os.environ, **state, "COLUMNS": "200", "LINES": "40", "TERM": "xterm"}

    def words(self, *arguments: str) -> list[str]:
        """Return the command line of `mesosdeploy ARGUMENTS…` for this cluster."""
        return [sys.executable, "-m", "mesosdeploy", *arguments, "-i", str(self.directory / "env")]

    def run(self, *arguments: str, **variables: str) -> Ended:
        """Run a command to its end."""
        done = subprocess.run(
            self.words(*arguments),
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def data(self, *arguments: str) -> Any:
        """Return the JSON that a command gives, which has to end well."""
        ended = self.run(*arguments, "-o", "json")
        assert ended.code == 0, ended.stderr
        return json.loads(ended.stdout)

    def states(self) -> dict[tuple[str, str], str]:
        """Return the state of each alert but the watchdog, by name and node."""
        found = self.data("alerts", "--all")["alerts"]
        return {(one["name"], one["node"]): one["state"] for one in found if one["node"]}

    def _configure(self, *, password: bool) -> None:
        def targets(servers: dict[str, Server]) -> list[dict[str, Any]]:
            return [
                {"targets": [f"{one.host}:{one.port}"], "labels": {"node": name}}
                for name, one in servers.items()
            ]

        manager = f"{self.monitor}:9093"
        login = {"basic_auth": {"username": "ops", "password": PASSWORD}} if password else {}
        quick = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
        self._write(
            "prometheus.yml",
            {
                "global": {**quick, "external_labels": {"cluster": "watched"}},
                "rule_files": ["rules.yml"],
                "alerting": {
                    "alertmanagers": [{"static_configs": [{"targets": [manager]}], **login}]
                },
                "scrape_configs": [
                    {"job_name": "mesos_agent", "static_configs": targets(self.agents)},
                    {"job_name": "mesos_master", "static_configs": targets(self.masters)},
                ],
            },
        )
        self._write("rules.yml", {"groups": [{"name": "all", "rules": list(map(_rule, _RULES))}]})
        self._write(
            "alertmanager.yml",
            {
                "route": {"receiver": "none", "group_wait": "1s"},
                "receivers": [{"name": "none"}],
                "inhibit_rules": [_INHIBITION],
            },
        )
        self._write("web.yml", {"basic_auth_users": {"ops": _HASH}} if password else {})

    def _write(self, name: str, content: dict[str, Any]) -> None:
        with (self.directory / name).open("w", encoding="utf-8") as file:
            YAML().dump(content, file)

    def _record(self, net: str) -> None:
        """Write spec and recorded inventory, as `up` would."""
        (self.directory / "env").mkdir()
        spec = "name: watched\nprovider: {type: fake}\ngroups:\n  masters: {count: 1}\n"
        (self.directory / "env" / "cluster.yml").write_text(f"{spec}  agents: {{count: 2}}\n")
        addresses = {"master-1": 1, "agent-1": 2, "agent-2": 3, "monitor-1": 9}
        state = self.directory / "state" / "watched"
        state.mkdir(parents=True)
        self.inventory: dict[str, Any] = {
            "_meta": {
                "hostvars": {
                    name: {"mesosdeploy_address": f"{net}.{last}"}
                    for name, last in addresses.items()
                }
            },
            "all": {"vars": {"mesosdeploy_cluster": "watched"}},
            "mesos_master": {"hosts": ["master-1"]},
            "mesos_agent": {"hosts": ["agent-1", "agent-2"]},
            "prometheus": {"hosts": ["monitor-1"]},
            "alertmanager": {"hosts": ["monitor-1"]},
        }
        (state / "inventory.json").write_text(json.dumps(self.inventory))

    def _start(self, *, password: bool) -> None:
        web = f"--web.config.file={self.directory / 'web.yml'}"
        self._run(
            *("prometheus", web),
            f"--config.file={self.directory / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.directory / 'samples'}",
            f"--web.listen-address={self.monitor}:9090",
        )
        self._run(
            *("prometheus-alertmanager", "--cluster.listen-address=", web),
            f"--config.file={self.directory / 'alertmanager.yml'}",
            f"--storage.path={self.directory / 'silences'}",
            f"--web.listen-address={self.monitor}:9093",
        )
        if not password:
            wait_for(self._is_ready, "Prometheus knows agents and the watchdog")

    def _is_ready(self) -> bool:
        if self.run("top").code or "registered" not in self.run("top", "-o", "json").stdout:
            return False
        return "Watchdog" in self.run("alerts", "--all").stdout

    def _run(self, *words: str) -> None:
        with (self.directory / f"{words[0]}.log").open("wb") as log:
            self._processes.append(subprocess.Popen(words, stdout=log, stderr=log))


def _rule(name: str) -> dict[str, Any]:
    severity, expression, lasts = _RULES[name]
    return {
        "alert": name,
        "expr": expression,
        "for": lasts,
        "labels": {"severity": severity},
        "annotations": {
            "summary": f"{name} it is",
            "description": "Value {{ $value }} on {{ $labels.node }}.",
            "runbook": "docs/runbooks/NodeDown.md",
        },
    }
