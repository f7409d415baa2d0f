"""The paths of tasks: list them and kill them, with or without scaling their apps down."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aiohttp import web

from mesosdeploy.services.marathon.api import reading, views
from mesosdeploy.services.marathon.api.app_views import AppViews
from mesosdeploy.services.marathon.api.errors import RequestError
from mesosdeploy.services.marathon.api.results import deployment_result
from mesosdeploy.services.marathon.definition import Json
from mesosdeploy.services.marathon.identity import absolute
from mesosdeploy.services.marathon.model import Instance, NotFoundError

if TYPE_CHECKING:
    from mesosdeploy.services.marathon.scheduler import Scheduler

_STATES = {"running": "TASK_RUNNING", "staging": "TASK_STAGING"}
_TASK_ID = re.compile(r".+[._][0-9a-z-]*[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\..*)?")
_TEXT, _JSON = "text/plain", "application/json"


class Tasks:
    """Handlers of the tasks of all apps and of one."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._views = AppViews(scheduler)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes; they have to come before those of the apps."""
        return [
            web.get("/v2/tasks", self.list_all),
            web.post("/v2/tasks/delete", self.kill_given),
            web.get("/v2/apps/{id:.+}/tasks", self.list_of_app),
            web.delete("/v2/apps/{id:.+}/tasks", self.kill_of_app),
            web.delete("/v2/apps/{id:.+}/tasks/{task_id}", self.kill_one),
        ]

    async def list_all(self, request: web.Request) -> web.Response:
        """List the tasks of all apps, those of the asked `status` only; as lines of text too."""
        asked = [*request.query.getall("status", []), *request.query.getall("status[]", [])]
        states = {_STATES[each.lower()] for each in asked if each.lower() in _STATES}
        found = [each for each in self._scheduler.instances() if not states or each.state in states]
        accepted = request.headers.get("Accept", _JSON)
        if _TEXT in accepted and _JSON not in accepted:
            return web.Response(text=self._as_text(found))
        return web.json_response({"tasks": self._as_json(found)})

    async def list_of_app(self, request: web.Request) -> web.Response:
        """List the tasks of an app, or with a trailing "*" of the apps of a group."""
        name = request.match_info["id"]
        if name == "*" or name.endswith("/*"):
            apps = self._views.below(absolute(name.removesuffix("*")))
        else:
            apps = [self._scheduler.app(absolute(name))]
        found = [each for app in apps for each in self._scheduler.instances(app.id)]
        return web.json_response({"tasks": self._as_json(found)})

    async def kill_of_app(self, request: web.Request) -> web.Response:
        """Kill an app's tasks, those on the asked `host` only."""
        app_id = absolute(request.match_info["id"])
        self._scheduler.app(app_id)
        host = request.query.get("host", "*")
        found = [each for each in self._scheduler.instances(app_id) if host in {"*", each.host}]
        return await self._kill(request, found, {"tasks": self._as_json(found)})

    async def kill_one(self, request: web.Request) -> web.Response:
        """Kill one task of an app."""
        app_id, task_id = absolute(request.match_info["id"]), request.match_info["task_id"]
        app = self._scheduler.app(app_id)
        found = [each for each in self._scheduler.instances(app_id) if each.task_id == task_id]
        if not found:
            message = f"Task '{task_id}' does not exist"
            raise NotFoundError(message)
        return await self._kill(request, found, {"task": views.task(found[0], app)})

    async def kill_given(self, request: web.Request) -> web.Response:
        """Kill the tasks that the body names: {"ids": […]}; those that have gone are left out."""
        ids = (await reading.body_object(request)).get("ids")
        if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
            details = [{"path": "/ids", "errors": ["error.expected.jsarray"]}]
            raise RequestError(400, "Invalid JSON", fields={"details": details})
        for each in ids:
            if not _TASK_ID.fullmatch(each):
                message = f"Invalid task id '{each}'."
                raise RequestError(400, message)
        found = [each for each in self._scheduler.instances() if each.task_id in ids]
        return await self._kill(request, found, {"tasks": self._as_json(found)})

    async def _kill(
        self, request: web.Request, instances: Sequence[Instance], killed: Json
    ) -> web.Response:
        """Kill; answer `killed`, or the deployment that scales the app down."""
        scale, wipe = reading.flag(request, "scale"), reading.flag(request, "wipe")
        if scale and wipe:
            message = "You cannot use scale and wipe at the same time."
            raise RequestError(400, message)
        ids = [each.task_id for each in instances]
        deployment = await self._scheduler.kill(ids, scale=scale, wipe=wipe) if ids else None
        return web.json_response(killed) if deployment is None else deployment_result(deployment)

    def _as_json(self, instances: Sequence[Instance]) -> list[Json]:
        apps = {app.id: app for app in self._scheduler.apps()}
        return [views.task(each, apps.get(each.app_id)) for each in instances]

    def _as_text(self, instances: Sequence[Instance]) -> str:
        """Write one line per app and service port: name, service port, "host:port" of each task."""
        lines = []
        for app in self._scheduler.apps():
            own = [each for each in instances if each.app_id == app.id]
            name = app.id.strip("/").replace("/", "_")
            for index, definition in enumerate(app.port_definitions):
                places = [f"{each.host}:{each.ports[index]}" for each in own]
                lines.append("\t".join([name, str(definition.port), *places]))
            if not app.port_definitions:
                lines.append("\t".join([name, " ", *(each.host for each in own)]))
        return "".join(f"{line}\n" for line in lines)
