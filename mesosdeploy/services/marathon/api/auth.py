"""Asks for HTTP basic authentication where the scheduler has credentials."""

from __future__ import annotations

import base64
import hmac

from aiohttp import hdrs, web

from mesosdeploy.services.marathon.api.errors import Handler, Middleware, RequestError


def authenticate(credentials: str, *, realm: str) -> Middleware:
    """Return a middleware that lets nobody in without `credentials` ("user:password").

    Without credentials everybody comes in. As in Marathon the rule holds for every path, /ping
    too (its Jetty constraint is on "/*").
    """
    expected = base64.b64encode(credentials.encode())

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if credentials and not _matches(request.headers.get(hdrs.AUTHORIZATION, ""), expected):
            challenge = {str(hdrs.WWW_AUTHENTICATE): f'Basic realm="{realm}"'}
            raise RequestError(401, "Invalid username or password.", headers=challenge)
        return await handler(request)

    return middleware


def _matches(header: str, expected: bytes) -> bool:
    scheme, _, token = header.partition(" ")
    # Compared in constant time: the answer's delay tells nothing about the password.
    is_equal = hmac.compare_digest(token.strip().encode(), expected)
    return is_equal and scheme.lower() == "basic"
