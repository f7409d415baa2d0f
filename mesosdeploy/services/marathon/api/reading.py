"""Reads what a request says: JSON bodies and flags."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import hdrs, web

from mesosdeploy.services.marathon.api.errors import RequestError
from mesosdeploy.services.marathon.definition import Json

_JSON = "application/json"


async def body(request: web.Request) -> Any:
    """Return the request's JSON; 415 for another content type, 400 for what is no JSON."""
    if hdrs.CONTENT_TYPE in request.headers and request.content_type != _JSON:
        message = f"{request.content_type} is not supported, send {_JSON}"
        raise RequestError(415, message)
    try:
        return json.loads(await request.read())
    except ValueError as exc:
        raise RequestError(400, "Invalid JSON", fields={"details": str(exc)}) from exc


async def body_object(request: web.Request) -> Json:
    """Return the request's JSON object; 400 when it is something else."""
    return as_object(await body(request))


def as_object(data: object) -> Json:
    """Check that `data` is a JSON object; 400 otherwise."""
    if not isinstance(data, dict):
        details = [{"path": "", "errors": ["error.expected.jsobject"]}]
        raise RequestError(400, "Invalid JSON", fields={"details": details})
    return data


def flag(request: web.Request, name: str, *, default: bool = False) -> bool:
    """Return a boolean of the query, in any case: clients in Python send "True"."""
    text = request.query.get(name)
    return default if text is None else text.lower() == "true"
