"""The path /v2/groups: the tree that the apps' IDs make; it can be scaled and deleted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from aiohttp import web

from mesosdeploy.services.marathon.api import reading
from mesosdeploy.services.marathon.api.app_views import AppViews, embeds
from mesosdeploy.services.marathon.api.errors import RequestError
from mesosdeploy.services.marathon.api.results import deployment_result
from mesosdeploy.services.marathon.definition import App, Json
from mesosdeploy.services.marathon.identity import absolute
from mesosdeploy.services.marathon.model import NotFoundError
from mesosdeploy.services.marathon.validation import Detail, InvalidError

if TYPE_CHECKING:
    from mesosdeploy.services.marathon.scheduler import Scheduler

_NOT_BUILT = (
    "The lab scheduler of mesosdeploy knows groups by the IDs of their apps only: "
    'create and change apps at /v2/apps, scale a group with {"scaleBy": factor}'
)


class Groups:
    """Handlers of the groups."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._views = AppViews(scheduler)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes; the root group has no ID in the path."""
        routes = []
        for base in ("/v2/groups", "/v2/groups/{id:.+}"):
            routes += [
                web.get(f"{base}/versions", self.versions),
                web.get(f"{base}/versions/{{version}}", self.not_built),
                web.get(f"{base}/apps", self.apps),
            ]
        for base in ("/v2/groups", "/v2/groups/{id:.+}"):
            routes += [
                web.get(base, self.show),
                web.put(base, self.scale),
                web.post(base, self.not_built),
                web.patch(base, self.not_built),
                web.delete(base, self.delete),
            ]
        return routes

    async def show(self, request: web.Request) -> web.Response:
        """Show a group with its apps and groups, or with what `embed` asks for."""
        group_id = _group_id(request)
        apps = self._apps(group_id)
        asked = request.query.getall("embed", ["group.apps", "group.groups"])
        parts = embeds(each for each in asked if each.startswith("group.apps."))
        return web.json_response(self._group(group_id, apps, frozenset(asked), parts))

    async def apps(self, request: web.Request) -> web.Response:
        """List the apps of a group and of the groups in it."""
        parts = embeds(request.query.getall("embed", []))
        found = self._apps(_group_id(request))
        return web.json_response([self._views.show(app, parts) for app in found])

    async def versions(self, request: web.Request) -> web.Response:
        """List the versions of the group's apps, the newest first."""
        found: set[str] = set()
        for app in self._apps(_group_id(request)):
            found.update(await self._scheduler.versions(app.id))
        return web.json_response(sorted(found, reverse=True))

    async def scale(self, request: web.Request) -> web.Response:
        """Multiply the instances of all apps by `scaleBy`; other changes are not built: 501."""
        body = await reading.body_object(request)
        if body.keys() - {"id"} != {"scaleBy"}:
            raise RequestError(501, _NOT_BUILT)
        factor = body["scaleBy"]
        if isinstance(factor, bool) or not isinstance(factor, int | float) or factor < 0:
            raise InvalidError((Detail(path="/scaleBy", errors=("must be a number >= 0",)),))
        bodies = {
            app.id: {"instances": math.ceil(app.instances * factor)}
            for app in self._apps(_group_id(request))
        }
        force = reading.flag(request, "force")
        return deployment_result(await self._scheduler.update(bodies, partial=True, force=force))

    async def delete(self, request: web.Request) -> web.Response:
        """Remove all apps of a group."""
        group_id = _group_id(request)
        self._apps(group_id)
        force = reading.flag(request, "force")
        return deployment_result(await self._scheduler.delete_group(group_id, force=force))

    async def not_built(self, _request: web.Request) -> web.Response:
        """Say what to do instead."""
        raise RequestError(501, _NOT_BUILT)

    def _apps(self, group_id: str) -> list[App]:
        found = self._views.below(group_id)
        if not found and group_id != "/":
            message = f"Group '{group_id}' does not exist"
            raise NotFoundError(message)
        return found

    def _group(
        self, group_id: str, apps: list[App], asked: frozenset[str], parts: frozenset[str]
    ) -> Json:
        """Return the group's JSON; `apps` are all that are below it."""
        prefix = group_id.rstrip("/") + "/"
        own: list[App] = []
        below: dict[str, list[App]] = {}
        for app in apps:
            first, _, rest = app.id.removeprefix(prefix).partition("/")
            if rest:
                below.setdefault(prefix + first, []).append(app)
            else:
                own.append(app)
        data: Json = {
            "id": group_id,
            "dependencies": [],
            "version": max((app.version for app in apps), default="1970-01-01T00:00:00.000Z"),
            "pods": [],
        }
        if "group.apps" in asked:
            data["apps"] = [self._views.show(app, parts) for app in own]
        if "group.groups" in asked:
            data["groups"] = [
                self._group(name, inside, asked, parts) for name, inside in sorted(below.items())
            ]
        return data


def _group_id(request: web.Request) -> str:
    return absolute(request.match_info.get("id", "/"))
