"""The registry stores every change, and tells those that others care for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from mesosdeploy.services.marathon.events import EventBus, condition, instance_id
from mesosdeploy.services.marathon.instances import Registry
from tests.unit.services.marathon.apps import instance
from tests.unit.services.marathon.memory import MemoryStore

_STAGED = instance("web.instance-1._app.1", state="TASK_STAGING")
_RUNNING = replace(_STAGED, state="TASK_RUNNING")


def told(work: Callable[[Registry], Awaitable[Any]], store: MemoryStore) -> list[tuple[Any, ...]]:
    """Run `work` on a registry that holds one staged instance; the events of it."""

    async def run() -> list[tuple[Any, ...]]:
        bus = EventBus()
        registry = Registry(store, bus)  # type: ignore[arg-type]
        registry.load([_STAGED])
        async with bus.subscribe() as queue:
            await work(registry)
            found = [queue.get_nowait() for _ in range(queue.qsize())]
        return [(one["eventType"], one.get("condition", one.get("healthy"))) for one in found]

    return asyncio.run(run())


def test_added_instances_are_stored_in_one_write_before_anything_else() -> None:
    store, new = MemoryStore(), [instance("n1", state="TASK_STAGING"), instance("n2")]

    async def add(registry: Registry) -> None:
        future = registry.add(new)
        assert registry.get("n1") == new[0]
        await future
        assert registry.all("/web") == [_STAGED, *new]
        assert registry.all("/other") == []

    assert [kind for kind, _ in told(add, store)] == ["instance_changed_event"] * 2
    assert [sorted(one) for one in store.writes] == [["instances/n1", "instances/n2"]]


@pytest.mark.parametrize(
    ("after", "events"),
    [
        (_STAGED, []),
        (replace(_STAGED, started_at="t"), []),
        (_RUNNING, [("instance_changed_event", "Running")]),
        (replace(_STAGED, killing=True), [("instance_changed_event", "Killing")]),
        (
            replace(_RUNNING, healthy=False),
            [("instance_changed_event", "Running"), ("instance_health_changed_event", False)],
        ),
    ],
    ids=["nothing", "detail", "condition", "killing", "health"],
)
def test_changes_of_condition_and_health_are_told(after: Any, events: list[Any]) -> None:
    store = MemoryStore()
    assert told(lambda registry: registry.change(after), store) == events
    assert bool(store.writes) is (after != _STAGED)


def test_removed_instance_is_told_once_with_its_end() -> None:
    store, ended = MemoryStore(), replace(_STAGED, state="TASK_FAILED")

    async def remove(registry: Registry) -> None:
        await registry.remove(ended)
        await registry.remove(ended)
        assert registry.get(_STAGED.task_id) is None

    assert told(remove, store) == [("instance_changed_event", "Failed")]
    assert store.writes == [{f"instances/{_STAGED.task_id}": None}]


@pytest.mark.parametrize(
    ("state", "killing", "expected"),
    [
        ("TASK_RUNNING", False, "Running"),
        ("TASK_RUNNING", True, "Killing"),
        ("TASK_KILLED", True, "Killed"),
        ("TASK_UNREACHABLE", False, "Unreachable"),
        ("TASK_GONE_BY_OPERATOR", False, "Gone"),
    ],
)
def test_condition(state: str, killing: bool, expected: str) -> None:
    assert condition(instance("a", state=state, killing=killing)) == expected


def test_instance_id_is_the_task_id_without_its_task() -> None:
    assert instance_id(_STAGED.task_id) == "web.instance-1"


def test_listener_that_does_not_read_is_let_go_with_an_empty_event() -> None:
    async def run() -> None:
        bus = EventBus()
        async with bus.subscribe() as slow, bus.subscribe() as quick:
            for number in range(1001):
                bus.publish({"eventType": str(number)})
                if number < 1000:
                    quick.get_nowait()
            *events, last = [slow.get_nowait() for _ in range(slow.qsize())]
            assert (len(events), last) == (1000, {})
            assert quick.get_nowait()["eventType"] == "1000"
            bus.publish({"eventType": "more"})
            assert slow.empty()

    asyncio.run(run())
