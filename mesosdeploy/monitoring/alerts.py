"""The alerts of a cluster, as Prometheus and Alertmanager know them together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from mesosdeploy.mesos.asking import Deadline
from mesosdeploy.mesos.endpoints import Inventory
from mesosdeploy.monitoring import client
from mesosdeploy.monitoring.client import Alertmanager, Json, MonitoringError, Prometheus

FIRING: Final = "firing"
PENDING: Final = "pending"
SILENCED: Final = "silenced"
INHIBITED: Final = "inhibited"

URGENT: Final = ("critical", "warning")
SEVERITIES: Final = (*URGENT, "info", "none")
WATCHDOG: Final = "Watchdog"


@dataclass(frozen=True, kw_only=True)
class AlertView:
    """One alert: its state is firing, pending, silenced or inhibited (by one of its causes).

    `since` is when it began to fire, of a pending one when its condition began to hold, in
    ISO 8601 and UTC; `node` is empty for an alert of the whole cluster.
    """

    name: str
    severity: str
    state: str
    since: str
    node: str = ""
    summary: str = ""
    description: str = ""
    runbook: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Return the name, with the node where there is one."""
        return f"{self.name} on {self.node}" if self.node else self.name

    @property
    def is_active(self) -> bool:
        """Tell whether somebody should know of it: it fires, and is not of the watchdog's kind."""
        return self.state == FIRING and self.severity != "none"

    @property
    def rank(self) -> tuple[int, str, str, str]:
        """Return what alerts are ordered by: the severest first, then the oldest."""
        known = self.severity in SEVERITIES
        order = SEVERITIES.index(self.severity) if known else len(SEVERITIES)
        return order, self.since, self.name, self.node


@dataclass(frozen=True, kw_only=True)
class Alerts:
    """All alerts by rank, and each reason why the list may be incomplete, as a sentence."""

    alerts: tuple[AlertView, ...]
    problems: tuple[str, ...] = ()

    @property
    def active(self) -> tuple[AlertView, ...]:
        """Return those that somebody should know of."""
        return tuple(one for one in self.alerts if one.is_active)

    def only_active(self) -> Alerts:
        """Return the same without those that nobody need know of."""
        return replace(self, alerts=self.active)

    @property
    def counts(self) -> dict[str, int]:
        """Return how many are active, by severity, the severest first."""
        severities = [one.severity for one in self.active]
        known = dict.fromkeys((*SEVERITIES[:-1], *severities))
        return {severity: severities.count(severity) for severity in known}

    @property
    def urgent(self) -> tuple[AlertView, ...]:
        """Return the active ones that somebody must do something about."""
        return tuple(one for one in self.active if one.severity in URGENT)

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "counts": self.counts,
            "problems": list(self.problems),
            "alerts": [asdict(one) for one in self.alerts],
        }


def read(inventory: Inventory, *, timeout: float) -> Alerts:
    """Ask Prometheus and Alertmanager at once, both within `timeout` seconds.

    Either is enough; what the other would have told is then one of the problems. Raises
    MonitoringError when neither answers, UsageError for broken credentials.
    """
    deadline = Deadline.after(timeout)
    with client.open_http() as http, ThreadPoolExecutor(max_workers=2) as pool:
        prometheus = Prometheus.of(inventory, http, deadline)
        alertmanager = Alertmanager.of(inventory, http, deadline)
        asked = [pool.submit(_ask, prometheus.alerts), pool.submit(_ask, alertmanager.alerts)]
    known, managed = (one.result() for one in asked)
    if isinstance(known, MonitoringError) and isinstance(managed, MonitoringError):
        raise MonitoringError(f"{known.message}\n{managed.message}", hint=known.hint)
    problems = []
    if isinstance(managed, MonitoringError):
        problems.append(f"{managed.message}; silences are not known, and nobody is told of alerts")
    if isinstance(known, MonitoringError):
        problems.append(f"{known.message}; alerts may be old, and pending ones are not known")
    merged = merge(_list(known), _list(managed))
    problems += _watchdog(merged) if isinstance(known, list) else []
    return Alerts(alerts=merged, problems=tuple(problems))


def _ask(question: Callable[[], list[Json]]) -> list[Json] | MonitoringError:
    try:
        return question()
    except MonitoringError as exc:
        return exc


def _list(said: list[Json] | MonitoringError) -> list[Json]:
    return said if isinstance(said, list) else []


def _watchdog(alerts: Iterable[AlertView]) -> list[str]:
    """Say that no alert can be trusted to fire where the one that always does is silent."""
    if any(one.name == WATCHDOG for one in alerts):
        return []
    return [f"the alert {WATCHDOG}, which always fires, does not: rules are not evaluated (yet)"]


def merge(known: list[Json], managed: list[Json]) -> tuple[AlertView, ...]:
    """Return one view an alert of what Prometheus knows, and what Alertmanager manages.

    Alertmanager's labels of an alert are Prometheus' with the external labels added.
    """
    views = [_of_alertmanager(alert) for alert in managed]
    for alert in known:
        labels = alert["labels"].items()
        if not any(labels <= one["labels"].items() for one in managed):
            views.append(_of_prometheus(alert))
    return tuple(sorted(views, key=lambda view: view.rank))


def _of_prometheus(alert: Json) -> AlertView:
    return _view(alert, state=str(alert["state"]), since=str(alert["activeAt"]))


def _of_alertmanager(alert: Json) -> AlertView:
    status = alert["status"]
    state = FIRING
    if status["silencedBy"]:
        state = SILENCED
    elif status["inhibitedBy"]:
        state = INHIBITED
    return _view(alert, state=state, since=str(alert["startsAt"]))


def _view(alert: Json, *, state: str, since: str) -> AlertView:
    labels, notes = alert["labels"], alert.get("annotations", {})
    return AlertView(
        name=labels.get("alertname", "?"),
        severity=labels.get("severity", ""),
        state=state,
        since=moment(since).isoformat(timespec="seconds"),
        node=labels.get("node", ""),
        summary=notes.get("summary", ""),
        description=notes.get("description", ""),
        runbook=notes.get("runbook", ""),
        labels=dict(labels),
    )


def moment(text: str) -> datetime:
    """Return the moment of a timestamp of RFC 3339, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)
