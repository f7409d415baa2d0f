"""The event stream /v2/events: server-sent events of the types that a client asks for."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from mesosdeploy.services.marathon.api.errors import RequestError
from mesosdeploy.services.marathon.definition import Json

if TYPE_CHECKING:
    from mesosdeploy.services.marathon.scheduler import Scheduler

_log = logging.getLogger(__name__)

_TYPE = "text/event-stream"
# A comment now and then: proxies keep the connection, and a client that has gone is noticed.
_KEEP_ALIVE_SECONDS = 10.0
# A client that takes nothing for so long is dropped, before the bus forgets its queue.
_PATIENCE_SECONDS = 30.0


class Events:
    """Handler of the event stream."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._open: set[asyncio.Queue[Json]] = set()

    def routes(self) -> list[web.RouteDef]:
        """Return the route; HEAD would not end."""
        return [web.get("/v2/events", self.stream, allow_head=False)]

    async def close(self, _app: web.Application) -> None:
        """End every stream, as the bus does: the scheduler stops."""
        for queue in self._open:
            queue.put_nowait({})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Send events until the client goes or falls behind; the first tells that it is attached.

        `event_type`, which can be repeated, selects; without it every event is sent.
        """
        if _TYPE not in request.headers.get(hdrs.ACCEPT, ""):
            allowed = {"Allow": "GET", "Accept": _TYPE}
            raise RequestError(405, f"The event stream needs 'Accept: {_TYPE}'", headers=allowed)
        wanted = set(request.query.getall("event_type", []))
        response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: f"{_TYPE}; charset=utf-8"})
        remote = request.remote or ""
        _log.info("event stream of %s opens", remote)
        try:
            async with self._scheduler.events.subscribe() as queue:
                self._tell("event_stream_attached", remote)
                await response.prepare(request)
                self._open.add(queue)
                try:
                    await _send(response, queue, wanted)
                finally:
                    self._open.discard(queue)
        except (ConnectionError, TimeoutError) as exc:
            _log.info("event stream of %s ends: %s", remote, str(exc) or type(exc).__name__)
            if request.transport is not None:
                request.transport.abort()
        finally:
            self._tell("event_stream_detached", remote)
        return response

    def _tell(self, event_type: str, remote: str) -> None:
        self._scheduler.events.publish({"eventType": event_type, "remoteAddress": remote})


async def _send(response: web.StreamResponse, queue: asyncio.Queue[Json], wanted: set[str]) -> None:
    """Write events until an empty one ends the queue: ConnectionError."""
    while True:
        try:
            event = await asyncio.wait_for(queue.get(), _KEEP_ALIVE_SECONDS)
        except TimeoutError:
            await asyncio.wait_for(response.write(b":\n\n"), _PATIENCE_SECONDS)
            continue
        if not event:
            message = "the client fell behind, or the scheduler stops"
            raise ConnectionError(message)
        if not wanted or event["eventType"] in wanted:
            text = f"event: {event['eventType']}\ndata: {json.dumps(event)}\n\n"
            await asyncio.wait_for(response.write(text.encode()), _PATIENCE_SECONDS)
