"""The HTTP APIs of Prometheus and Alertmanager: the first server that can, answers in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from mesosdeploy.errors import DeployError
from mesosdeploy.mesos.asking import Deadline, client, reason
from mesosdeploy.mesos.endpoints import Endpoint, Inventory
from mesosdeploy.monitoring.places import ALERTMANAGER, PROMETHEUS, Program

Json = dict[str, Any]

_DENIED = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)
_LONGEST = 300


class MonitoringError(DeployError):
    """Prometheus or Alertmanager could not be asked, or would not do what it was asked for."""


class NoAnswerError(MonitoringError):
    """None of the servers answers."""


def open_http() -> httpx.Client:
    """Return the HTTP client that every question goes through."""
    return client()


@dataclass(frozen=True, kw_only=True)
class Api:
    """Calls to one program, each answered by the first of its servers that can.

    Every call raises NoAnswerError when none answers before the deadline, and MonitoringError
    when one refuses.
    """

    program: Program
    servers: Sequence[Endpoint]
    http: httpx.Client
    deadline: Deadline
    login: tuple[str, str] | None = None

    @classmethod
    def of(
        cls, program: Program, inventory: Inventory, http: httpx.Client, deadline: Deadline
    ) -> Api:
        """Return the calls to a cluster's program; UsageError for broken credentials."""
        return cls(
            program=program,
            servers=program.endpoints(inventory),
            http=http,
            deadline=deadline,
            login=program.login(),
        )

    def call(self, method: str, path: str, **request: Any) -> Any:
        """Return the JSON that `path` answers with; None for an empty answer."""
        reasons = []
        for index, server in enumerate(self.servers):
            # Servers that are not asked yet need a share of the time, too.
            seconds = self.deadline.left / (len(self.servers) - index)
            try:
                answer = self.http.request(
                    method,
                    f"{server.url}{path}",
                    auth=httpx.BasicAuth(*self.login) if self.login else None,
                    timeout=seconds,
                    **request,
                )
            except httpx.HTTPError as exc:
                reasons.append(f"{server.node}: {reason(exc, server)}")
                continue
            if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE and not _error(answer):
                reasons.append(f"{server.node}: {server.url} is not ready: {answer.text[:80]}")
                continue
            return self._data(answer, server)
        nowhere = "no node carries it"
        raise NoAnswerError(
            f"{self.program.name} does not answer: {'; '.join(reasons) or nowhere}",
            hint=f"mesosdeploy logs {self.program.role} says why",
        )

    def _data(self, answer: httpx.Response, server: Endpoint) -> Any:
        name, code = self.program.name, answer.status_code
        if code in _DENIED:
            said = "does not accept the given credentials" if self.login else "wants credentials"
            raise MonitoringError(
                f"{name} at {server.url} {said} ({code})",
                hint=f"set {self.program.credentials} to user:password",
            )
        if code >= 400:
            said = _error(answer) or answer.text.strip()[:_LONGEST] or answer.reason_phrase
            raise MonitoringError(
                f"{name} at {server.url} answers {answer.request.url.path} with {code}: {said}",
                hint=f"its journal says more: mesosdeploy logs {self.program.role}",
            )
        try:
            return answer.json() if answer.content.strip() else None
        except ValueError as exc:
            raise MonitoringError(
                f"{server.url} answers, but with no JSON: this is no {name}",
                hint=f"see what listens on port {server.port} of {server.node}",
            ) from exc


def _error(answer: httpx.Response) -> str:
    """Return what the error of an API says; empty where it is none."""
    try:
        said = answer.json()
    except ValueError:
        return ""
    if isinstance(said, dict):
        return str(said.get("error") or said.get("message") or "")
    return said if isinstance(said, str) else ""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One series of an instant query: its labels and its value now."""

    labels: dict[str, str]
    value: float


@dataclass(frozen=True)
class Prometheus:
    """What is asked of Prometheus (its HTTP API, version 1)."""

    api: Api

    @classmethod
    def of(cls, inventory: Inventory, http: httpx.Client, deadline: Deadline) -> Prometheus:
        """Return the cluster's Prometheus."""
        return cls(Api.of(PROMETHEUS, inventory, http, deadline))

    def query(self, expression: str) -> list[Sample]:
        """Return the series of an expression that gives an instant vector."""
        result = self._data("POST", "/api/v1/query", "result", data={"query": expression})
        return [Sample(labels=one["metric"], value=float(one["value"][1])) for one in result]

    def alerts(self) -> list[Json]:
        """Return the alerts that are pending or firing."""
        return list(self._data("GET", "/api/v1/alerts", "alerts"))

    def alert_names(self) -> list[str]:
        """Return the names of all alert rules."""
        groups = self._data("GET", "/api/v1/rules", "groups", params={"type": "alert"})
        return sorted({str(rule["name"]) for group in groups for rule in group["rules"]})

    def _data(self, method: str, path: str, field: str, **request: Any) -> Any:
        said = self.api.call(method, path, **request)
        try:
            return said["data"][field]
        except (KeyError, TypeError) as exc:
            raise MonitoringError(
                f"{path} was answered without data.{field}", hint="is this really a Prometheus?"
            ) from exc


@dataclass(frozen=True)
class Alertmanager:
    """What is asked of Alertmanager (its HTTP API, version 2)."""

    api: Api

    @classmethod
    def of(cls, inventory: Inventory, http: httpx.Client, deadline: Deadline) -> Alertmanager:
        """Return the cluster's Alertmanager."""
        return cls(Api.of(ALERTMANAGER, inventory, http, deadline))

    def alerts(self) -> list[Json]:
        """Return the alerts that have not ended, silenced and inhibited ones too."""
        return self._list("/api/v2/alerts")

    def silences(self) -> list[Json]:
        """Return the silences that are in force, or will be."""
        known = self._list("/api/v2/silences")
        return [one for one in known if one["status"]["state"] != "expired"]

    def silence(self, silence: Json) -> str:
        """Add a silence; return its id."""
        said = self.api.call("POST", "/api/v2/silences", json=silence)
        return str(said["silenceID"])

    def unsilence(self, silence_id: str) -> None:
        """End a silence."""
        self.api.call("DELETE", f"/api/v2/silence/{silence_id}")

    def _list(self, path: str) -> list[Json]:
        said = self.api.call("GET", path)
        if not isinstance(said, list):
            raise MonitoringError(
                f"{path} was answered with {type(said).__name__}, not a list",
                hint="is this really an Alertmanager?",
            )
        return said
