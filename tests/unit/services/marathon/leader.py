"""A leader's shared state without ZooKeeper and Mesos: writes and calls are kept to be judged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mesosdeploy.services.marathon.catalog import Catalog
from mesosdeploy.services.marathon.core import Core
from mesosdeploy.services.marathon.definition import App
from mesosdeploy.services.marathon.events import EventBus
from mesosdeploy.services.marathon.instances import Registry
from mesosdeploy.services.marathon.model import Instance
from mesosdeploy.services.marathon.settings import Settings
from tests.unit.services.marathon.memory import MemoryStore

Json = dict[str, Any]


class Calls:
    """Stands for the connection to the master: takes every call, and keeps it."""

    framework_id = leader = "x"

    def __init__(self) -> None:
        self.made: list[Json] = []

    async def call(self, body: Json) -> bool:
        self.made.append(body)
        return True

    @property
    def types(self) -> list[str]:
        return [one["type"] for one in self.made]


def core(apps: Iterable[App] = (), instances: Iterable[Instance] = (), **settings: Any) -> Core:
    """Make the state of a leader; every app is known in the version that it is given in."""
    store: Any = MemoryStore()
    calls: Any = Calls()
    bus = EventBus()
    made = Core(
        settings=Settings(master="m:5050", **settings),
        bus=bus,
        store=store,
        catalog=Catalog(store, max_versions=50),
        registry=Registry(store, bus),
        mesos=calls,
    )
    for app in apps:
        made.catalog._set(app.id, app)
    made.registry.load(instances)
    return made
