"""The path /v2/deployments: list the changes under way, and take one back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from mesosdeploy.services.marathon.api import reading, views
from mesosdeploy.services.marathon.api.results import deployment_result
from mesosdeploy.services.marathon.model import NotFoundError

if TYPE_CHECKING:
    from mesosdeploy.services.marathon.scheduler import Scheduler


class Deployments:
    """Handlers of the deployments."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get("/v2/deployments", self.index),
            web.delete("/v2/deployments/{id}", self.cancel),
        ]

    async def index(self, _request: web.Request) -> web.Response:
        """List the deployments under way."""
        running = self._scheduler.deployments()
        return web.json_response([views.deployment(each) for each in running])

    async def cancel(self, request: web.Request) -> web.Response:
        """Take a deployment back by another one; with `force` leave everything as it is: 202."""
        wanted = request.match_info["id"]
        if wanted not in {each.id for each in self._scheduler.deployments()}:
            message = f"DeploymentPlan {wanted} does not exist"
            raise NotFoundError(message)
        force = reading.flag(request, "force")
        rollback = await self._scheduler.cancel(wanted, force=force)
        return deployment_result(rollback) if rollback else web.Response(status=202)
