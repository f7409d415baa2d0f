"""Instances end in an order that lets others take them out of service first."""

from __future__ import annotations

import asyncio

import pytest

from mesosdeploy.services.marathon import killing
from mesosdeploy.services.marathon.killing import Killer
from tests.unit.services.marathon.apps import app, instance
from tests.unit.services.marathon.leader import core


def test_mark_is_stored_and_told_before_the_kill_which_is_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(killing, "_RETRY_SECONDS", 0.01)

    async def run() -> None:
        web = app(taskKillGracePeriodSeconds=7)
        leader = core([web], [instance("a", agent_id="S1")])
        killer = Killer(leader)
        async with leader.bus.subscribe() as queue:
            await killer.kill(["a", "unknown"])
            assert leader.mesos.types == []  # type: ignore[attr-defined]
            assert leader.store.content["instances/a"]["killing"]  # type: ignore[attr-defined]
            assert queue.get_nowait()["condition"] == "Killing"
        while len(leader.mesos.made) < 3:  # type: ignore[attr-defined]
            await asyncio.sleep(0.001)
        call = leader.mesos.made[0]  # type: ignore[attr-defined]
        assert call["kill"] == {
            "task_id": {"value": "a"},
            "agent_id": {"value": "S1"},
            "kill_policy": {"grace_period": {"nanoseconds": 7_000_000_000}},
        }
        marked = leader.registry.get("a")
        assert marked
        await leader.registry.remove(marked)
        while killer._tasks:
            await asyncio.sleep(0.001)

    asyncio.run(run())


def test_unreachable_instance_is_forgotten_as_nobody_can_confirm_its_end() -> None:
    async def run() -> None:
        leader = core([app()], [instance("a", state="TASK_UNREACHABLE")])
        killer = Killer(leader)
        await killer.kill(["a"])
        assert leader.registry.all() == []
        assert killer._tasks == {}

    asyncio.run(run())


def test_successor_goes_on_with_what_was_marked() -> None:
    async def run() -> None:
        leader = core([app()], [instance("a", killing=True), instance("b")])
        killer = Killer(leader)
        killer.resume()
        while not leader.mesos.made:  # type: ignore[attr-defined]
            await asyncio.sleep(0)
        (call,) = leader.mesos.made  # type: ignore[attr-defined]
        assert call["kill"]["task_id"] == {"value": "a"}
        killer.close()

    asyncio.run(run())
