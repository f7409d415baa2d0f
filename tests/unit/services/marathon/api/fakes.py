"""A scheduler in memory, and HTTP without sockets: bytes go straight into aiohttp's protocol."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPMessage, HTTPResponse
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web

from mesosdeploy.services.marathon.api.application import application
from mesosdeploy.services.marathon.definition import App, Json
from mesosdeploy.services.marathon.events import EventBus
from mesosdeploy.services.marathon.model import (
    Action,
    ConflictError,
    Deployment,
    Instance,
    NotFoundError,
    QueueItem,
    TaskFailure,
)
from mesosdeploy.services.marathon.settings import Settings

if TYPE_CHECKING:
    from mesosdeploy.services.marathon.scheduler import Scheduler

LOCKED = "App is locked by one or more deployments."


def version(number: int) -> str:
    return f"2026-11-22T16:00:{number:02}.000Z"


def instance(app_id: str = "/web", number: int = 1, **given: Any) -> Instance:
    told = {
        "task_id": f"{app_id.strip('/')}.instance-{number:08x}-0000-4000-8000-000000000000._app.1",
        "app_id": app_id,
        "version": version(1),
        "state": "TASK_RUNNING",
        "agent_id": f"agent-{number}",
        "host": f"10.0.0.{number}",
        "ports": (31000 + number,),
        "addresses": (f"10.0.0.{number}",),
        "staged_at": version(2),
        "started_at": version(3),
    }
    return Instance(**{**told, **given})


@dataclass
class FakeScheduler:
    """Does at once what a deployment would do, and remembers what it was asked for."""

    settings: Settings = field(
        default_factory=lambda: Settings(
            master="zk://user:secret@zk1:2181/mesos", hostname="node1", http_port=8080
        )
    )
    leading: bool = True
    leader: str = "node1:8080"
    framework_id: str = "framework-1"
    leading_seconds: float = 12.5
    counters: Mapping[str, float] = field(default_factory=lambda: {"mesos.offers.incoming": 7})
    events: EventBus = field(default_factory=EventBus)
    running: list[Instance] = field(default_factory=list)
    waiting: list[QueueItem] = field(default_factory=list)
    under_way: list[Deployment] = field(default_factory=list)
    failures: dict[str, TaskFailure] = field(default_factory=dict)
    history: dict[str, list[App]] = field(default_factory=dict)
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    locked: bool = False

    def put(self, body: Json) -> App:
        """Have an app without a deployment."""
        versions = self.history.setdefault(body["id"], [])
        app = App.from_json(body, version=version(len(versions) + 1))
        versions.append(app)
        return app

    def apps(self) -> list[App]:
        return [versions[-1] for versions in self.history.values()]

    def app(self, app_id: str) -> App:
        if app_id not in self.history:
            raise NotFoundError(f"App '{app_id}' does not exist")
        return self.history[app_id][-1]

    async def versions(self, app_id: str) -> list[str]:
        return [app.version for app in self.history[app_id]]

    async def app_at(self, app_id: str, wanted: str) -> App:
        for app in self.history.get(app_id, []):
            if app.version == wanted:
                return app
        raise NotFoundError(f"App '{app_id}' does not exist in version {wanted}")

    def instances(self, app_id: str | None = None) -> list[Instance]:
        return [each for each in self.running if app_id in {None, each.app_id}]

    def last_failure(self, app_id: str) -> TaskFailure | None:
        return self.failures.get(app_id)

    async def create(self, bodies: list[Json]) -> Deployment:
        for body in bodies:
            if body["id"] in self.history:
                raise ConflictError(f"An app with id [{body['id']}] already exists.")
        return self._deploy([self.put(body) for body in bodies])

    async def update(self, bodies: Mapping[str, Json], *, partial: bool, force: bool) -> Deployment:
        self.calls.append(("update", dict(bodies), partial, force))
        self._check_lock(force=force)
        old = {app_id: self.app(app_id).to_json() if partial else {} for app_id in bodies}
        return self._deploy([self.put({**old[key], **body}) for key, body in bodies.items()])

    async def delete(self, app_id: str, *, force: bool) -> Deployment:
        self.calls.append(("delete", app_id, force))
        app = self.app(app_id)
        self._check_lock(force=force)
        del self.history[app_id]
        return self._deploy([app])

    async def delete_group(self, group_id: str, *, force: bool) -> Deployment:
        self.calls.append(("delete_group", group_id, force))
        return self._deploy([])

    async def restart(self, app_id: str, *, force: bool) -> Deployment:
        self.calls.append(("restart", app_id, force))
        self._check_lock(force=force)
        return self._deploy([self.put(self.app(app_id).to_json())])

    async def kill(self, task_ids: Sequence[str], *, scale: bool, wipe: bool) -> Deployment | None:
        self.calls.append(("kill", [*task_ids], scale, wipe))
        self.running = [
            replace(each, killing=True) if each.task_id in task_ids else each
            for each in self.running
        ]
        return self._deploy([]) if scale else None

    def deployments(self) -> list[Deployment]:
        return self.under_way

    async def cancel(self, deployment_id: str, *, force: bool) -> Deployment | None:
        self.calls.append(("cancel", deployment_id, force))
        return None if force else self._deploy([])

    def queue(self) -> list[QueueItem]:
        return self.waiting

    def reset_delay(self, app_id: str) -> None:
        self.calls.append(("reset_delay", app_id))

    async def abdicate(self) -> None:
        self.calls.append(("abdicate",))

    def _check_lock(self, *, force: bool) -> None:
        if self.locked and not force:
            raise ConflictError(LOCKED, ("deployment-0",))

    def _deploy(self, apps: list[App]) -> Deployment:
        return deployment(apps)


def deployment(apps: Sequence[App], *, number: int = 1, current_step: int = 0) -> Deployment:
    return Deployment(
        id=f"deployment-{number}",
        version=version(9),
        affected_apps=tuple(app.id for app in apps),
        steps=tuple((Action(action="ScaleApplication", app=app.id),) for app in apps),
        current_step=current_step,
        original={app.id: None for app in apps},
        target={app.id: app for app in apps},
    )


@dataclass(frozen=True)
class Answer:
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire(asyncio.Transport):
    """The server's side of a connection that only ever is in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.ended = asyncio.Event()
        self._news = asyncio.Event()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data
        self._news.set()

    async def expect(self, text: bytes) -> None:
        """Wait until the server has written the text."""
        async with asyncio.timeout(5):
            while text not in self.written:
                self._news.clear()
                await self._news.wait()

    def writelines(self, list_of_data: Any) -> None:
        self.write(b"".join(list_of_data))

    def answer(self, method: str) -> Answer:
        response = HTTPResponse(cast("Any", _Received(bytes(self.written))), method=method)
        response.begin()
        return Answer(response.status, response.headers, response.read())

    def is_closing(self) -> bool:
        return self.ended.is_set()

    def close(self) -> None:
        self.ended.set()

    def abort(self) -> None:
        self.ended.set()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("10.9.9.9", 50000) if name == "peername" else default

    def pause_reading(self) -> None:
        """Nothing comes after the request."""

    def resume_reading(self) -> None:
        """Nothing comes after the request."""


