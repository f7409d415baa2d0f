"""`alerts`: what fires on a cluster, and silences for what is known already."""

from __future__ import annotations

import getpass
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from mesosdeploy.errors import UsageError
from mesosdeploy.mesos.asking import Deadline
from mesosdeploy.mesos.endpoints import Inventory, cluster_variables, hosts_of
from mesosdeploy.monitoring import alerts, client
from mesosdeploy.monitoring.alerts import Alerts, AlertView
from mesosdeploy.monitoring.client import Alertmanager, MonitoringError, Prometheus
from mesosdeploy.monitoring.places import is_watched, require_watched
from mesosdeploy.monitoring.silences import Silence, duration, matching
from mesosdeploy.spec.problems import did_you_mean
from mesosdeploy.workflow import way
from mesosdeploy.workflow.way import Cluster

_SECONDS = 5.0
_LISTED = "docs/runbooks has a page of each"


@dataclass(frozen=True, kw_only=True)
class Noted:
    """What `status` says of alerts: those of a cluster that is watched, or why they are unknown."""

    alerts: Alerts | None = None
    problem: str = ""


def run(environment: Cluster) -> Alerts:
    """Return all alerts of the cluster.

    Raises StateError when the cluster is not up or has no monitoring, MonitoringError when neither
    Prometheus nor Alertmanager answers.
    """
    return alerts.read(_watched(environment), timeout=_SECONDS)


def require_monitoring(environment: Cluster) -> None:
    """Raise StateError when the cluster is not up, or was made without monitoring."""
    _watched(environment)


@dataclass(frozen=True, kw_only=True)
class Change:
    """An alert that came or went: `event` is "begins" or "ends", `time` when that was seen."""

    time: str
    event: str
    alert: AlertView

    @property
    def is_of_active(self) -> bool:
        """Tell whether the alert is one that somebody should know of."""
        return self.alert.is_active


def changes(
    environment: Cluster,
    *,
    interval: float,
    report: Callable[[str], None],
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[Change]:
    """Yield alerts as they begin, change their state or end, first those of now; never ends.

    `report` is told once of each trouble with the monitoring itself.
    """
    known: dict[tuple[object, ...], AlertView] = {}
    troubles: tuple[str, ...] = ()
    while True:
        try:
            found = run(environment)
        except MonitoringError as exc:
            said: tuple[str, ...] = (exc.message,)
        else:
            said = found.problems
            seen: dict[tuple[object, ...], AlertView] = {
                (one.state, *sorted(one.labels.items())): one for one in found.alerts
            }
            stamp = datetime.now(UTC).isoformat(timespec="seconds")
            for event, here, there in (("ends", known, seen), ("begins", seen, known)):
                for key in [key for key in here if key not in there]:
                    yield Change(time=stamp, event=event, alert=here[key])
            known = seen
        for trouble in said:
            if trouble not in troubles:
                report(trouble)
        troubles = said
        pause(interval)


def noted(inventory: Inventory, *, timeout: float) -> Noted | None:
    """Return what monitoring says within `timeout` seconds; None for a cluster without any.

    Raises nothing: who asks for the cluster's status has better things to do than to fail here.
    """
    if not is_watched(inventory):
        return None
    try:
        return Noted(alerts=alerts.read(inventory, timeout=timeout))
    except (MonitoringError, UsageError) as exc:
        return Noted(problem=exc.message)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody wants silenced: an alert, on a node or everywhere, how long (`2h`), and why."""

    name: str
    node: str = ""
    lasts: str = "2h"
    comment: str = ""


def silence(environment: Cluster, wish: Wish) -> tuple[str, datetime]:
    """Silence an alert; return the silence's id, and until when it holds.

    Raises UsageError for an alert or node that the cluster does not have, and for a bad duration.
    """
    inventory, now = _watched(environment), datetime.now(UTC)
    until = now + duration(wish.lasts)
    _require_node(inventory, wish.node)
    with _opened(inventory) as (prometheus, alertmanager):
        _require_alert(prometheus, wish.name)
        wanted = Silence(
            name=wish.name,
            node=wish.node,
            until=until,
            author=f"{getpass.getuser()}@{socket.gethostname()}",
            comment=wish.comment or "mesosdeploy alerts silence",
        )
        return alertmanager.silence(wanted.as_json(now)), until


def unsilence(environment: Cluster, name: str, node: str = "") -> list[str]:
    """End every silence of an alert (on a node), or the one with this id; return their ids.

    Raises UsageError where there is none.
    """
    inventory = _watched(environment)
    _require_node(inventory, node)
    with _opened(inventory) as (_, alertmanager):
        found = matching(alertmanager.silences(), name, node)
        for silence_id in found:
            alertmanager.unsilence(silence_id)
    if not found:
        where = f" on {node}" if node else ""
        raise UsageError(
            f"no silence of {name!r}{where} is in force",
            hint="mesosdeploy alerts --all shows what is silenced",
        )
    return found


@contextmanager
def _opened(inventory: Inventory) -> Iterator[tuple[Prometheus, Alertmanager]]:
    deadline = Deadline.after(_SECONDS)
    with client.open_http() as http:
        yield (
            Prometheus.of(inventory, http, deadline),
            Alertmanager.of(inventory, http, deadline),
        )


def _watched(environment: Cluster) -> Inventory:
    inventory = way.inventory(environment)
    cluster = str(cluster_variables(inventory).get("mesosdeploy_cluster", ""))
    require_watched(inventory, cluster)
    return inventory


def _require_node(inventory: Inventory, node: str) -> None:
    nodes = hosts_of(inventory, "all")
    if node and node not in nodes:
        raise UsageError(f"no node is called {node!r}", hint=did_you_mean(node, nodes))


def _require_alert(prometheus: Prometheus, name: str) -> None:
    """Refuse a misspelt name: its silence would silence nothing. A silent Prometheus is no bar."""
    try:
        known = prometheus.alert_names()
    except client.NoAnswerError:
        return
    if name not in known:
        raise UsageError(
            f"no rule has an alert {name!r}", hint=did_you_mean(name, known, otherwise=_LISTED)
        )
