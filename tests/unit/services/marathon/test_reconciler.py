"""Nothing may be launched before the master has been asked for every known task."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from mesosdeploy.services.marathon import reconciler
from mesosdeploy.services.marathon.reconciler import Reconciler
from tests.unit.services.marathon.apps import app, instance
from tests.unit.services.marathon.leader import core

_PATIENCE_SECONDS = 5.0


def asked(work: Callable[[Reconciler], Awaitable[None]]) -> list[list[str]]:
    """Run `work` beside the reconciler of two instances; the tasks of each call that it made."""

    async def run() -> list[list[str]]:
        leader = core([app()], [instance("a"), instance("b")])
        asking = Reconciler(leader)
        loop = asyncio.create_task(asking.run())
        await asyncio.wait_for(work(asking), _PATIENCE_SECONDS)
        loop.cancel()
        tasks = (one["reconcile"]["tasks"] for one in leader.mesos.made)  # type: ignore[attr-defined]
        return [[task["task_id"]["value"] for task in some] for some in tasks]

    return asyncio.run(run())


def test_launches_are_safe_when_every_task_has_an_answer() -> None:
    async def work(asking: Reconciler) -> None:
        asking.subscribed()
        await asyncio.sleep(0)
        asking.answer("a")
        await asyncio.sleep(0)
        assert not asking.done.is_set()
        asking.answer("b")
        await asking.done.wait()

    assert asked(work) == [["a", "b"], []]


def test_missing_answers_are_asked_for_again_and_do_not_block_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reconciler, "_TRY_SECONDS", 0.01)

    async def work(asking: Reconciler) -> None:
        asking.subscribed()
        await asyncio.sleep(0)
        asking.answer("a")
        await asking.done.wait()

    assert asked(work) == [["a", "b"], ["b"], ["b"], ["b"], []]


def test_subscription_that_breaks_makes_nothing_safe_and_the_next_one_asks_anew() -> None:
    async def work(asking: Reconciler) -> None:
        asking.subscribed()
        await asyncio.sleep(0)
        asking.disconnected()
        await asyncio.sleep(0.01)
        assert not asking.done.is_set()
        asking.subscribed()
        await asyncio.sleep(0.01)
        asking.answer("a")
        asking.answer("b")
        await asking.done.wait()

    assert asked(work)[-2:] == [["a", "b"], []]
