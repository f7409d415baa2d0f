"""Turns what goes wrong in a request into Marathon's JSON error answers."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from aiohttp import web

from mesosdeploy.services.marathon.model import ConflictError, NotFoundError
from mesosdeploy.services.marathon.validation import InvalidError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_log = logging.getLogger(__name__)


class Middleware(Protocol):
    """What stands between a request and its handler."""

    def __call__(self, request: web.Request, handler: Handler) -> Awaitable[web.StreamResponse]:
        """Answer the request, or let the handler do so."""


class RequestError(Exception):
    """A request that is answered with `status`, a message and perhaps more fields or headers."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        fields: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message, **(fields or {})}
        self.headers = headers


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every failure in JSON; one that nobody foresaw is in the log under a reference."""
    try:
        return await handler(request)
    except Exception as exc:  # noqa: BLE001  no traceback may reach a client
        known = _described(exc)
        if known is not None:
            return known
        reference = uuid.uuid4().hex[:12]
        _log.exception("%s %s failed, reference %s", request.method, request.path, reference)
        message = f"Internal error; the log of this scheduler has it under reference {reference}"
        return web.json_response({"message": message}, status=500)


def _described(exc: Exception) -> web.Response | None:
    """Return the answer to an expected failure, None for any other."""
    if isinstance(exc, RequestError):
        return web.json_response(exc.body, status=exc.status, headers=exc.headers)
    if isinstance(exc, InvalidError):
        return web.json_response(exc.to_json(), status=422)
    if isinstance(exc, NotFoundError):
        return web.json_response({"message": exc.message}, status=404)
    if isinstance(exc, ConflictError):
        held = {"deployments": [{"id": each} for each in exc.deployments]}
        body = {"message": exc.message, **(held if exc.deployments else {})}
        return web.json_response(body, status=409)
    return _in_json(exc) if isinstance(exc, web.HTTPException) else None


def _in_json(answer: web.HTTPException) -> web.Response:
    """Keep status and headers (Allow, Location) of aiohttp's own answers; the body is JSON."""
    kept = {name: answer.headers[name] for name in ("Allow", "Location") if name in answer.headers}
    return web.json_response({"message": answer.reason}, status=answer.status, headers=kept)