class _Received(io.BytesIO):
    """Bytes in the place of the socket that http.client reads from."""

    def makefile(self, _mode: str) -> io.BytesIO:
        return self


def exchange(
    scheduler: FakeScheduler,
    method: str,
    path: str,
    body: object = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one request to the API of a scheduler; the whole answer."""
    content = (
        body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    )
    told = {"Connection": "close", "Content-Length": str(len(content))}
    if content:
        told["Content-Type"] = "application/json"

    async def run() -> Answer:
        async with connection(
            scheduler, method, path, {**told, **(headers or {})}, content
        ) as wire:
            async with asyncio.timeout(5):
                await wire.ended.wait()
        return wire.answer(method)

    return asyncio.run(run())


@asynccontextmanager
async def connection(
    scheduler: FakeScheduler,
    method: str,
    path: str,
    headers: Mapping[str, str],
    content: bytes = b"",
) -> AsyncIterator[Wire]:
    """Send one request; what comes back is on the wire, until the client goes away."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "api", **headers}.items())
    runner = web.AppRunner(application(cast("Scheduler", scheduler)), access_log=None)
    await runner.setup()
    try:
        assert runner.server is not None
        protocol, wire = runner.server(), Wire()
        protocol.connection_made(wire)
        protocol.data_received(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + content)
        yield wire
        protocol.connection_lost(None)
    finally:
        await runner.cleanup()
