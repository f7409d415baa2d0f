"""What an app needs next: how many instances to launch, and which ones to kill; pure decisions.

Nothing is remembered between two decisions: they follow from the definition and from the instances
that there are, so a scheduler that takes over decides as the one before would have.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mesosdeploy.services.marathon.definition import App
from mesosdeploy.services.marathon.model import ActionName, Instance, moment

_UNREACHABLE = "TASK_UNREACHABLE"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """An instance as one decision sees it.

    fresh: it runs the wanted configuration. ready: it can serve. active: it counts, that is, it
    has not been unreachable for so long that another one is to take its place.
    """

    instance: Instance
    fresh: bool
    ready: bool
    active: bool

    @property
    def staying(self) -> bool:
        """Tell whether it counts and is not on its way out."""
        return self.active and not self.instance.killing


@dataclass(frozen=True, kw_only=True)
class Decision:
    """How many instances to launch, the tasks to kill, and whether the goal is reached."""

    launch: int = 0
    kill: tuple[str, ...] = ()
    done: bool = False


def is_inactive(instance: Instance, app: App, now: datetime) -> bool:
    """Tell whether an instance has been unreachable for long enough to be replaced."""
    strategy = app.unreachable_strategy
    return strategy is not None and _unreachable_for(instance, strategy.inactive_after_seconds, now)


def is_lost(instance: Instance, app: App, now: datetime) -> bool:
    """Tell whether an instance has been unreachable for long enough to be forgotten."""
    strategy = app.unreachable_strategy
    return strategy is not None and _unreachable_for(instance, strategy.expunge_after_seconds, now)


def _unreachable_for(instance: Instance, seconds: float, now: datetime) -> bool:
    if instance.state != _UNREACHABLE or not instance.unreachable_since:
        return False
    return now >= moment(instance.unreachable_since) + timedelta(seconds=seconds)


def stand(instance: Instance, *, wanted: App, runs: App, now: datetime) -> Standing:
    """Judge an instance that runs the definition `runs` against the `wanted` one."""
    return Standing(
        instance=instance,
        fresh=runs.last_config_change_at == wanted.last_config_change_at,
        ready=instance.ready(runs),
        active=not is_inactive(instance, wanted, now),
    )


def decide(action: ActionName, app: App, standings: Sequence[Standing]) -> Decision:
    """Decide what an action needs now that the app's instances stand as they do."""
    if action == "StopApplication":
        return _stop(standings)
    if action == "RestartApplication":
        return _replace(app, standings)
    if action == "StartApplication":  # the step before its first scaling, as Marathon splits it
        return Decision(done=True)
    return _scale(app, standings)


def _stop(standings: Sequence[Standing]) -> Decision:
    kill = tuple(one.instance.task_id for one in standings if not one.instance.killing)
    return Decision(kill=kill, done=not standings)


def _scale(app: App, standings: Sequence[Standing]) -> Decision:
    """Hold the count. One that is being killed keeps its place until it is gone, as in Marathon."""
    staying = [one for one in standings if one.staying]
    present = sum(one.active for one in standings)
    surplus = max(0, len(staying) - app.instances)
    kill = _kill_order(app, staying)[:surplus]
    return Decision(
        launch=max(0, app.instances - present),
        kill=tuple(one.instance.task_id for one in kill),
        done=present == app.instances
        and all(one.staying and one.ready for one in standings if one.active),
    )


def _replace(app: App, standings: Sequence[Standing]) -> Decision:
    """Roll over to the wanted configuration within the capacities of the upgrade strategy.

    At least ceil(instances × minimumHealthCapacity) stay ready and at most
    floor(instances × (1 + maximumOverCapacity)) exist. Where both are the same number, one more
    may exist, so that there is a way to move.
    """
    strategy = app.upgrade_strategy
    least = math.ceil(app.instances * strategy.minimum_health_capacity)
    most = math.floor(app.instances * (1 + strategy.maximum_over_capacity))
    most += least == most
    fresh = [one for one in standings if one.fresh and one.active]
    stale = [one for one in standings if not one.fresh]
    staying = [one for one in fresh if one.staying]
    ready = sum(one.ready for one in standings)
    outgoing = _kill_order(app, [one for one in stale if not one.instance.killing])
    spare = max(0, ready - least)
    useless = [one for one in outgoing if not one.ready]
    serving = [one for one in outgoing if one.ready]
    surplus = _kill_order(app, staying)[: max(0, len(staying) - app.instances)]
    present = sum(one.active for one in standings)
    return Decision(
        launch=max(0, min(app.instances - len(fresh), most - present)),
        kill=tuple(one.instance.task_id for one in (*useless, *serving[:spare], *surplus)),
        done=not stale
        and len(fresh) == app.instances
        and all(one.staying and one.ready for one in fresh),
    )


def _kill_order(app: App, standings: Sequence[Standing]) -> list[Standing]:
    """Order instances by who goes first: those that cannot serve, then by killSelection."""
    newest_first = app.kill_selection == "YOUNGEST_FIRST"
    by_age = sorted(
        standings,
        key=lambda one: (one.instance.staged_at, one.instance.task_id),
        reverse=newest_first,
    )
    return sorted(by_age, key=_usefulness)


def _usefulness(one: Standing) -> int:
    if one.ready:
        return 3
    if one.instance.running:
        return 2
    return 0 if one.instance.state == _UNREACHABLE else 1
