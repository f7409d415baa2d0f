"""The scheduler's records of what runs and what is under way: instances, deployments, the queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mesosdeploy.services.marathon.definition import App

ActionName = Literal[
    "StartApplication", "StopApplication", "ScaleApplication", "RestartApplication"
]


class NotFoundError(Exception):
    """What a request names does not exist; the API answers 404."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ConflictError(Exception):
    """The request meets an app that exists, or that running deployments hold; 409."""

    def __init__(self, message: str, deployments: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.deployments = deployments


def timestamp(moment: datetime) -> str:
    """Write a moment as Marathon does: "2026-11-22T16:00:00.123Z"."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def moment(text: str) -> datetime:
    """Read what `timestamp` wrote."""
    return datetime.fromisoformat(text)


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One task of an app, from before its launch until after its terminal status.

    Times are written by `timestamp`; "" stands for "not yet". `version` is that of the app
    definition which it runs.
    """

    task_id: str
    app_id: str
    version: str
    state: str = "TASK_STAGING"
    agent_id: str = ""
    host: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    region: str = ""
    zone: str = ""
    ports: tuple[int, ...] = ()
    addresses: tuple[str, ...] = ()
    staged_at: str = ""
    started_at: str = ""
    healthy: bool | None = None
    health_since: str = ""
    first_success: str = ""
    last_success: str = ""
    last_failure: str = ""
    consecutive_failures: int = 0
    killing: bool = False
    unreachable_since: str = ""

    @property
    def running(self) -> bool:
        """Tell whether the task runs and nobody has asked for its end."""
        return self.state == "TASK_RUNNING" and not self.killing

    def ready(self, app: App) -> bool:
        """Tell whether it can serve: it runs, and is healthy where `app` has health checks."""
        return self.running and (self.healthy is True or not app.health_checks)


@dataclass(frozen=True, kw_only=True)
class Action:
    """What one step of a deployment does to one app."""

    action: ActionName
    app: str


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A change of one or several apps under way; the actions of one step go on together.

    `original` and `target` hold the definitions before and after, None where there is no app.
    """

    id: str
    version: str
    affected_apps: tuple[str, ...]
    steps: tuple[tuple[Action, ...], ...]
    current_step: int
    original: Mapping[str, App | None]
    target: Mapping[str, App | None]


@dataclass(frozen=True, kw_only=True)
class QueueItem:
    """An app that waits for offers, and why the last ones did not do.

    `count` instances are missing; `delay_seconds` of back-off are left.
    """

    app: App
    count: int
    delay_seconds: float
    since: str
    processed: int
    unused: int
    reject_summary: Mapping[str, int]
    rejected_total: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class TaskFailure:
    """How an app's last failed task ended."""

    app_id: str
    task_id: str
    host: str
    message: str
    state: str
    timestamp: str
    version: str
    slave_id: str
