"""Writes apps with the parts that a client asked to embed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mesosdeploy.services.marathon.api import views
from mesosdeploy.services.marathon.definition import App, Json

if TYPE_CHECKING:
    from mesosdeploy.services.marathon.scheduler import Scheduler

_PREFIXES = ("group.apps.", "apps.", "app.")
_IMPLIED = {
    "tasks": {"tasks", "deployments"},
    "failures": {"tasks", "lastTaskFailure", "deployments"},
}


def embeds(asked: Iterable[str]) -> frozenset[str]:
    """Resolve `?embed=` values: each prefix of Marathon is accepted for each; unknown ones not."""
    names: set[str] = set()
    for value in asked:
        prefix = next((each for each in _PREFIXES if value.startswith(each)), "")
        name = value.removeprefix(prefix)
        names |= _IMPLIED.get(name, {name})
    return frozenset(names)


@dataclass(frozen=True)
class AppViews:
    """Shows apps as the scheduler has them now."""

    scheduler: Scheduler

    def show(self, app: App, parts: frozenset[str]) -> Json:
        """Return the app's definition and the asked parts."""
        instances = self.scheduler.instances(app.id)
        data = app.to_json()
        if "counts" in parts:
            counted = views.counts(instances)
            data |= {f"tasks{name.capitalize()}": count for name, count in counted.items()}
        if "deployments" in parts:
            data["deployments"] = [{"id": each} for each in self.deployments(app.id)]
        if "tasks" in parts:
            data["tasks"] = [views.task(each, app) for each in instances]
        if "taskStats" in parts:
            data["taskStats"] = views.task_stats(app, instances, now=datetime.now(UTC))
        last = self.scheduler.last_failure(app.id) if "lastTaskFailure" in parts else None
        if last is not None:
            data["lastTaskFailure"] = views.failure(last)
        return data

    def deployments(self, app_id: str) -> list[str]:
        """Return the IDs of the running deployments that change the app."""
        return [each.id for each in self.scheduler.deployments() if app_id in each.affected_apps]

    def below(self, group_id: str) -> list[App]:
        """Return the apps of a group and of the groups in it."""
        prefix = group_id.rstrip("/") + "/"
        return [app for app in self.scheduler.apps() if app.id.startswith(prefix)]
