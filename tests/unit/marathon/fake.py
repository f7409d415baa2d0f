"""A Marathon in memory behind httpx.MockTransport, for tests that may open no socket.

It stands in for the answers alone, at once and in the shapes of Marathon's REST reference: what a
real scheduler does with the calls is tested in tests/services/app.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

Json = dict[str, Any]
Answer = Callable[[httpx.Request], httpx.Response]


class FakeMarathon:
    """Apps that run as soon as they are sent; `overrides` answer a call before anything else.

    `calls` lists `METHOD /path?query` of every request, in order.
    """

    def __init__(self) -> None:
        self.apps: dict[str, Json] = {}
        self.deployments: list[Json] = []
        self.queue: list[Json] = []
        self.versions: dict[str, list[Json]] = {}
        self.overrides: dict[str, Answer | Exception] = {}
        self.calls: list[str] = []
        self.requests: list[httpx.Request] = []
        self._serial = 0

    def http(self) -> httpx.Client:
        """Return a client whose every request is answered here."""
        return httpx.Client(transport=httpx.MockTransport(self.handle))

    def put(self, app: Json, **runtime: Any) -> Json:
        """Make an app run, with defaults and counts as Marathon tells them."""
        self._serial += 1
        version = f"2026-11-22T16:00:{self._serial:02d}.000Z"
        count = app.get("instances", 1)
        checks = app.get("healthChecks")
        tasks = [task(app["id"], n, healthy=True if checks else None) for n in range(count)]
        shown = {
            "instances": 1,
            "cpus": 1,
            "mem": 128,
            "portDefinitions": [{"port": 10000, "name": "default", "protocol": "tcp"}],
            **app,
            "version": version,
            "tasksRunning": count,
            "tasksStaged": 0,
            "tasksHealthy": count if checks else 0,
            "tasksUnhealthy": 0,
            "tasks": tasks,
            "deployments": [],
            **runtime,
        }
        self.apps[app["id"]] = shown
        self.versions.setdefault(app["id"], []).append(shown)
        return shown

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        path, query = request.url.path, request.url.query.decode()
        self.calls.append(f"{request.method} {path}" + (f"?{query}" if query else ""))
        self.requests.append(request)
        override = self.overrides.get(f"{request.method} {path}")
        if isinstance(override, Exception):
            raise override
        if override is not None:
            return override(request)
        if path == "/v2/deployments":
            return httpx.Response(200, json=self.deployments)
        if path.startswith("/v2/deployments/"):
            return httpx.Response(200, json={"deploymentId": "undo", "version": "v"})
        if path == "/v2/queue":
            return httpx.Response(200, json={"queue": self.queue})
        if path == "/v2/apps" and request.method == "GET":
            return httpx.Response(200, json={"apps": list(self.apps.values())})
        return self._app(request, path.removeprefix("/v2/apps") or "/")

    def _app(self, request: httpx.Request, app_id: str) -> httpx.Response:
        body = json.loads(request.content) if request.content else {}
        done = httpx.Response(200, json={"deploymentId": "d1", "version": "v"})
        if request.method == "PUT":
            whole = request.url.params.get("partialUpdate") == "false"
            for each in body if app_id == "/" else [body]:
                self.put(each if whole else {**self.apps[app_id], **each})
            return done
        base, found, rest = app_id.partition("/versions")
        if found:
            return self._version(base, rest.strip("/"))
        if app_id.removesuffix("/restart") in self.apps and request.method == "POST":
            return done
        if app_id not in self.apps:
            return httpx.Response(404, json={"message": f"App '{app_id}' does not exist"})
        shown = self.apps[app_id]
        if request.method == "DELETE":
            del self.apps[app_id]
        return done if request.method == "DELETE" else httpx.Response(200, json={"app": shown})

    def _version(self, app_id: str, version: str) -> httpx.Response:
        known = {each["version"]: each for each in self.versions[app_id]}
        if not version:
            return httpx.Response(200, json={"versions": list(known)})
        return httpx.Response(200, json=known[version])


def task(app_id: str, number: int, *, healthy: bool | None = None) -> Json:
    """Return a running task of an app as Marathon tells of it."""
    results = [] if healthy is None else [{"alive": healthy, "lastFailureCause": "got 500"}]
    return {
        "id": f"{app_id.strip('/').replace('/', '_')}.instance-{number:08d}-uuid._app.1",
        "appId": app_id,
        "host": f"10.0.0.{number + 1}",
        "ports": [31000 + number],
        "state": "TASK_RUNNING",
        "startedAt": "2026-11-22T16:00:00.000Z",
        "version": "v",
        "slaveId": f"S{number}",
        "healthCheckResults": results,
    }


def failure(number: int = 0) -> Json:
    """Return a `lastTaskFailure`."""
    return {
        "taskId": f"web.instance-{number:08d}-dead._app.1",
        "host": "10.0.0.1",
        "state": "TASK_FAILED",
        "message": "Command exited with status 1",
        "timestamp": "2026-11-22T16:00:00.000Z",
        "version": "v",
    }
