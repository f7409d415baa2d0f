"""What the parts of the leading scheduler share, and what its state calls for at a moment."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain

from mesosdeploy.services.marathon import deployments, goals
from mesosdeploy.services.marathon.backoff import Delay
from mesosdeploy.services.marathon.catalog import Catalog
from mesosdeploy.services.marathon.definition import App
from mesosdeploy.services.marathon.deployments import Goal
from mesosdeploy.services.marathon.events import EventBus
from mesosdeploy.services.marathon.goals import Decision
from mesosdeploy.services.marathon.instances import Registry
from mesosdeploy.services.marathon.mesos import Mesos
from mesosdeploy.services.marathon.model import Deployment, Instance, moment
from mesosdeploy.services.marathon.settings import Settings
from mesosdeploy.services.marathon.store import Store

_STARTING = frozenset({"TASK_STAGING", "TASK_STARTING"})


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Instances that are missing: `count` of `app`, after `delay_seconds` of back-off."""

    app: App
    count: int
    delay_seconds: float


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What there is to do: launches by app id, tasks to kill, instances to forget, steps done."""

    wanted: Mapping[str, Wanted]
    kill: tuple[str, ...]
    forget: tuple[Instance, ...]
    finished_steps: tuple[Deployment, ...]


@dataclass(frozen=True, kw_only=True)
class Core:
    """The state of the leader; `wake` makes the control loop look at it again."""

    settings: Settings
    bus: EventBus
    store: Store
    catalog: Catalog
    registry: Registry
    mesos: Mesos
    delays: dict[str, Delay] = field(default_factory=dict)
    counters: Counter[str] = field(default_factory=Counter)
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def assess(self) -> Assessment:
        """Decide for every app, from memory and the clock alone."""
        now = datetime.now(UTC)
        by_app = self._instances_by_app()
        decisions: dict[str, tuple[App, Decision]] = {}
        forget: list[Instance] = []
        kill: list[str] = []
        for app_id, instances in by_app.items():
            lost = [one for one in instances if goals.is_lost(one, self._judge_of(one), now)]
            forget += lost
            rest = [one for one in instances if one not in lost]
            locking = next(iter(self.catalog.deployments_of([app_id])), None)
            goal = deployments.goal(app_id, self.catalog.apps.get(app_id), locking)
            if goal:
                decisions[app_id] = goal.app, self._decide(goal, rest, now)
                kill += decisions[app_id][1].kill
            elif not locking:  # nobody wants them
                kill += [one.task_id for one in rest if not one.killing]
            kill += [one.task_id for one in rest if self._is_overdue(one, now)]
        return Assessment(
            wanted={
                app_id: Wanted(app=app, count=one.launch, delay_seconds=self._delay(app_id))
                for app_id, (app, one) in decisions.items()
                if one.launch
            },
            kill=tuple(dict.fromkeys(kill)),
            forget=tuple(forget),
            finished_steps=tuple(self._finished({a: d.done for a, (_, d) in decisions.items()})),
        )

    def _instances_by_app(self) -> dict[str, list[Instance]]:
        """Return the instances of each app that there is, was, or is to be."""
        affected = (one.affected_apps for one in self.catalog.deployments.values())
        found: dict[str, list[Instance]] = {
            app_id: [] for app_id in sorted({*self.catalog.apps, *chain.from_iterable(affected)})
        }
        for one in self.registry.all():
            found.setdefault(one.app_id, []).append(one)
        return found

    def _judge_of(self, instance: Instance) -> App:
        """Return the definition whose unreachableStrategy counts: today's, if there is one."""
        return self.catalog.apps.get(instance.app_id) or self.catalog.runs(instance)

    def _decide(self, goal: Goal, instances: list[Instance], now: datetime) -> Decision:
        standings = [
            goals.stand(one, wanted=goal.app, runs=self.catalog.runs(one), now=now)
            for one in instances
        ]
        return goals.decide(goal.action, goal.app, standings)

    def _is_overdue(self, instance: Instance, now: datetime) -> bool:
        limit = timedelta(milliseconds=self.settings.task_launch_timeout)
        waiting = instance.state in _STARTING and not instance.killing
        return waiting and now > moment(instance.staged_at) + limit

    def _delay(self, app_id: str) -> float:
        delay = self.delays.get(app_id)
        return delay.left(time.monotonic()) if delay else 0.0

    def _finished(self, done: Mapping[str, bool]) -> list[Deployment]:
        """Return the deployments of which each action of the current step is done."""
        return [
            one
            for one in self.catalog.deployments.values()
            if all(done.get(action.app, True) for action in one.steps[one.current_step])
        ]

    def fresh(self, app: App) -> list[Instance]:
        """Return the instances that run the configuration of `app`."""
        return [
            one
            for one in self.registry.all(app.id)
            if self.catalog.runs(one).last_config_change_at == app.last_config_change_at
        ]
