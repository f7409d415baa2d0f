"""What the tests of monitoring share: a cluster that is measured, and who hears of its alerts."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.alerts.drill import Server
from tests.e2e.conftest import Cluster
from tests.e2e.services import Services

# The watchdog always fires. How busy the one computer is that all nodes share is not the cluster's.
_NO_TROUBLE = {"Watchdog", "NodeOverloaded"}
Alert = tuple[str, str, str]
"""Name, severity and node (empty: of the whole cluster)."""


@dataclass(frozen=True)
class Monitored:
    """A cluster with all services, whose alerts reach `webhook` on this machine."""

    cluster: Cluster
    webhook: Server = field(default_factory=lambda: Server("0.0.0.0"))

    def up(self, directory: Path, app: dict[str, Any]) -> None:
        """Bring the cluster up and deploy a service."""
        self.cluster.ok("up", "--until", "inventory")
        self._write_settings()
        done = self.cluster.run("up", seconds=900)
        assert done.returncode == 0, done.stdout + done.stderr
        Services(cluster=self.cluster, directory=directory).deploy(app)

    def _write_settings(self) -> None:
        """Let everything be measured and sent sooner than an operator would want it.

        The pauses of rules (`for`) stay as they are. Alerts are gathered for longer than rules
        take to be evaluated, so that a cause is known when its effects are to be sent.
        """
        settings = {
            "prometheus_scrape_interval_seconds": 5,
            "prometheus_scrape_timeout_seconds": 5,
            "prometheus_evaluation_interval_seconds": 5,
            "alertmanager_webhook_url": f"http://{self._controller}:{self.webhook.port}/",
            "alertmanager_group_wait_seconds": 10,
            "alertmanager_group_interval_seconds": 5,
        }
        directory = self.cluster.inventory / "group_vars"
        directory.mkdir(exist_ok=True)
        (directory / "all.yml").write_text(yaml.safe_dump(settings))

    @property
    def _controller(self) -> str:
        """Return the address under which the monitoring node reaches this machine."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((self.address("monitor-1"), 9))
            return str(probe.getsockname()[0])

    @property
    def variables(self) -> dict[str, Any]:
        """Return the variables of the inventory as it is now."""
        return Services(cluster=self.cluster, directory=self.cluster.state).variables

    def address(self, node: str) -> str:
        """Return a node's address."""
        hosts = {one["name"]: one["address"] for one in self.variables["mesosdeploy_hosts"]}
        return str(hosts[node])

    @property
    def prometheus(self) -> str:
        """Return Prometheus' URL."""
        return f"http://{self.address('monitor-1')}:9090"

    def ask(self, path: str, **parameters: str) -> Any:
        """Return the data that Prometheus' HTTP API answers."""
        answer = httpx.get(f"{self.prometheus}/api/v1/{path}", params=parameters, timeout=10)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()["data"]

    def query(self, promql: str) -> list[tuple[dict[str, str], float]]:
        """Return labels and value of each series that a query finds now."""
        return [
            (one["metric"], float(one["value"][1]))
            for one in self.ask("query", query=promql)["result"]
        ]

    def values(self, promql: str) -> tuple[float, ...]:
        """Return the values alone."""
        return tuple(value for _, value in self.query(promql))

    def node_with(self, promql: str) -> str:
        """Return the node of the first series that a query finds."""
        found = self.query(promql)
        assert found, f"nothing is found by {promql}"
        return found[0][0]["node"]

    def until_well(self, seconds: float) -> None:
        """Wait until nothing fires or is about to."""
        self.cluster.until("nothing is wrong", seconds, lambda: not self.troubles())

    def troubles(self) -> set[str]:
        """Return the names of alerts that fire or are about to."""
        found = {alert["labels"]["alertname"] for alert in self.ask("alerts")["alerts"]}
        return found - _NO_TROUBLE

    def told(self, status: str) -> set[Alert]:
        """Return the alerts with this status that reached the webhook."""
        found = [one for one in list(self.webhook.alerts) if one["status"] == status]
        labels = [one["labels"] for one in found]
        return {
            (one["alertname"], one["severity"], one.get("node", ""))
            for one in labels
            if one["alertname"] not in _NO_TROUBLE
        }
