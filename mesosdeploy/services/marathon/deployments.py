"""The plan of a deployment: which apps change how, and in which order; pure."""

from __future__ import annotations

import graphlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mesosdeploy.services.marathon.definition import App
from mesosdeploy.services.marathon.model import Action, ActionName, Deployment

Apps = Mapping[str, App | None]
Step = tuple[Action, ...]


class CycleError(Exception):
    """Apps depend on each other in a circle; the text shows it."""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What one app is held to: an action towards a definition."""

    action: ActionName
    app: App


def change(app_id: str, old: App | None, new: App | None, stale: Collection[str]) -> Action | None:
    """Return what turns `old` into `new`; None when nothing is to do.

    An app in `stale` has instances of another configuration, left by a deployment that a forced
    one ended.
    """
    if new is None:
        return Action(action="StopApplication", app=app_id)
    if old is None:
        return Action(action="ScaleApplication", app=app_id)
    if old.last_config_change_at != new.last_config_change_at or app_id in stale:
        return Action(action="RestartApplication", app=app_id)
    if old.instances != new.instances:
        return Action(action="ScaleApplication", app=app_id)
    return None


def levels(apps: Apps) -> list[list[str]]:
    """Group apps so that each depends only on apps of earlier groups; CycleError in a circle.

    A dependency may name a group of apps, and apps outside of `apps` are ready already.
    """
    sorter: graphlib.TopologicalSorter[str] = graphlib.TopologicalSorter()
    for app_id, app in apps.items():
        wanted = app.dependencies if app else ()
        sorter.add(app_id, *(one for name in wanted for one in _named(name, apps) if one != app_id))
    try:
        sorter.prepare()
    except graphlib.CycleError as exc:
        raise CycleError(" -> ".join(exc.args[1])) from exc
    result = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        result.append(ready)
        sorter.done(*ready)
    return result


def _named(name: str, apps: Collection[str]) -> Iterator[str]:
    return (one for one in apps if one == name or one.startswith(f"{name}/"))


def plan(original: Apps, target: Apps, *, stale: Collection[str] = ()) -> tuple[Step, ...]:
    """Return the steps: first what goes, then each level of dependencies, new apps started first.

    Marathon starts a new app in a step of its own and scales it in the next one; so does this.
    """
    stops = [
        Action(action="StopApplication", app=app_id)
        for app_id, app in sorted(target.items())
        if app is None
    ]
    steps: list[Sequence[Action]] = [stops]
    for level in levels({app_id: app for app_id, app in target.items() if app}):
        starts = [
            Action(action="StartApplication", app=app_id)
            for app_id in level
            if original.get(app_id) is None
        ]
        changes = [change(one, original.get(one), target[one], stale) for one in level]
        steps += [starts, [one for one in changes if one]]
    return tuple(tuple(step) for step in steps if step)


def goal(app_id: str, current: App | None, deployment: Deployment | None) -> Goal | None:
    """Return what an app is held to now; None when nothing is to be done about it.

    Outside of a deployment, and after its own step of one, an app keeps its count. Before its
    step it is held to what it was.
    """
    if deployment is None:
        return Goal(action="ScaleApplication", app=current) if current else None
    original, target = deployment.original[app_id], deployment.target[app_id]
    for number, step in enumerate(deployment.steps):
        for one in step:
            if one.app == app_id and number >= deployment.current_step:
                if number > deployment.current_step:
                    return Goal(action="ScaleApplication", app=original) if original else None
                subject = target or original
                return Goal(action=one.action, app=subject) if subject else None
    return Goal(action="ScaleApplication", app=target) if target else None


def describe(deployment: Deployment) -> str:
    """Say in one line for the log what a deployment does."""
    steps = ("+".join(f"{one.action} {one.app}" for one in step) for step in deployment.steps)
    return ", ".join(steps) or "nothing to do"
