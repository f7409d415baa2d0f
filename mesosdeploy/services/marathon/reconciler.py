"""Comparing what is known of tasks with what the master knows, before anything is launched."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from mesosdeploy.services.marathon import calls
from mesosdeploy.services.marathon.core import Core
from mesosdeploy.services.marathon.model import Instance, moment

log = logging.getLogger(__name__)

_TRIES = 4
_TRY_SECONDS = 2.5
_LOOK_SECONDS = 10.0
# A launch that nobody has heard of for so long may not have reached the master.
_SILENT = timedelta(seconds=30)


class Reconciler:
    """Asks after every subscription, and now and then; `done` is set when launches are safe."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._waiting: set[str] = set()
        self._answered = asyncio.Event()
        self._subscribed = asyncio.Event()
        # Stands for the subscription of the moment, None while there is none.
        self._subscription: object | None = None
        self.done = asyncio.Event()

    def subscribed(self) -> None:
        """Begin anew."""
        self.done.clear()
        self._subscription = object()
        self._subscribed.set()

    def disconnected(self) -> None:
        """Hold everything until there is a new subscription."""
        self.done.clear()
        self._subscription = None
        self._answered.set()

    def answer(self, task_id: str) -> None:
        """Take note of an update."""
        self._waiting.discard(task_id)
        if not self._waiting:
            self._answered.set()

    async def run(self) -> None:
        """Compare after every subscription; returns only by cancellation."""
        while True:
            await self._subscribed.wait()
            self._subscribed.clear()
            subscription = self._subscription
            await self._compare(subscription)
            if subscription and subscription is self._subscription:
                self.done.set()
                self._core.wake.set()

    async def _compare(self, subscription: object) -> None:
        """Ask for every known task until each has an answer, at most 10 s; then for all others.

        The master does not answer for agents that are yet to come back after its own failover. A
        task without an answer stays as it is known, so it cannot be started a second time.
        """
        self._waiting = {one.task_id for one in self._core.registry.all()}
        for _ in range(_TRIES):
            asked = [one for one in self._core.registry.all() if one.task_id in self._waiting]
            if not asked or subscription is not self._subscription:
                break
            self._answered.clear()
            await self._core.mesos.call(calls.reconcile(asked))
            try:
                await asyncio.wait_for(self._answered.wait(), _TRY_SECONDS)
            except TimeoutError:
                log.info("%d tasks have no answer from the master yet", len(self._waiting))
        for task_id in sorted(self._waiting):
            log.warning("no answer for %s: it stays as it was", task_id)
        self._waiting = set()
        await self._core.mesos.call(calls.reconcile(()))
        log.info("reconciled %d instances", len(self._core.registry.all()))

    async def watch(self) -> None:
        """Ask again: soon for launches that nothing is heard of, at times for everything."""
        interval = self._core.settings.reconciliation_interval / 1000
        loop = asyncio.get_running_loop()
        last = loop.time()
        while True:
            await asyncio.sleep(min(_LOOK_SECONDS, interval))
            if not self.done.is_set():
                continue
            asked = [one for one in self._core.registry.all() if _is_silent(one)]
            if loop.time() - last >= interval:
                last, asked = loop.time(), self._core.registry.all()
            if asked:
                await self._core.mesos.call(calls.reconcile(asked))


def _is_silent(instance: Instance) -> bool:
    old = datetime.now(UTC) > moment(instance.staged_at) + _SILENT
    return instance.state == "TASK_STAGING" and old
