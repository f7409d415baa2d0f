"""Checks and health checks of a task, for both executors; Python's standard library only.

A probe is one attempt. It returns an exit code (COMMAND), a status code (HTTP) or whether a
connection was possible (TCP), and None if the attempt itself failed or took too long.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from mesos_lab_agent import log
from mesos_lab_executor import in_thread, kill_grace, later, nanoseconds

Json = dict[str, Any]
Result = int | bool | None
Probe = Callable[[], Result]
# Runs a CommandInfo within a number of seconds (None: no limit); its exit code, None on timeout.
CommandRunner = Callable[[Json, float | None], int | None]

_LOCALHOST = "127.0.0.1"
# Field and value of the result of each kind, in a CheckStatusInfo.
_RESULT_FIELDS = {"COMMAND": "exit_code", "HTTP": "status_code", "TCP": "succeeded"}


def check_kind(check: Json) -> str:
    """Return COMMAND, HTTP or TCP; old frameworks set the field but not the type."""
    if check.get("type", "UNKNOWN") != "UNKNOWN":
        return str(check["type"])
    return next(kind for kind in _RESULT_FIELDS if kind.lower() in check)


def check_status(kind: str, result: Result) -> Json:
    """Build a CheckStatusInfo; without a result it says that there is none yet."""
    value = {} if result is None else {_RESULT_FIELDS[kind]: result}
    return {"type": kind, kind.lower(): value}


def is_healthy(kind: str, result: Result) -> bool:
    """Judge the result of a health check: exit code 0, status code 200 to 399, a connection."""
    if kind == "COMMAND":
        return result is not None and result == 0
    if kind == "HTTP":
        return result is not None and 200 <= result < 400
    return bool(result)


def make_probe(check: Json, run_command: CommandRunner) -> Probe:
    """Turn a CheckInfo or a HealthCheck into a probe."""
    kind = check_kind(check)
    # Zero means that an attempt may take as long as it likes.
    timeout = check.get("timeout_seconds", 20.0) or None
    if kind == "COMMAND":
        # A CheckInfo wraps the command in a message of its own, a HealthCheck does not.
        command = check["command"]
        command = command["command"] if isinstance(command.get("command"), dict) else command
        return lambda: run_command(command, timeout)
    if kind == "HTTP":
        return lambda: _http_status(check["http"], timeout)
    return lambda: _can_connect(check["tcp"]["port"], timeout)


def _http_status(target: Json, timeout: float | None) -> int | None:
    if target.get("scheme", "http") == "https":
        # As upstream's checker: what is asked is whether the task answers, not who it is.
        context = ssl._create_unverified_context()  # noqa: S323
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            _LOCALHOST, target["port"], timeout=timeout, context=context
        )
    else:
        connection = http.client.HTTPConnection(_LOCALHOST, target["port"], timeout=timeout)
    try:
        connection.request("GET", target.get("path", "/"))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _can_connect(port: int, timeout: float | None) -> bool:
    try:
        socket.create_connection((_LOCALHOST, port), timeout).close()
    except OSError:
        return False
    return True


def watch_check(
    check: Json, probe: Probe, stopped: threading.Event, report: Callable[[Json], None]
) -> None:
    """Probe until `stopped`; report each CheckStatusInfo that differs from the one before."""
    kind = check_kind(check)
    last = check_status(kind, None)
    if stopped.wait(check.get("delay_seconds", 15.0)):
        return
    while True:
        status = check_status(kind, probe())
        if stopped.is_set():
            return
        if status != last:
            report(status)
        last = status
        if stopped.wait(check.get("interval_seconds", 10.0)):
            return


def watch_health(
    check: Json, probe: Probe, stopped: threading.Event, report: Callable[[bool, bool], None]
) -> None:
    """Probe until `stopped`; report (healthy, kill) for each failure and each recovery.

    Until the first success, failures within the grace period do not count.
    """
    kind = check_kind(check)
    started = time.monotonic()
    failures, proven = 0, False
    if stopped.wait(check.get("delay_seconds", 15.0)):
        return
    while True:
        healthy = is_healthy(kind, probe())
        if stopped.is_set():
            return
        in_grace = time.monotonic() - started <= check.get("grace_period_seconds", 10.0)
        if healthy:
            if failures or not proven:
                report(True, False)
            failures, proven = 0, True
        elif proven or not in_grace:
            failures += 1
            log(f"{kind} health check failed {failures} times in a row")
            report(False, failures >= check.get("consecutive_failures", 3))
        else:
            log(f"ignoring a failed {kind} health check: still in the grace period")
        if stopped.wait(check.get("interval_seconds", 10.0)):
            return


class Reporter(Protocol):
    """What takes the states of a task."""

    def update(self, task_id: str, state: str, **fields: object) -> None:
        """Report a state of a task."""


class TaskWatch:
    """Reports a task as running, and then what its checks and its time limit say."""

    def __init__(
        self,
        reporter: Reporter,
        task: Json,
        run_command: CommandRunner,
        terminate: Callable[[str, float], None],
    ) -> None:
        self._reporter = reporter
        self._task = task
        self._task_id = str(task["task_id"]["value"])
        self._run_command = run_command
        self._terminate = terminate
        self._stopped = threading.Event()
        # What every update repeats: the last results of the check and the health check.
        self._facts: Json = {}

    def start(self) -> None:
        """Report TASK_RUNNING and begin to watch."""
        check, health = self._task.get("check"), self._task.get("health_check")
        if check:
            self._facts["check_status"] = check_status(check_kind(check), None)
        self._reporter.update(self._task_id, "TASK_RUNNING", **self._facts)
        if check:
            probe = make_probe(check, self._run_command)
            in_thread(watch_check, check, probe, self._stopped, self._checked)
        if health:
            probe = make_probe(health, self._run_command)
            in_thread(watch_health, health, probe, self._stopped, self._health_checked)
        limit = nanoseconds(self._task.get("max_completion_time"))
        if limit is not None:
            later(limit, self._terminate, "overtime", 0.0)

    def stop(self) -> None:
        """Stop checking; what is under way reports nothing any more."""
        self._stopped.set()

    def _checked(self, status: Json) -> None:
        self._facts["check_status"] = status
        self._report("REASON_TASK_CHECK_STATUS_UPDATED")

    def _health_checked(self, healthy: bool, kill: bool) -> None:
        self._facts["healthy"] = healthy
        self._report("REASON_TASK_HEALTH_CHECK_STATUS_UPDATED")
        if kill:
            self._terminate("unhealthy", kill_grace(self._task.get("kill_policy")))

    def _report(self, reason: str) -> None:
        self._reporter.update(self._task_id, "TASK_RUNNING", reason=reason, **self._facts)
