"""The path /v2/queue: apps that wait for offers, and why; their back-off can be reset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from mesosdeploy.services.marathon.api import views
from mesosdeploy.services.marathon.identity import absolute
from mesosdeploy.services.marathon.model import NotFoundError

if TYPE_CHECKING:
    from mesosdeploy.services.marathon.scheduler import Scheduler


class Queue:
    """Handlers of the launch queue."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get("/v2/queue", self.index),
            web.delete("/v2/queue/{id:.+}/delay", self.reset_delay),
        ]

    async def index(self, request: web.Request) -> web.Response:
        """List what waits; offers are not kept, so the list of the last unused ones is empty."""
        items = [views.queue_item(each) for each in self._scheduler.queue()]
        if "lastUnusedOffers" in request.query.getall("embed", []):
            items = [{**each, "lastUnusedOffers": []} for each in items]
        return web.json_response({"queue": items})

    async def reset_delay(self, request: web.Request) -> web.Response:
        """Let a waiting app launch at once."""
        app_id = absolute(request.match_info["id"])
        if app_id not in {each.app.id for each in self._scheduler.queue()}:
            message = f"Application {app_id} not found in tasks queue."
            raise NotFoundError(message)
        self._scheduler.reset_delay(app_id)
        return web.Response(status=204)
