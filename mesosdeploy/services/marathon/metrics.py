"""The scheduler's metrics under Marathon's names: as JSON and in Prometheus' text format."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mesosdeploy.services.marathon.api.views import STAGED, counts
from mesosdeploy.services.marathon.definition import Json
from mesosdeploy.services.marathon.model import Instance, moment

if TYPE_CHECKING:
    from mesosdeploy.services.marathon.scheduler import Scheduler

_STARTED = time.monotonic()

# Counters that are shown from the start, as an alert on a missing series never fires.
_COUNTED = (
    "mesos.calls.revive",
    "mesos.calls.suppress",
    "mesos.offers.declined",
    "mesos.offers.incoming",
    "mesos.offers.used",
    "mesos.task-updates.task-failed",
    "mesos.task-updates.task-finished",
    "mesos.task-updates.task-killed",
    "mesos.task-updates.task-lost",
    "mesos.task-updates.task-running",
)

# The content type of Prometheus' text format, with its version.
PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Values by Marathon's dotted names."""

    gauges: dict[str, float]
    counters: dict[str, float]

    def as_json(self) -> Json:
        """Return the form of Marathon's /metrics."""
        return {
            "version": "4.0.0",
            "gauges": {name: {"value": value} for name, value in self.gauges.items()},
            "counters": {name: {"count": int(value)} for name, value in self.counters.items()},
            "histograms": {},
            "meters": {},
            "timers": {},
        }

    def as_prometheus(self) -> str:
        """Return the text exposition format; no metric has labels or needs escapes."""
        kinds = (("gauge", self.gauges), ("counter", self.counters))
        lines = [
            f"# TYPE {prometheus_name(name)} {kind}\n{prometheus_name(name)} {value:.15g}\n"
            for kind, values in kinds
            for name, value in sorted(values.items())
        ]
        return "".join(lines)


def prometheus_name(name: str) -> str:
    """Return a metric's name for Prometheus: every other character becomes an underscore."""
    return re.sub(r"[^a-zA-Z0-9_:]", "_", name)


def snapshot(scheduler: Scheduler) -> Snapshot:
    """Measure now."""
    apps, instances = scheduler.apps(), scheduler.instances()
    counted = counts(instances)
    counters = {**dict.fromkeys(_COUNTED, 0), **scheduler.counters}
    groups = {parent for app in apps for parent in _parents(app.id)}
    gauges = {
        "apps.active.gauge": len(apps),
        "groups.active.gauge": len(groups),
        "pods.active.gauge": 0,
        "deployments.active.gauge": len(scheduler.deployments()),
        "instances.running.gauge": counted["running"],
        "instances.staged.gauge": counted["staged"],
        "instances.inflight-kills.gauge": sum(each.killing for each in instances),
        "instances.launch-overdue.gauge": _overdue(
            instances, scheduler.settings.task_launch_timeout / 1000
        ),
        "leadership.duration.gauge.seconds": scheduler.leading_seconds,
        "uptime.gauge.seconds": time.monotonic() - _STARTED,
    }
    return Snapshot(
        gauges={f"marathon.{name}": value for name, value in gauges.items()},
        counters={f"marathon.{name}.counter": count for name, count in counters.items()},
    )


def _parents(app_id: str) -> list[str]:
    parts = app_id.split("/")[:-1]
    return ["/".join(parts[: index + 1]) or "/" for index in range(len(parts))]


def _overdue(instances: list[Instance], seconds: float) -> int:
    """Count the instances that were launched more than `seconds` ago and do not run yet."""
    now = datetime.now(UTC)
    return sum(
        each.state in STAGED
        and bool(each.staged_at)
        and (now - moment(each.staged_at)).total_seconds() > seconds
        for each in instances
    )
