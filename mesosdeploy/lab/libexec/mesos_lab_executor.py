"""What the two executors share: the session with the agent over the v1 executor API.

Installed beside the executors and imported by them; Python's standard library only. An agent that
restarts ends the event stream. The session then subscribes again and repeats what the agent has
not acknowledged, so nothing that happened in the meantime is lost.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import signal
import sys
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

TERMINAL_STATES = frozenset({"TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_ERROR"})

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
# The restarted agent waits two seconds for its executors (--executor_reregistration_timeout).
_RETRY_SECONDS = 0.4
# What is left of the shutdown grace period to deliver the last updates.
_SHUTDOWN_RESERVE_SECONDS = 1.0
_DEFAULT_KILL_GRACE_SECONDS = 3.0

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


def nanoseconds(duration: Mapping[str, int] | None) -> float | None:
    """Read a DurationInfo as seconds."""
    return None if duration is None else duration["nanoseconds"] / 1e9


def kill_grace(*policies: Mapping[str, Any] | None) -> float:
    """Return the grace period in seconds of the first kill policy that states one."""
    for policy in policies:
        grace = nanoseconds((policy or {}).get("grace_period"))
        if grace is not None:
            return grace
    return _DEFAULT_KILL_GRACE_SECONDS


def status_text(status: int) -> str:
    """Describe a wait status in the words of Mesos."""
    if os.WIFEXITED(status):
        return f"exited with status {os.WEXITSTATUS(status)}"
    core = " (core dumped)" if os.WCOREDUMP(status) else ""
    return f"terminated with signal {signal.strsignal(os.WTERMSIG(status))}{core}"


def outcome(cause: str, status: int | None) -> tuple[str, Json]:
    """Return the terminal state, and the fields of its update, that follow from a wait status.

    `cause` says why the task was terminated (killed, unhealthy, overtime; empty if it was not).
    """
    message = "Command " + ("ended without a status" if status is None else status_text(status))
    if cause == "killed":
        return "TASK_KILLED", {"message": message}
    if cause == "unhealthy":
        return "TASK_KILLED", {"message": message, "healthy": False}
    if cause == "overtime":
        reason = "REASON_MAX_COMPLETION_TIME_REACHED"
        return "TASK_FAILED", {"message": message, "reason": reason}
    if status == 0:
        return "TASK_FINISHED", {"message": message}
    return "TASK_FAILED", {"message": message, "reason": "REASON_COMMAND_EXECUTOR_FAILED"}


def in_thread(target: Callable[..., object], *args: object) -> None:
    """Call a function in a thread that does not keep the executor alive."""
    threading.Thread(target=target, args=args, daemon=True).start()


def later(seconds: float, target: Callable[..., object], *args: object) -> None:
    """Call a function after a time, unless the executor has ended before."""
    timer = threading.Timer(seconds, target, args)
    timer.daemon = True
    timer.start()


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


class Executor:
    """An executor's side of the session: events in, status updates out, nothing lost between."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.agent = Agent(settings)
        self.framework: Json = {}
        # Guards the three tables below; `_sending` keeps updates in the order they were made.
        self._lock = threading.RLock()
        self._sending = threading.Lock()
        self._states: dict[str, str] = {}
        self._unacknowledged_tasks: dict[str, Json] = {}
        self._unacknowledged_updates: dict[str, Json] = {}
        self._connected = False

    # To be provided by an executor. Each handler returns quickly or works in a thread.

    def on_subscribed(self, event: Json) -> None:
        """Take what the agent tells about itself and the container."""

    def on_launch(self, tasks: list[Json]) -> None:
        """Start one task, or a group of tasks."""
        raise NotImplementedError

    def on_kill(self, task_id: str, policy: Json | None) -> None:
        """Kill a task within the grace period of its policy."""
        raise NotImplementedError

    def on_shutdown(self, grace: float) -> None:
        """Kill everything within the grace period."""
        raise NotImplementedError

    # Towards the agent.

    def accept(self, task: Json) -> None:
        """Remember a task until the agent acknowledges an update of it."""
        with self._lock:
            task_id = task["task_id"]["value"]
            self._states[task_id] = "TASK_STAGING"
            self._unacknowledged_tasks[task_id] = task

    def state(self, task_id: str) -> str | None:
        """Return the last state that was reported for a task."""
        with self._lock:
            return self._states.get(task_id)

    def ended(self, task_id: str) -> bool:
        """Tell whether a terminal state was reported for a task."""
        return self.state(task_id) in TERMINAL_STATES

    def update(self, task_id: str, state: str, **fields: object) -> None:
        """Report a state of a task, unless a later one was reported already."""
        with self._sending:
            with self._lock:
                known = self._states[task_id]
                if known in TERMINAL_STATES or (known, state) == ("TASK_KILLING", "TASK_RUNNING"):
                    return
                self._states[task_id] = state
                status = {
                    "task_id": {"value": task_id},
                    "executor_id": {"value": self.settings.executor_id},
                    "state": state,
                    "source": "SOURCE_EXECUTOR",
                    "timestamp": time.time(),
                    "uuid": base64.b64encode(uuid.uuid4().bytes).decode(),
                    **fields,
                }
                self._unacknowledged_updates[status["uuid"]] = {"status": status}
                connected = self._connected
            if connected:
                self._send({"type": "UPDATE", "update": {"status": status}})

    def can_report_killing(self) -> bool:
        """Tell whether the framework knows the state TASK_KILLING."""
        capabilities = self.framework.get("capabilities", [])
        return any(item.get("type") == "TASK_KILLING_STATE" for item in capabilities)

    def run(self) -> None:
        """Serve events until every task has ended and every update is acknowledged."""
        last_contact = time.monotonic()
        while not self._finished():
            try:
                for event in self.agent.subscribe(self._subscription()):
                    self._handle(event)
                    if self._finished():
                        return
                reason = "the event stream ended"
            except TRANSPORT_ERRORS as exc:
                reason = str(exc)
            if self._connected:
                self._connected = False
                last_contact = time.monotonic()
                log(f"disconnected from the agent: {reason}")
            self._give_up_if_alone(time.monotonic() - last_contact)
            time.sleep(_RETRY_SECONDS)

    def _give_up_if_alone(self, seconds: float) -> None:
        if not self.settings.checkpoint:
            log("the agent is gone and the framework does not checkpoint: shutting down")
        elif seconds > self.settings.recovery_timeout:
            log(f"no agent for {self.settings.recovery_timeout:.0f} seconds: shutting down")
        else:
            return
        self.on_shutdown(0.0)
        time.sleep(_SHUTDOWN_RESERVE_SECONDS)
        os._exit(1)

    def _send(self, body: Json) -> None:
        try:
            self.agent.execute(body)
        except TRANSPORT_ERRORS as exc:
            log(f"{body['type']} was not delivered and will be repeated: {exc}")

    def _subscription(self) -> Json:
        with self._lock:
            return {
                "unacknowledged_tasks": list(self._unacknowledged_tasks.values()),
                "unacknowledged_updates": list(self._unacknowledged_updates.values()),
            }

    def _finished(self) -> bool:
        with self._lock:
            states = self._states.values()
            all_ended = bool(states) and all(state in TERMINAL_STATES for state in states)
            return all_ended and not self._unacknowledged_updates

    def _handle(self, event: Json) -> None:
        kind = event["type"]
        content = event.get(kind.lower(), {})
        if kind == "SUBSCRIBED":
            self.framework = content["framework_info"]
            self.on_subscribed(content)
            with self._lock:
                self._connected = True
            log("subscribed")
        elif kind == "LAUNCH":
            self.on_launch([content["task"]])
        elif kind == "LAUNCH_GROUP":
            self.on_launch(content["task_group"]["tasks"])
        elif kind == "ACKNOWLEDGED":
            with self._lock:
                self._unacknowledged_tasks.pop(content["task_id"]["value"], None)
                self._unacknowledged_updates.pop(content["uuid"], None)
        elif kind == "KILL":
            self.on_kill(content["task_id"]["value"], content.get("kill_policy"))
        elif kind == "SHUTDOWN":
            in_thread(self._shut_down)
        elif kind == "ERROR":
            log(f"the agent reports an error: {content['message']}")

    def _shut_down(self) -> None:
        log("shutting down")
        reserve = _SHUTDOWN_RESERVE_SECONDS
        deadline = time.monotonic() + self.settings.shutdown_grace + reserve
        self.on_shutdown(max(self.settings.shutdown_grace - reserve, 0.0))
        while time.monotonic() < deadline and not self._finished():
            time.sleep(0.05)
        os._exit(0)
