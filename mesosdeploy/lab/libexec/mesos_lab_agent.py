"""The agent as an executor sees it: what it passes in the environment, and its HTTP API.

Installed beside the executors and imported by them; Python's standard library only.
"""

from __future__ import annotations

import http.client
import json
import re
import sys
import time
import urllib.parse
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

# Seconds in each unit of the library's text form of a duration, such as "15mins".
_UNITS = {
    "ns": 1e-9,
    "us": 1e-6,
    "ms": 1e-3,
    "secs": 1.0,
    "mins": 60.0,
    "hrs": 3600.0,
    "days": 86400.0,
    "weeks": 604800.0,
}
_DURATION = re.compile(r"([\d.]+)([a-z]+)")
_CALL_TIMEOUT_SECONDS = 10.0

# Transport failures of any kind, and answers that are not what the API promises.
TRANSPORT_ERRORS = (OSError, http.client.HTTPException, ValueError)


def log(message: str) -> None:
    """Write a line to the standard error of the sandbox."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {message}\n")
    sys.stderr.flush()


def parse_duration(text: str | None, default: float) -> float:
    """Read a duration such as "15mins" as seconds."""
    match = _DURATION.fullmatch(text or "")
    return float(match[1]) * _UNITS[match[2]] if match else default


@dataclass(frozen=True)
class Settings:
    """What the agent tells an executor through its environment; durations in seconds."""

    framework_id: str
    executor_id: str
    agent: str
    agent_process: str
    token: str | None
    checkpoint: bool
    recovery_timeout: float
    shutdown_grace: float

    @classmethod
    def take(cls, environment: MutableMapping[str, str]) -> Settings:
        """Read the settings and remove the token, which tasks must not inherit."""
        return cls(
            framework_id=environment["MESOS_FRAMEWORK_ID"],
            executor_id=environment["MESOS_EXECUTOR_ID"],
            agent=environment["MESOS_AGENT_ENDPOINT"],
            agent_process=environment.get("MESOS_SLAVE_PID", "slave(1)@").split("@")[0],
            token=environment.pop("MESOS_EXECUTOR_AUTHENTICATION_TOKEN", None),
            checkpoint=environment.get("MESOS_CHECKPOINT") == "1",
            recovery_timeout=parse_duration(environment.get("MESOS_RECOVERY_TIMEOUT"), 900.0),
            shutdown_grace=parse_duration(
                environment.get("MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD"), 5.0
            ),
        )


class Agent:
    """The HTTP API of the agent that started this executor."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._prefix = "/" + urllib.parse.quote(settings.agent_process, safe="()")
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if settings.token:
            self._headers["Authorization"] = f"Bearer {settings.token}"

    def post(self, path: str, body: Json, timeout: float | None) -> http.client.HTTPResponse:
        """Send a call and return the response with its body unread."""
        host, _, port = self._settings.agent.rpartition(":")
        connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=timeout)
        connection.request("POST", self._prefix + path, json.dumps(body), self._headers)
        return connection.getresponse()

    def operate(self, body: Json, timeout: float | None) -> tuple[int, Json]:
        """Send a call of the operator API; returns status and answer (empty if not JSON)."""
        with self.post("/api/v1", body, timeout) as response:
            content = response.read()
        is_json = response.headers.get_content_type() == "application/json"
        return response.status, json.loads(content) if content and is_json else {}

    def execute(self, body: Json) -> None:
        """Send a call of the executor API."""
        with self.post("/api/v1/executor", self._signed(body), _CALL_TIMEOUT_SECONDS) as response:
            if response.status != http.HTTPStatus.ACCEPTED:
                log(
                    f"the agent refused {body['type']}: {response.status} {response.read()[:200]!r}"
                )

    def subscribe(self, subscription: Json) -> Iterator[Json]:
        """Subscribe and yield events until the stream ends; raises one of TRANSPORT_ERRORS."""
        body = self._signed({"type": "SUBSCRIBE", "subscribe": subscription})
        with self.post("/api/v1/executor", body, None) as response:
            if response.status != http.HTTPStatus.OK:
                raise OSError(f"subscribing: {response.status} {response.read()[:200]!r}")
            # RecordIO: the length of a record in decimal, a line feed, the record.
            while length := response.readline():
                yield json.loads(response.read(int(length)))

    def _signed(self, body: Json) -> Json:
        return body | {
            "framework_id": {"value": self._settings.framework_id},
            "executor_id": {"value": self._settings.executor_id},
        }
