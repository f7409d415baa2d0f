"""A monitored cluster in memory behind httpx.MockTransport, for tests that may open no socket.

It stands in for the answers alone, in the shapes of the APIs' references: what real programs do
with the questions is tested in tests/services/monitoring.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

Json = dict[str, Any]

NODES = {
    "master-1": "10.0.0.1",
    "master-2": "10.0.0.2",
    "agent-1": "10.0.0.11",
    "agent-2": "10.0.0.12",
    "monitor-1": "10.0.0.21",
}
INVENTORY: Json = {
    "_meta": {
        "hostvars": {name: {"mesosdeploy_address": address} for name, address in NODES.items()}
    },
    "all": {"vars": {"mesosdeploy_cluster": "demo"}},
    "mesos_master": {"hosts": ["master-1", "master-2"]},
    "mesos_agent": {"hosts": ["agent-1", "agent-2"]},
    "marathon": {"hosts": ["master-1", "master-2"]},
    "haproxy": {"hosts": ["monitor-1"]},
    "prometheus": {"hosts": ["monitor-1"]},
    "alertmanager": {"hosts": ["monitor-1"]},
}
UNWATCHED = {**INVENTORY, "prometheus": {"hosts": []}, "alertmanager": {"hosts": []}}
PROMETHEUS, ALERTMANAGER = "10.0.0.21:9090", "10.0.0.21:9093"
RULES = ("MesosAgentDown", "NodeDown", "Watchdog")


class FakeMonitoring:
    """Answers for every address; `down` are those (`host:port`) that refuse connections.

    `answers` are given before anything else, by `METHOD host:port/path`; `requests` lists what
    was asked.
    """

    def __init__(self) -> None:
        self.known: list[Json] = [known("Watchdog", severity="none", node="")]
        self.managed: list[Json] = []
        self.silences: list[Json] = []
        self.series: list[tuple[Mapping[str, str], float]] = []
        self.answers: dict[str, httpx.Response] = {}
        self.down: set[str] = set()
        self.requests: list[httpx.Request] = []

    def http(self) -> httpx.Client:
        """Return a client whose every request is answered here."""
        return httpx.Client(transport=httpx.MockTransport(self.handle))

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        place = request.url.netloc.decode()
        self.requests.append(request)
        if place in self.down:
            raise httpx.ConnectError("refused")
        given = self.answers.get(f"{request.method} {place}{request.url.path}")
        return given or self._answer(request)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        of_frameworks = b"framework_id" in request.content
        vector = [
            {"metric": dict(labels), "value": [1.0, str(value)]}
            for labels, value in self.series
            if ("framework_id" in labels) == of_frameworks
        ]
        rules = [{"rules": [{"name": name} for name in RULES]}]
        answers = {
            "GET /api/v1/alerts": data(alerts=self.known),
            "GET /api/v1/rules": data(groups=rules),
            "POST /api/v1/query": data(resultType="vector", result=vector),
            "GET /api/v2/alerts": httpx.Response(200, json=self.managed),
            "GET /api/v2/silences": httpx.Response(200, json=self.silences),
        }
        path = request.url.path
        if request.method == "POST" and path == "/api/v2/silences":
            return self._silence(json.loads(request.content))
        if request.method == "DELETE":
            self.silences = [one for one in self.silences if not path.endswith(one["id"])]
            return httpx.Response(200)
        return answers.get(f"{request.method} {path}", httpx.Response(404))

    def _silence(self, body: Json) -> httpx.Response:
        silence_id = f"s{len(self.silences) + 1}"
        self.silences.append({**body, "id": silence_id, "status": {"state": "active"}})
        return httpx.Response(200, json={"silenceID": silence_id})


def data(**fields: Any) -> httpx.Response:
    """Return an answer of Prometheus."""
    return httpx.Response(200, json={"status": "success", "data": fields})


def labels(name: str, severity: str, node: str) -> dict[str, str]:
    """Return an alert's labels, as Prometheus has them."""
    found = {"alertname": name, "severity": severity}
    return {**found, "node": node} if node else found


def known(
    name: str, *, severity: str = "critical", node: str = "agent-1", state: str = "firing"
) -> Json:
    """Return an alert as Prometheus tells of it."""
    return {
        "labels": labels(name, severity, node),
        "annotations": {"summary": f"{name} it is", "runbook": f"docs/runbooks/{name}.md"},
        "state": state,
        "activeAt": "2026-11-22T20:00:00.123456789Z",
        "value": "1e+00",
    }


def managed(
    name: str, *, severity: str = "critical", node: str = "agent-1", **status: list[str]
) -> Json:
    """Return an alert as Alertmanager tells of it, with the external label `cluster`."""
    return {
        "labels": {**labels(name, severity, node), "cluster": "demo"},
        "annotations": {"summary": f"{name} it is", "runbook": f"docs/runbooks/{name}.md"},
        "startsAt": "2026-11-22T21:00:00.5+01:00",
        "status": {"state": "active", "silencedBy": [], "inhibitedBy": [], **status},
    }
