"""`top`: how agents and frameworks use the cluster, from Prometheus, else from Mesos itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from mesosdeploy.mesos.asking import Deadline
from mesosdeploy.mesos.endpoints import Inventory, endpoints
from mesosdeploy.monitoring import client, usage_prometheus
from mesosdeploy.monitoring.client import MonitoringError, Prometheus
from mesosdeploy.monitoring.places import PROMETHEUS
from mesosdeploy.monitoring.usage import Usage
from mesosdeploy.monitoring.usage_mesos import Observer

_SECONDS = 1.5
_MESOS_SECONDS = 3.0
_APART_SECONDS = 1.0
"""CPU time is known to a hundredth of a second: this far apart, a rate is right to some percent."""


@dataclass
class Top:
    """The view of one cluster, which can be renewed.

    `look` raises MonitoringError when neither Prometheus nor a leading master answers, UsageError
    for broken credentials.
    """

    inventory: Inventory
    _observer: Observer = field(init=False)

    def __post_init__(self) -> None:
        """Begin to count what is told in seconds."""
        self._observer = Observer(where=endpoints(self.inventory))

    def look(self) -> Usage:
        """Return the usage as it is now; rates that need an earlier look may be missing."""
        found, problem = self._watched()
        return found or self._asked(problem)

    def once(self, *, pause: Callable[[float], None] = time.sleep) -> Usage:
        """Return the usage as it is now, with every rate, for which Mesos is asked twice."""
        found, problem = self._watched()
        if found:
            return found
        self._asked(problem)
        pause(_APART_SECONDS)
        return self._asked(problem)

    def _watched(self) -> tuple[Usage | None, str]:
        """Return what Prometheus knows, else why it knows nothing; no reason where none is."""
        if not PROMETHEUS.endpoints(self.inventory):
            return None, ""
        try:
            found = self._of_prometheus()
        except MonitoringError as exc:
            return None, exc.message
        return found, "Prometheus has figures of no agent (yet)"

    def _asked(self, problem: str) -> Usage:
        try:
            seen = self._observer.look(timeout=_MESOS_SECONDS, at=time.time())
        except MonitoringError as exc:
            said = "\n".join(filter(None, [problem, exc.message]))
            raise MonitoringError(said, hint=exc.hint) from exc
        return replace(seen, problems=(*filter(None, [problem]), *seen.problems))

    def _of_prometheus(self) -> Usage | None:
        with client.open_http() as http:
            prometheus = Prometheus.of(self.inventory, http, Deadline.after(_SECONDS))
            where = self._observer.where
            return usage_prometheus.read(prometheus.query, where, PROMETHEUS.name)
