"""Lets every scheduler answer: a follower passes requests on to the leader."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import hdrs, web
from multidict import CIMultiDict
from yarl import URL

from mesosdeploy.services.marathon.api.errors import Handler, RequestError

if TYPE_CHECKING:
    from mesosdeploy.services.marathon.scheduler import Scheduler

_log = logging.getLogger(__name__)

LEADER_HEADER = "X-Marathon-Leader"
_EVENTS = "/v2/events"
# What a follower knows itself. Marathon's followers pass these on too; here their health and
# their metrics stay their own.
_OWN = frozenset({"/ping", "/v2/leader", "/metrics", "/metrics/prometheus"})
_READING = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})

# As in Marathon a request waits a little for an election that is going on.
_ELECTION_ATTEMPTS, _ELECTION_SECONDS = 10, 0.25

# RFC 9110, 7.6.1; Host belongs to the next connection.
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


class LeaderProxy:
    """A middleware with the connections to the leader."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._via = f"1.1 {scheduler.settings.address}"
        self._session: aiohttp.ClientSession | None = None

    async def run(self, _app: web.Application) -> AsyncIterator[None]:
        """Keep a client session as long as the application runs."""
        settings = self._scheduler.settings
        timeout = aiohttp.ClientTimeout(
            total=None,
            sock_connect=settings.leader_proxy_connection_timeout / 1000,
            sock_read=settings.leader_proxy_read_timeout / 1000,
        )
        async with aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as session:
            self._session = session
            yield

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer here when this scheduler leads or the request is about itself."""
        own = request.method in _READING and request.path.rstrip("/") in _OWN
        if own or self._scheduler.leading:
            return await handler(request)
        leader = await self._leader()
        if leader == self._scheduler.settings.address:
            return await handler(request)
        url = URL(f"http://{leader}{request.raw_path}", encoded=True)
        if request.path == _EVENTS:
            raise web.HTTPTemporaryRedirect(url)
        return await self._forward(request, url)

    async def _leader(self) -> str:
        """Wait a moment for a leader; its "host:port", this scheduler's own when it leads."""
        own = self._scheduler.settings.address
        for _attempt in range(_ELECTION_ATTEMPTS):
            if self._scheduler.leading:
                return own
            if self._scheduler.leader not in {"", own}:
                return self._scheduler.leader
            await asyncio.sleep(_ELECTION_SECONDS)
        raise RequestError(503, "Could not determine the current leader")

    async def _forward(self, request: web.Request, url: URL) -> web.StreamResponse:
        if any(self._via in value for value in request.headers.getall(hdrs.VIA, [])):
            _log.error("%s %s came back through %s", request.method, request.path, self._via)
            raise RequestError(502, "Detected proxying loop.")
        if self._session is None:
            raise RequestError(503, "This scheduler is stopping")
        try:
            async with self._session.request(
                request.method,
                url,
                headers=self._request_headers(request),
                data=request.content if request.can_read_body else None,
                skip_auto_headers=(hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.CONTENT_TYPE),
                allow_redirects=False,
            ) as answer:
                return await self._pass_back(request, answer)
        except TimeoutError as exc:
            message = f"The leader {url.authority} did not answer in time"
            raise RequestError(504, message) from exc
        except aiohttp.ClientError as exc:
            _log.warning("%s %s not passed on: %s", request.method, url, exc)
            message = f"Connection to the leader {url.authority} failed"
            raise RequestError(502, message) from exc

    def _request_headers(self, request: web.Request) -> CIMultiDict[str]:
        headers = _end_to_end(request.headers)
        headers.add(hdrs.VIA, self._via)
        before = request.headers.getall(hdrs.X_FORWARDED_FOR, [])
        headers[hdrs.X_FORWARDED_FOR] = ",".join([*before, request.remote or "unknown"])
        return headers

    async def _pass_back(
        self, request: web.Request, answer: aiohttp.ClientResponse
    ) -> web.StreamResponse:
        headers = _end_to_end(answer.headers)
        headers.add(hdrs.VIA, self._via)
        response = web.StreamResponse(status=answer.status, headers=headers)
        await response.prepare(request)
        try:
            async for piece in answer.content.iter_any():
                await response.write(piece)
            await response.write_eof()
        except (TimeoutError, aiohttp.ClientError, ConnectionError) as exc:
            # The head of the answer has left: only a broken connection tells that it is not whole.
            _log.warning("%s %s broke off: %s", request.method, request.path, exc)
            if request.transport is not None:
                request.transport.abort()
        return response


def _end_to_end(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """Return the headers that are not about the connection that they came over."""
    kept = CIMultiDict(headers)
    named = {each.strip().lower() for each in kept.get(hdrs.CONNECTION, "").split(",")}
    for name in {*kept.keys()}:
        if name.lower() in _HOP_BY_HOP | named:
            kept.popall(name, None)
    return kept
