"""The event stream against a scheduler in memory, read from the wire."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from mesosdeploy.services.marathon.api import events
from tests.unit.services.marathon.api.fakes import FakeScheduler, Wire, connection, exchange

ACCEPT = {"Accept": "text/event-stream"}


def _told(wire: Wire) -> list[tuple[str, Any]]:
    """Read the events off the chunks that the server wrote."""
    found = []
    for block in wire.written.decode().split("event: ")[1:]:
        name, _, rest = block.partition("\n")
        found.append((name, json.loads(rest.partition("data: ")[2].partition("\n")[0])))
    return found


def test_the_first_event_tells_that_the_client_is_attached(scheduler: FakeScheduler) -> None:
    async def run() -> list[tuple[str, Any]]:
        async with connection(scheduler, "GET", "/v2/events", ACCEPT) as wire:
            await wire.expect(b"event_stream_attached")
            scheduler.events.publish({"eventType": "app_terminated_event", "appId": "/web"})
            await wire.expect(b"app_terminated_event")
            assert b"Content-Type: text/event-stream" in wire.written
            return _told(wire)

    (first, attached), (second, ended) = asyncio.run(run())
    assert (first, attached["eventType"]) == ("event_stream_attached", "event_stream_attached")
    assert attached["remoteAddress"] == "10.9.9.9"
    assert (second, ended["appId"]) == ("app_terminated_event", "/web")
    assert ended["timestamp"].endswith("Z")


def test_a_client_gets_the_types_that_it_asked_for(scheduler: FakeScheduler) -> None:
    async def run() -> list[str]:
        path = "/v2/events?event_type=one&event_type=two"
        async with connection(scheduler, "GET", path, ACCEPT) as wire:
            await wire.expect(b"\r\n\r\n")
            for event_type in ("one", "three", "two"):
                scheduler.events.publish({"eventType": event_type})
            await wire.expect(b"event: two")
            return [name for name, _event in _told(wire)]

    assert asyncio.run(run()) == ["one", "two"]


def test_a_quiet_stream_carries_comments(
    scheduler: FakeScheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_KEEP_ALIVE_SECONDS", 0.01)

    async def run() -> None:
        async with connection(scheduler, "GET", "/v2/events?event_type=none", ACCEPT) as wire:
            await wire.expect(b":\n\n")

    asyncio.run(run())


def test_a_client_that_fell_behind_is_dropped(scheduler: FakeScheduler) -> None:
    async def run() -> None:
        async with connection(scheduler, "GET", "/v2/events", ACCEPT) as wire:
            await wire.expect(b"event_stream_attached")
            # All at once: the stream has no turn in between, as when its client reads nothing.
            for _number in range(2000):
                scheduler.events.publish({"eventType": "busy"})
            await asyncio.wait_for(wire.ended.wait(), 5)

    asyncio.run(run())


def test_api_changes_are_events(scheduler: FakeScheduler) -> None:
    async def run() -> Any:
        async with scheduler.events.subscribe() as queue:
            await asyncio.to_thread(exchange, scheduler, "PUT", "/v2/apps/web", {"instances": 3})
            return queue.get_nowait()

    told = asyncio.run(run())
    assert told["eventType"] == "api_post_event"
    assert (told["uri"], told["clientIp"]) == ("/v2/apps/web", "10.9.9.9")
    assert told["appDefinition"]["instances"] == 3


@pytest.mark.parametrize("accept", [{}, {"Accept": "application/json"}], ids=["none", "json"])
def test_a_client_has_to_accept_events(scheduler: FakeScheduler, accept: dict[str, str]) -> None:
    answer = exchange(scheduler, "GET", "/v2/events", headers=accept)
    assert answer.status == 405
    assert "text/event-stream" in answer.json["message"]
