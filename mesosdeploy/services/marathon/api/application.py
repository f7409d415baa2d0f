"""Puts the REST API together: routes, error answers, authentication, the way to the leader."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from mesosdeploy.services.marathon import metrics
from mesosdeploy.services.marathon.api.apps import Apps
from mesosdeploy.services.marathon.api.auth import authenticate
from mesosdeploy.services.marathon.api.deployments import Deployments
from mesosdeploy.services.marathon.api.errors import Handler, Middleware, answer_errors
from mesosdeploy.services.marathon.api.events import Events
from mesosdeploy.services.marathon.api.groups import Groups
from mesosdeploy.services.marathon.api.info import Info
from mesosdeploy.services.marathon.api.proxy import LEADER_HEADER, LeaderProxy
from mesosdeploy.services.marathon.api.queue import Queue
from mesosdeploy.services.marathon.api.tasks import Tasks

if TYPE_CHECKING:
    from mesosdeploy.services.marathon.scheduler import Scheduler

Signal = Callable[[web.Request, web.StreamResponse], Awaitable[None]]

# An app definition is some kilobytes; a list of hundreds of them still fits.
_LARGEST_BODY = 8 * 1024 * 1024


def application(scheduler: Scheduler) -> web.Application:
    """Return the application that answers for `scheduler`, which leads or follows."""
    settings = scheduler.settings
    proxy = LeaderProxy(scheduler)
    app = web.Application(
        middlewares=[
            answer_errors,
            _cross_origin(settings.access_control_allow_origin),
            authenticate(settings.http_credentials, realm=settings.http_realm),
            proxy.middleware,
        ],
        client_max_size=_LARGEST_BODY,
    )
    # Tasks before apps: "/v2/apps/{id}" takes every path below.
    events = Events(scheduler)
    app.add_routes(events.routes())
    for part in (Info, Tasks, Apps, Groups, Deployments, Queue):
        app.add_routes(_with_slashes(part(scheduler).routes()))
    app.add_routes(_metrics_routes(scheduler))
    app.on_shutdown.append(events.close)
    app.cleanup_ctx.append(proxy.run)
    app.on_response_prepare.append(_headers(scheduler))
    return app


def _with_slashes(routes: list[web.RouteDef]) -> list[web.RouteDef]:
    """Accept "/v2/apps/" for "/v2/apps", as Marathon does; IDs take their slash themselves."""
    fixed = [each for each in routes if "{" not in each.path]
    slashed = [
        web.RouteDef(each.method, f"{each.path}/", each.handler, dict(each.kwargs))
        for each in fixed
    ]
    return [*routes, *slashed]


def _metrics_routes(scheduler: Scheduler) -> list[web.RouteDef]:
    async def as_json(_request: web.Request) -> web.Response:
        return web.json_response(metrics.snapshot(scheduler).as_json())

    async def as_prometheus(_request: web.Request) -> web.Response:
        text = metrics.snapshot(scheduler).as_prometheus()
        return web.Response(
            body=text.encode(), headers={hdrs.CONTENT_TYPE: metrics.PROMETHEUS_TYPE}
        )

    return [web.get("/metrics", as_json), web.get("/metrics/prometheus", as_prometheus)]


def _headers(scheduler: Scheduler) -> Signal:
    """Return a signal that names the leader on its answers, and keeps caches off all."""

    async def prepare(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers.popall(hdrs.SERVER, None)
        if scheduler.leading:
            response.headers[LEADER_HEADER] = f"http://{scheduler.settings.address}"
        response.headers[hdrs.CACHE_CONTROL] = "no-cache, no-store, must-revalidate"
        if scheduler.settings.access_control_allow_origin:
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = (
                scheduler.settings.access_control_allow_origin
            )

    return prepare


def _cross_origin(origin: str) -> Middleware:
    """Return a middleware that answers a browser's question whether it may read from elsewhere."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not origin or request.method != hdrs.METH_OPTIONS:
            return await handler(request)
        asked = request.headers.get(hdrs.ACCESS_CONTROL_REQUEST_HEADERS, "")
        return web.Response(
            headers={
                hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, HEAD, OPTIONS",
                hdrs.ACCESS_CONTROL_ALLOW_HEADERS: asked,
                hdrs.ACCESS_CONTROL_MAX_AGE: "86400",
            }
        )

    return middleware
