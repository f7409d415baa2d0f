"""How instances end: announced, drained, killed, killed again until they are gone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import replace

from mesosdeploy.services.marathon import calls
from mesosdeploy.services.marathon.core import Core

log = logging.getLogger(__name__)

_RETRY_SECONDS = 10.0


class Killer:
    """Ends instances, one asyncio task for each until its terminal status."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def kill(self, task_ids: Iterable[str]) -> None:
        """Mark instances as being killed, store and tell that, and set about it.

        One that cannot be reached is forgotten at once, as in Marathon: nobody could confirm its
        end, and it is killed as an unknown task when it comes back.
        """
        found = [one for task in task_ids if (one := self._core.registry.get(task))]
        new = [one for one in found if not one.killing]
        lost = [one for one in found if one.state == "TASK_UNREACHABLE"]
        for one in new:
            log.info("kill %s of %s", one.task_id, one.app_id)
        await self._core.registry.change(*(replace(one, killing=True) for one in new))
        for one in lost:
            await self._core.registry.remove(replace(one, killing=True))
        self._core.wake.set()
        for one in new:
            self._start(one.task_id, self._core.settings.draining_seconds)

    def resume(self) -> None:
        """Go on with what a scheduler before this one had marked."""
        for one in self._core.registry.all():
            if one.killing:
                self._start(one.task_id, 0)

    def close(self) -> None:
        """Stop; the marks stay."""
        for task in self._tasks.values():
            task.cancel()

    def _start(self, task_id: str, drain_seconds: float) -> None:
        if task_id not in self._tasks and self._core.registry.get(task_id):
            task = asyncio.create_task(self._end(task_id, drain_seconds))
            self._tasks[task_id] = task
            task.add_done_callback(lambda _: self._tasks.pop(task_id, None))

    async def _end(self, task_id: str, drain_seconds: float) -> None:
        await asyncio.sleep(drain_seconds)
        while instance := self._core.registry.get(task_id):
            grace = self._core.catalog.runs(instance).task_kill_grace_period_seconds
            await self._core.mesos.call(calls.kill(instance, grace_seconds=grace))
            await asyncio.sleep(_RETRY_SECONDS)
