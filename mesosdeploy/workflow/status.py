"""`status`: what the cluster's processes say at this moment, and what is wrong with it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from mesosdeploy.mesos import views
from mesosdeploy.mesos.operator import observe, settle
from mesosdeploy.mesos.views import ClusterView, majority
from mesosdeploy.workflow import alerts, way

_SECONDS = 1.4
_PATIENT_SECONDS = 4


@dataclass(frozen=True, kw_only=True)
class Status:
    """A view of the cluster, every problem as a sentence, and what monitoring says, if any does.

    Alerts are no problems here: they tell of the minutes before, `view` of this moment.
    """

    view: ClusterView
    problems: tuple[str, ...]
    noted: alerts.Noted | None = None

    @property
    def quorum(self) -> str:
        """Return how many masters answer, of how many, and how many a quorum needs."""
        masters = self.view.masters
        answering = sum(master.reachable for master in masters)
        return (
            f"{answering} of {len(masters)} masters answer, a quorum needs {majority(len(masters))}"
        )

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        data = asdict(self.view)
        for entry in (*data["masters"], *data["agents"], *data["services"]):
            entry["url"] = f"http://{entry['address']}:{entry['port']}"
        return {
            "healthy": not self.problems,
            "problems": list(self.problems),
            "leader": self.view.leader,
            **data,
            "alerts": self._alerts(),
        }

    def _alerts(self) -> dict[str, Any] | None:
        if self.noted is None:
            return None
        seen = self.noted.alerts
        return {
            "counts": seen.counts if seen else {},
            "critical": [one.place for one in seen.active if one.severity == "critical"]
            if seen
            else [],
            "problems": list(seen.problems) if seen else [self.noted.problem],
        }


def run(environment: way.Cluster) -> Status:
    """Ask every process at once; processes that are silent for 1.4 s count as unreachable.

    Monitoring is asked meanwhile, where there is any. Raises StateError when the cluster is not up.
    """
    inventory = way.inventory(environment)
    with ThreadPoolExecutor(max_workers=1) as pool:
        asked = pool.submit(alerts.noted, inventory, timeout=_SECONDS)
        view = observe(inventory, timeout=_SECONDS)
    return Status(view=view, problems=views.problems(view), noted=asked.result())


def problems(environment: way.Cluster) -> list[str]:
    """Return what is wrong with the cluster, each as one sentence; empty when it is healthy.

    More patient than `run`: a cluster that becomes healthy within a few seconds is healthy.
    """
    view = settle(way.inventory(environment), seconds=_PATIENT_SECONDS, timeout=_PATIENT_SECONDS)
    return list(views.problems(view))
