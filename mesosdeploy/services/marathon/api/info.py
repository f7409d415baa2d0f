"""What the scheduler says of itself: /ping, /v2/info and /v2/leader."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from aiohttp import web

from mesosdeploy.services.marathon.api.errors import RequestError
from mesosdeploy.services.marathon.definition import Json

if TYPE_CHECKING:
    from mesosdeploy.services.marathon.scheduler import Scheduler

_log = logging.getLogger(__name__)

# The official release whose API this is a subset of.
VERSION = "1.11.24"
BUILD = "mesosdeploy's lab scheduler, a stand-in for laptops and CI"

# As Marathon: the answer has to leave before the process ends.
_ABDICATION_SECONDS = 0.5


class Info:
    """Handlers of the scheduler's own state."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._abdications: set[asyncio.Task[None]] = set()

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get("/ping", self.ping),
            web.get("/v2/info", self.info),
            web.get("/v2/leader", self.leader),
            web.delete("/v2/leader", self.abdicate),
        ]

    async def ping(self, request: web.Request) -> web.Response:
        """Answer "pong"; in JSON for a client that takes nothing else."""
        accepted = request.headers.get("Accept", "")
        if "application/json" in accepted and "text/" not in accepted and "*/*" not in accepted:
            return web.json_response("pong")
        return web.Response(text="pong")

    async def info(self, _request: web.Request) -> web.Response:
        """Tell the version, the leader, the framework and the settings without secrets."""
        scheduler = self._scheduler
        return web.json_response(
            {
                "name": "marathon",
                "version": VERSION,
                "buildref": BUILD,
                "elected": scheduler.leading,
                "leader": scheduler.leader or None,
                "frameworkId": scheduler.framework_id or None,
                "marathon_config": self._marathon_config(),
                "zookeeper_config": self._zookeeper_config(),
                "http_config": {"http_port": scheduler.settings.http_port, "https_port": None},
            }
        )

    async def leader(self, _request: web.Request) -> web.Response:
        """Tell who leads; 404 while nobody does."""
        if not self._scheduler.leader:
            raise RequestError(404, "There is no leader")
        return web.json_response({"leader": self._scheduler.leader})

    async def abdicate(self, request: web.Request) -> web.Response:
        """Give up the leadership: the process ends soon after the answer."""
        if request.query.keys() & {"backup", "restore"}:
            raise RequestError(501, "The lab scheduler of mesosdeploy makes no backups")
        _log.info("abdication asked for by %s", request.remote)
        # The loop holds tasks weakly only.
        task = asyncio.create_task(self._abdicate_soon())
        self._abdications.add(task)
        task.add_done_callback(self._abdications.discard)
        return web.json_response({"message": "Leadership abdicated"})

    async def _abdicate_soon(self) -> None:
        await asyncio.sleep(_ABDICATION_SECONDS)
        await self._scheduler.abdicate()

    def _marathon_config(self) -> Json:
        settings = self._scheduler.settings
        return {
            "checkpoint": settings.checkpoint,
            "decline_offer_duration": settings.decline_offer_duration,
            "failover_timeout": settings.failover_timeout,
            "features": [each for each in settings.enable_features.split(",") if each],
            "framework_name": settings.framework_name,
            "ha": settings.ha,
            "hostname": settings.address.rpartition(":")[0],
            "leader_proxy_connection_timeout_ms": settings.leader_proxy_connection_timeout,
            "leader_proxy_read_timeout_ms": settings.leader_proxy_read_timeout,
            "local_port_max": settings.local_port_max,
            "local_port_min": settings.local_port_min,
            "master": _without_secret(settings.master),
            "mesos_role": settings.mesos_role,
            "mesos_user": settings.mesos_user,
            "reconciliation_interval": settings.reconciliation_interval,
            "task_launch_timeout": settings.task_launch_timeout,
            "webui_url": settings.web_address,
        }

    def _zookeeper_config(self) -> Json:
        settings = self._scheduler.settings
        return {
            "zk": _without_secret(settings.zk),
            "zk_connection_timeout": settings.zk_connection_timeout,
            "zk_max_versions": settings.zk_max_versions,
            "zk_session_timeout": settings.zk_session_timeout,
        }


def _without_secret(url: str) -> str:
    """Hide the credentials in "zk://user:password@host:2181/path"."""
    scheme, separator, rest = url.rpartition("://")
    credentials, at, place = rest.rpartition("@")
    return f"{scheme}{separator}{'xxxxxxxx:xxxxxxxx@' if credentials and at else ''}{place}"
