"""The leading scheduler at work: events of Mesos in, decisions carried out, until it is ended."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from mesosdeploy.services.marathon import events, statuses
from mesosdeploy.services.marathon.concurrency import race
from mesosdeploy.services.marathon.core import Assessment, Core
from mesosdeploy.services.marathon.definition import Json
from mesosdeploy.services.marathon.election import LostError
from mesosdeploy.services.marathon.killing import Killer
from mesosdeploy.services.marathon.launcher import Launcher
from mesosdeploy.services.marathon.model import Deployment
from mesosdeploy.services.marathon.reconciler import Reconciler
from mesosdeploy.services.marathon.tracker import Tracker

log = logging.getLogger(__name__)

_TICK_SECONDS = 1.0


class FrameworkRemovedError(Exception):
    """The masters have removed the framework for good; exit code 110."""


class FrameworkRefusedError(Exception):
    """The master reports an error of the framework that trying again does not mend; 106."""


class Leadership:
    """Runs the loops of a leader whose state is loaded."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._tracker = Tracker(core)
        self._reconciler = Reconciler(core)
        self.killer = Killer(core)
        self.launcher = Launcher(core)

    async def run(self) -> None:
        """Work until cancelled; raises the first error of any loop."""
        self.killer.resume()
        try:
            await race(
                self._core.mesos.run(),
                self._core.store.broken(),
                self._handle_events(),
                self._reconciler.run(),
                self._reconciler.watch(),
                self._control(),
            )
        finally:
            self.killer.close()

    async def _handle_events(self) -> None:
        while True:
            event = await self._core.mesos.events.get()
            kind = event["type"]
            if kind == "SUBSCRIBED":
                await self._subscribed()
            elif kind == "DISCONNECTED":
                self._reconciler.disconnected()
            elif kind == "UPDATE":
                status = event["update"]["status"]
                self._reconciler.answer(status["task_id"]["value"])
                if status["state"] in statuses.GONE_STATES:
                    self.launcher.ended()
                await self._tracker.update(status)
            elif kind == "OFFERS":
                await self._use(event["offers"]["offers"])
            elif kind == "ERROR":
                _raise(event["error"]["message"])

    async def _subscribed(self) -> None:
        framework_id = self._core.mesos.framework_id
        log.info("framework %s subscribed at %s", framework_id, self._core.mesos.leader)
        self.launcher.subscribed()
        self._reconciler.subscribed()
        await self._core.store.write({"framework": {"value": framework_id}})

    async def _use(self, offers: list[Json]) -> None:
        safe = self._reconciler.done.is_set()
        await self.launcher.use(offers, self._core.assess().wanted if safe else {})
        self._core.wake.set()

    async def _control(self) -> None:
        """Carry out what the state calls for, after every change and once a second."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._core.wake.wait(), _TICK_SECONDS)
            self._core.wake.clear()
            if self._reconciler.done.is_set():
                await self._carry_out(self._core.assess())

    async def _carry_out(self, todo: Assessment) -> None:
        for one in todo.forget:
            log.info("%s was unreachable for too long: it is forgotten", one.task_id)
            await self._core.registry.remove(one)
        if todo.kill:
            await self.killer.kill(todo.kill)
        for deployment in todo.finished_steps:
            await self._advance(deployment)
        await self.launcher.want(todo.wanted)

    async def _advance(self, deployment: Deployment) -> None:
        """Go to the next step, or end the deployment after the last one."""
        if self._core.catalog.deployments.get(deployment.id) is not deployment:
            return  # cancelled or changed since the assessment
        self._core.bus.publish(events.deployment_event("deployment_step_success", deployment))
        for action in deployment.steps[deployment.current_step]:
            if action.action == "StopApplication":
                self._core.bus.publish(events.app_terminated(action.app))
        if deployment.current_step + 1 < len(deployment.steps):
            further = await self._core.catalog.advance(deployment)
            self._core.bus.publish(events.deployment_event("deployment_info", further))
        else:
            await self._core.catalog.finish(deployment, self._core.registry.all())
            self._core.bus.publish(events.deployment_event("deployment_success", deployment))
            log.info("deployment %s is done", deployment.id)
        self._core.wake.set()


def _raise(message: str) -> None:
    """Raise what an ERROR event means, by its text in Mesos' src/master/master.cpp."""
    if "failed over" in message:
        raise LostError(f"another scheduler has subscribed: {message}")
    if "removed" in message or "Completed framework" in message:
        raise FrameworkRemovedError(message)
    raise FrameworkRefusedError(message)
