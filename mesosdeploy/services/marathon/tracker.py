"""What follows from Mesos' status updates: instances change, end, fail, or are not known."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime

from mesosdeploy.mesos import messages
from mesosdeploy.services.marathon import backoff, calls, events, statuses
from mesosdeploy.services.marathon.core import Core
from mesosdeploy.services.marathon.definition import Json
from mesosdeploy.services.marathon.model import Instance, moment

log = logging.getLogger(__name__)

_ALIVE = frozenset({"TASK_STAGING", "TASK_STARTING", "TASK_RUNNING"})


class Tracker:
    """Applies updates one after another; an update is acknowledged when its change is stored."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def update(self, status: Json) -> None:
        """Apply one update, of an agent or of a reconciliation."""
        task_id, state = status["task_id"]["value"], status["state"]
        name = state.removeprefix("TASK_").lower()
        self._core.counters[f"mesos.task-updates.task-{name.replace('_', '-')}"] += 1
        instance = self._core.registry.get(task_id)
        reason = status.get("reason", "")
        log.info("%s is %s (%s) %s", task_id, state, reason, status.get("message", ""))
        if instance is None:
            await self._unknown(task_id, status)
        else:
            await self._known(instance, status)
        if status.get("uuid"):
            await self._core.mesos.call(messages.acknowledge(status))
        self._core.wake.set()

    async def _unknown(self, task_id: str, status: Json) -> None:
        """Kill a task that nobody wants; no app may have started it behind the state's back."""
        if status["state"] in _ALIVE:
            log.warning("%s belongs to no app: kill it", task_id)
            agent = status.get("agent_id", {}).get("value", "")
            stray = Instance(task_id=task_id, app_id="", version="", agent_id=agent)
            await self._core.mesos.call(calls.kill(stray, grace_seconds=None))
        elif status["state"] in statuses.GONE_STATES:
            self._core.bus.publish(events.unknown_instance(task_id, status["state"]))

    async def _known(self, before: Instance, status: Json) -> None:
        now = datetime.now(UTC)
        after = statuses.updated(before, status, now)
        if after.state != before.state or after.healthy != before.healthy:
            self._core.bus.publish(events.status_update(after, status.get("message", "")))
        if after.state not in statuses.GONE_STATES:
            await self._core.registry.change(after)
            return
        if not before.killing:
            self._delay(before, now)
        await self._core.registry.remove(after)
        if failure := statuses.failure(after, status.get("message", ""), now):
            await self._core.catalog.fail(failure)

    def _delay(self, instance: Instance, now: datetime) -> None:
        """Let an app wait whose task ended by itself."""
        app = self._core.catalog.apps.get(instance.app_id)
        if app is None:
            return
        started = moment(instance.started_at) if instance.started_at else now
        delay = backoff.after_end(
            app,
            self._core.delays.get(app.id),
            ran_seconds=(now - started).total_seconds(),
            now=time.monotonic(),
        )
        self._core.delays[app.id] = delay
        log.info("%s waits %.1f s before its next launch", app.id, delay.seconds)
