"""The registry of instances: every change is stored, and told as an event."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from mesosdeploy.services.marathon import events, records
from mesosdeploy.services.marathon.events import EventBus
from mesosdeploy.services.marathon.model import Instance
from mesosdeploy.services.marathon.store import Store

log = logging.getLogger(__name__)


class Registry:
    """Holds every instance that is launched, or about to be, until its end is known.

    A change is seen by the next reader at once; the future that it returns is done when it is
    stored.
    """

    def __init__(self, store: Store, bus: EventBus) -> None:
        self._store = store
        self._bus = bus
        self._instances: dict[str, Instance] = {}

    def load(self, instances: Iterable[Instance]) -> None:
        """Take over what was stored."""
        self._instances = {one.task_id: one for one in instances}

    def get(self, task_id: str) -> Instance | None:
        """Return an instance by its task; None for an unknown one."""
        return self._instances.get(task_id)

    def all(self, app_id: str | None = None) -> list[Instance]:
        """Return the instances of one app, or of all, in the order of their launch."""
        return [one for one in self._instances.values() if app_id in {None, one.app_id}]

    def add(self, instances: Iterable[Instance]) -> asyncio.Future[None]:
        """Store new instances in one transaction."""
        new = {one.task_id: one for one in instances}
        self._instances |= new
        for one in new.values():
            self._bus.publish(events.instance_changed(one))
        return self._store.write(
            {f"instances/{task}": records.from_instance(one) for task, one in new.items()}
        )

    async def change(self, *instances: Instance) -> None:
        """Store what is different, and tell changes of condition and of health."""
        known = (one for one in instances if one.task_id in self._instances)
        changed = [one for one in known if self._instances[one.task_id] != one]
        if not changed:
            return
        for one in changed:
            self._tell(self._instances[one.task_id], one)
            self._instances[one.task_id] = one
        await self._store.write(
            {f"instances/{one.task_id}": records.from_instance(one) for one in changed}
        )

    def _tell(self, before: Instance, after: Instance) -> None:
        if events.condition(before) != events.condition(after):
            self._bus.publish(events.instance_changed(after))
        if before.healthy != after.healthy:
            self._bus.publish(events.health_changed(after))

    async def remove(self, last: Instance) -> None:
        """Forget an instance, given as it was in the end."""
        before = self._instances.pop(last.task_id, None)
        if before is None:
            return
        self._tell(before, last)
        await self._store.write({f"instances/{last.task_id}": None})
