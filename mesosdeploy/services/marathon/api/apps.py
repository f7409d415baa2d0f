"""The paths /v2/apps and /v2/apps/{id}: create, read, update, restart and delete apps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from mesosdeploy.services.marathon.api import reading
from mesosdeploy.services.marathon.api.app_views import AppViews, embeds
from mesosdeploy.services.marathon.api.results import DEPLOYMENT_HEADER, deployment_result
from mesosdeploy.services.marathon.api.selectors import label_selector
from mesosdeploy.services.marathon.api.updates import Updates
from mesosdeploy.services.marathon.definition import App, Json
from mesosdeploy.services.marathon.identity import absolute
from mesosdeploy.services.marathon.model import Deployment, NotFoundError
from mesosdeploy.services.marathon.validation import Detail, InvalidError, check_app

if TYPE_CHECKING:
    from mesosdeploy.services.marathon.scheduler import Scheduler

_LISTED = frozenset({"counts", "deployments"})
_SHOWN = _LISTED | {"tasks", "lastTaskFailure"}


class Apps:
    """Handlers of the apps."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._views = AppViews(scheduler)
        self._updates = Updates(scheduler)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes; the longer paths come first, as an app's ID takes every path."""
        return [
            web.get("/v2/apps", self.index),
            web.post("/v2/apps", self.create),
            web.put("/v2/apps", self.replace_several),
            web.patch("/v2/apps", self.patch_several),
            web.get("/v2/apps/{id:.+}/versions", self.versions),
            web.get("/v2/apps/{id:.+}/versions/{version}", self.version),
            web.post("/v2/apps/{id:.+}/restart", self.restart),
            web.get("/v2/apps/{id:.+}", self.show),
            web.put("/v2/apps/{id:.+}", self.replace),
            web.patch("/v2/apps/{id:.+}", self.patch),
            web.delete("/v2/apps/{id:.+}", self.delete),
        ]

    async def index(self, request: web.Request) -> web.Response:
        """List apps: `id` and `cmd` are substrings in any case, `label` is a label selector."""
        command, part = request.query.get("cmd"), request.query.get("id")
        labels = label_selector(request.query.get("label", ""))
        found = [
            app
            for app in self._scheduler.apps()
            if (command is None or command.lower() in (app.cmd or "").lower())
            and (part is None or part.lower() in app.id.lower())
            and labels(app.labels)
        ]
        parts = embeds(request.query.getall("embed", [])) | _LISTED
        return web.json_response({"apps": [self._views.show(app, parts) for app in found]})

    async def show(self, request: web.Request) -> web.Response:
        """Show one app, or with a trailing "*" those of a group."""
        name = request.match_info["id"]
        parts = embeds(request.query.getall("embed", [])) | _SHOWN
        if name == "*" or name.endswith("/*"):
            found = self._views.below(absolute(name.removesuffix("*")))
            return web.json_response({"*": [self._views.show(app, parts) for app in found]})
        app = self._scheduler.app(absolute(name))
        return web.json_response({"app": self._views.show(app, parts)})

    async def create(self, request: web.Request) -> web.Response:
        """Create one app, or a list of apps in one deployment."""
        data = await reading.body(request)
        several = isinstance(data, list)
        bodies = [check_app(each) for each in (data if several else [data])]
        if not bodies:
            raise InvalidError((Detail(path="/", errors=("must not be empty",)),))
        deployment = await self._scheduler.create(bodies)
        created = [self._target(deployment, str(body["id"])) for body in bodies]
        self._publish(request, created)
        started = {"tasks": [], "deployments": [{"id": deployment.id}]}
        shown = [{**self._views.show(app, frozenset({"counts"})), **started} for app in created]
        return web.json_response(
            shown if several else shown[0],
            status=201,
            headers={DEPLOYMENT_HEADER: deployment.id, "Location": str(bodies[0]["id"])},
        )

    async def replace(self, request: web.Request) -> web.Response:
        """Change an app, or create it; `partialUpdate=false` gives left out fields defaults."""
        partial = reading.flag(request, "partialUpdate", default=True)
        return await self._update_one(request, partial=partial, may_create=True)

    async def patch(self, request: web.Request) -> web.Response:
        """Change an app that exists."""
        return await self._update_one(request, partial=True, may_create=False)

    async def replace_several(self, request: web.Request) -> web.Response:
        """Change and create apps in one deployment."""
        partial = reading.flag(request, "partialUpdate", default=True)
        return await self._update_several(request, partial=partial, may_create=True)

    async def patch_several(self, request: web.Request) -> web.Response:
        """Change apps that exist in one deployment."""
        return await self._update_several(request, partial=True, may_create=False)

    async def delete(self, request: web.Request) -> web.Response:
        """Remove an app; as in Marathon a running deployment of it gives way by default."""
        app_id = absolute(request.match_info["id"])
        force = reading.flag(request, "force", default=True)
        return deployment_result(await self._scheduler.delete(app_id, force=force))

    async def restart(self, request: web.Request) -> web.Response:
        """Replace an app's tasks by new ones of the same definition."""
        app_id = absolute(request.match_info["id"])
        force = reading.flag(request, "force")
        return deployment_result(await self._scheduler.restart(app_id, force=force))

    async def versions(self, request: web.Request) -> web.Response:
        """List an app's versions, the newest first."""
        app_id = absolute(request.match_info["id"])
        self._scheduler.app(app_id)
        found = await self._scheduler.versions(app_id)
        return web.json_response({"versions": sorted(found, reverse=True)})

    async def version(self, request: web.Request) -> web.Response:
        """Show an app as it was defined in a version."""
        app_id, version = absolute(request.match_info["id"]), request.match_info["version"]
        app = await self._scheduler.app_at(app_id, version)
        return web.json_response(app.to_json())

    async def _update_one(
        self, request: web.Request, *, partial: bool, may_create: bool
    ) -> web.Response:
        app_id = absolute(request.match_info["id"])
        data = await reading.body_object(request)
        known = self._updates.find(app_id) is not None
        body = await self._updates.resolve(app_id, data, partial=partial, may_create=may_create)
        deployment = await self._apply(request, {app_id: body})
        if known:
            return deployment_result(deployment)
        return deployment_result(deployment, status=201, location=app_id)

    async def _update_several(
        self, request: web.Request, *, partial: bool, may_create: bool
    ) -> web.Response:
        data = await reading.body(request)
        bodies: dict[str, Json] = {}
        for app_id, each in self._updates.named(data).items():
            bodies[app_id] = await self._updates.resolve(
                app_id, each, partial=partial, may_create=may_create
            )
        return deployment_result(await self._apply(request, bodies))

    async def _apply(self, request: web.Request, bodies: dict[str, Json]) -> Deployment:
        force = reading.flag(request, "force")
        deployment = await self._scheduler.update(bodies, partial=False, force=force)
        self._publish(request, [self._target(deployment, app_id) for app_id in bodies])
        return deployment

    def _target(self, deployment: Deployment, app_id: str) -> App:
        app = deployment.target.get(app_id)
        if app is None:
            message = f"App '{app_id}' does not exist"
            raise NotFoundError(message)
        return app

    def _publish(self, request: web.Request, apps: list[App]) -> None:
        for app in apps:
            self._scheduler.events.publish(
                {
                    "eventType": "api_post_event",
                    "clientIp": request.remote or "",
                    "uri": request.path,
                    "appDefinition": app.to_json(),
                }
            )
