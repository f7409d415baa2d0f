"""What the two executors share: the session with the agent, and how a task ends.

Installed beside the executors and imported by them; Python's standard library only. An agent that
restarts ends the event stream. The session then subscribes again and repeats what the agent has
not acknowledged, so nothing that happened in the meantime is lost.
"""

from __future__ import annotations

import base64
import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from mesos_lab_agent import TRANSPORT_ERRORS, Agent, Settings, log

Json = dict[str, Any]

TERMINAL_STATES = frozenset({"TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_ERROR"})

# The restarted agent waits two seconds for its executors (--executor_reregistration_timeout).
_RETRY_SECONDS = 0.4
# What is left of the shutdown grace period to deliver the last updates.
_SHUTDOWN_RESERVE_SECONDS = 1.0
_DEFAULT_KILL_GRACE_SECONDS = 3.0


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
        self._subscribed_with: set[str] = set()
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
                status: Json = {
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
            in_thread(self._repeat, body)

    def _repeat(self, body: Json) -> None:
        """Send an update again until the agent takes it or a new subscription carries it."""
        while True:
            time.sleep(_RETRY_SECONDS)
            with self._lock:
                pending = body["update"]["status"]["uuid"] in self._unacknowledged_updates
                if not (self._connected and pending):
                    return
            try:
                self.agent.execute(body)
            except TRANSPORT_ERRORS:
                continue
            return

    def _send_what_came_meanwhile(self) -> None:
        """Be connected, and send updates that were made after the subscription was written."""
        with self._sending:
            with self._lock:
                self._connected = True
                late = [
                    update
                    for key, update in self._unacknowledged_updates.items()
                    if key not in self._subscribed_with
                ]
            for update in late:
                self._send({"type": "UPDATE", "update": update})

    def _subscription(self) -> Json:
        with self._lock:
            self._subscribed_with = set(self._unacknowledged_updates)
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
            self._send_what_came_meanwhile()
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
