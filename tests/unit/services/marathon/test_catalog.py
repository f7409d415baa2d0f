"""The catalog keeps what is needed of versions and deployments, and no more."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mesosdeploy.services.marathon import changes
from mesosdeploy.services.marathon.catalog import Catalog
from mesosdeploy.services.marathon.definition import App
from mesosdeploy.services.marathon.model import NotFoundError
from tests.unit.services.marathon.apps import V1, V2, app, instance
from tests.unit.services.marathon.memory import MemoryStore


def catalog(store: MemoryStore, max_versions: int = 50) -> Catalog:
    return Catalog(store, max_versions=max_versions)  # type: ignore[arg-type]


async def deploy(into: Catalog, target: dict[str, App | None], *running: Any) -> None:
    """Begin a deployment and let it end at once."""
    deployment = changes.deployment(into.apps, target, version=into.stamp())
    await into.begin(deployment, [])
    await into.finish(deployment, running)


def test_versions_beyond_the_limit_go_unless_an_instance_runs_them() -> None:
    async def run() -> None:
        store = MemoryStore()
        kept = catalog(store, max_versions=2)
        stamps = [f"2026-11-22T16:00:0{n}.000Z" for n in range(5)]
        for stamp in stamps:
            await deploy(kept, {"/web": app(version=stamp)}, instance("a", version=stamps[0]))
        assert kept.versions("/web") == [stamps[4], stamps[3], stamps[0]]
        stored = sorted(path for path in store.content if path.startswith("versions/"))
        assert stored == [f"versions/web@{stamps[n]}" for n in (0, 3, 4)]

    asyncio.run(run())


def test_removed_app_leaves_nothing_behind() -> None:
    async def run() -> None:
        store = MemoryStore()
        emptied = catalog(store)
        await deploy(emptied, {"/web": app()})
        await deploy(emptied, {"/web": None})
        assert store.content == {}
        with pytest.raises(NotFoundError, match="App '/web' does not exist"):
            emptied.app("/web")

    asyncio.run(run())


def test_successor_knows_what_its_predecessor_stored() -> None:
    async def run() -> None:
        store = MemoryStore()
        before = catalog(store)
        await deploy(before, {"/web": app(version=V1)})
        running = changes.deployment(before.apps, {"/web": app(version=V2)}, version=V2)
        await before.begin(running, [])
        after = catalog(MemoryStore(store.content))
        await after.load(store.content, [instance("a", version=V1)])
        assert after.apps == {"/web": app(version=V2)}
        assert after.deployments == {running.id: running}
        assert after.runs(instance("a", version=V1)) == app(version=V1)
        assert await after.at("/web", V1) == app(version=V1)
        assert after.deployments_of(["/web", "/b"]) == [running]
        assert after.deployments_of(["/b"]) == []
        with pytest.raises(NotFoundError, match="no version 2001"):
            await after.at("/web", "2001")

    asyncio.run(run())


def test_deployment_without_steps_is_never_under_way() -> None:
    async def run() -> None:
        store = MemoryStore()
        same = catalog(store)
        await deploy(same, {"/web": app()})
        await same.begin(changes.deployment(same.apps, {"/web": app()}, version=V2), [])
        assert same.deployments == {}
        assert not [path for path in store.content if path.startswith("deployments/")]

    asyncio.run(run())


def test_stamps_are_later_than_every_stored_version() -> None:
    async def run() -> None:
        store = MemoryStore()
        future = "2999-01-01T00:00:00.000Z"
        await deploy(catalog(store), {"/web": app(version=future)})
        after = catalog(MemoryStore(store.content))
        await after.load(store.content, [])
        assert [after.stamp(), after.stamp()] == [
            "2999-01-01T00:00:00.001Z",
            "2999-01-01T00:00:00.002Z",
        ]

    asyncio.run(run())
