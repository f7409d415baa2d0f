"""A stand-in for Marathon: it speaks GET /v2/apps and /v2/events and runs what it is told to.

The balancer is tested without Mesos, so that a test decides when an instance runs, is healthy or
is killed, and when Marathon says so. Against the real scheduler: tests/infra/cluster.
"""

from __future__ import annotations

import asyncio
import base64
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

INSTANCE = Path(__file__).with_name("instance.py")


@dataclass(kw_only=True)
class Instance:
    """A process and the task that Marathon tells of it."""

    name: str
    port: int
    process: asyncio.subprocess.Process
    task: dict[str, Any]

    async def signal(self, number: signal.Signals) -> None:
        """Send a signal and wait until the process is gone."""
        self.process.send_signal(number)
        await self.process.wait()


@dataclass(kw_only=True)
class StandIn:
    """One instance of Marathon; `leader` makes it redirect who wants events."""

    port: int
    directory: Path
    credentials: str = ""
    leader: str = ""
    apps: dict[str, dict[str, Any]] = field(default_factory=dict)
    instances: dict[str, Instance] = field(default_factory=dict)
    asked: int = 0
    _listeners: set[asyncio.Queue[bytes]] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def listeners(self) -> int:
        """Return how many listen to its events."""
        return len(self._listeners)

    def put(self, app_id: str, service_port: int, labels: dict[str, str], **more: Any) -> None:
        """Create or change an app, and say so."""
        old = self.apps.get(app_id, {})
        self.apps[app_id] = {
            "id": app_id,
            "labels": {"HAPROXY_GROUP": "external", **labels},
            "portDefinitions": [{"port": service_port, "protocol": "tcp"}],
            "tasks": old.get("tasks", []),
            **more,
        }
        self.say("api_post_event")

    async def start(self, app_id: str, name: str, port: int) -> Instance:
        """Start an instance and say that it runs once it listens."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(INSTANCE), str(port), name, cwd=self.directory
        )
        task = {"id": name, "host": "127.0.0.1", "ports": [port], "state": "TASK_RUNNING"}
        self.instances[name] = Instance(name=name, port=port, process=process, task=task)
        await listening(port)
        self.apps[app_id]["tasks"].append(task)
        self.say("status_update_event")
        return self.instances[name]

    async def kill(self, app_id: str, name: str) -> None:
        """Kill an instance as Mesos does: TASK_KILLING, SIGTERM, TASK_KILLED."""
        instance = self.instances.pop(name)
        instance.task["state"] = "TASK_KILLING"
        self.say("status_update_event")
        await instance.signal(signal.SIGTERM)
        self.apps[app_id]["tasks"].remove(instance.task)
        self.say("status_update_event")

    def say(self, kind: str) -> None:
        """Send an event to all who listen."""
        for queue in self._listeners:
            queue.put_nowait(f'event: {kind}\ndata: {{"eventType": "{kind}"}}\n\n'.encode())

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[StandIn]:
        """Serve the API, and end every instance afterwards."""
        app = web.Application()
        app.add_routes([web.get("/v2/apps", self._apps), web.get("/v2/events", self._events)])
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        try:
            yield self
        finally:
            for queue in self._listeners:
                queue.put_nowait(b"")
            await runner.cleanup()
            for instance in self.instances.values():
                if instance.process.returncode is None:
                    await instance.signal(signal.SIGKILL)

    def _refuse(self, request: web.Request) -> None:
        wanted = "Basic " + base64.b64encode(self.credentials.encode()).decode()
        if self.credentials and request.headers.get("Authorization") != wanted:
            raise web.HTTPUnauthorized

    async def _apps(self, request: web.Request) -> web.Response:
        self._refuse(request)
        self.asked += 1
        assert request.query["embed"] == "apps.tasks"
        return web.json_response({"apps": list(self.apps.values())})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        self._refuse(request)
        if self.leader:
            raise web.HTTPTemporaryRedirect(f"{self.leader}/v2/events")
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            while chunk := await queue.get():
                await answer.write(chunk)
        finally:
            self._listeners.discard(queue)
        return answer


async def listening(port: int) -> None:
    """Wait until somebody listens on a port."""
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return
