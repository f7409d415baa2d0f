"""Serves metrics, health and what was made of Marathon's apps; nothing can be changed here."""

from __future__ import annotations

import time

from aiohttp import web

from mesosdeploy.services.balancer.balancer import Balancer
from mesosdeploy.services.balancer.figures import exposition
from mesosdeploy.services.balancer.model import Json, Service


def application(balancer: Balancer) -> web.Application:
    """Return the application with GET /health, /metrics, /services and /config."""

    async def health(_request: web.Request) -> web.Response:
        last = balancer.figures.last_success_timestamp_seconds
        body: Json = {
            "healthy": balancer.healthy,
            "marathon": bool(balancer.figures.marathon_up),
            "secondsSinceSuccess": round(time.time() - last, 1) if last else None,
        }
        return web.json_response(body, status=200 if balancer.healthy else 503)

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(text=exposition(balancer.figures))

    async def services(_request: web.Request) -> web.Response:
        found = balancer.rendered
        body: Json = {
            "services": [_service(each) for each in found.services] if found else [],
            "problems": [str(each) for each in found.problems] if found else [],
        }
        return web.json_response(body)

    async def config(_request: web.Request) -> web.Response:
        return web.Response(text=balancer.rendered.text if balancer.rendered else "")

    app = web.Application()
    app.add_routes(
        [
            web.get("/health", health),
            web.get("/metrics", metrics),
            web.get("/services", services),
            web.get("/config", config),
        ]
    )
    return app


def _service(service: Service) -> Json:
    return {
        "app": service.app,
        "portIndex": service.index,
        "backend": service.name,
        "mode": service.mode,
        "port": service.port,
        "vhosts": list(service.labels.vhosts),
        "paths": list(service.labels.paths),
        "servers": {server.name: server.endpoint for server in service.servers},
    }
