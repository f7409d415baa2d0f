"""Apps as Marathon tells of them: tasks, counts, the last failure, and what keeps tasks waiting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

RUNNING = "TASK_RUNNING"


@dataclass(frozen=True, kw_only=True)
class TaskView:
    """One task; `healthy` is None without health checks or before the first result."""

    id: str
    state: str
    host: str = ""
    agent_id: str = ""
    ports: tuple[int, ...] = ()
    version: str = ""
    started_at: str = ""
    healthy: bool | None = None
    why: str = ""

    @property
    def places(self) -> str:
        """Return `host:port` of each port, or the host alone."""
        return ", ".join(f"{self.host}:{port}" for port in self.ports) or self.host


@dataclass(frozen=True, kw_only=True)
class Address:
    """A URL of an app; `through` is the machine to ask where no resolver knows the URL's name."""

    url: str
    through: str = ""

    def __str__(self) -> str:
        return f"{self.url} at {self.through}" if self.through else self.url


@dataclass(frozen=True, kw_only=True)
class Failure:
    """The last task of an app that failed; `when` is ISO 8601."""

    task_id: str
    state: str
    message: str
    host: str
    when: str
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class AppView:
    """One app: its definition as Marathon has it, what runs of it, its deployments' ids."""

    id: str
    definition: Mapping[str, Any]
    instances: int
    running: int
    staged: int
    healthy: int
    unhealthy: int
    version: str
    tasks: tuple[TaskView, ...] = ()
    deployments: tuple[str, ...] = ()
    failure: Failure | None = None

    @property
    def checked(self) -> bool:
        """Tell whether the app has health checks."""
        return bool(self.definition.get("healthChecks"))

    @property
    def ready(self) -> bool:
        """Tell whether exactly the wanted instances run, and are healthy where that is checked."""
        enough = self.running == self.instances and not self.staged
        return enough and (not self.checked or self.healthy == self.instances)

    @property
    def progress(self) -> str:
        """Return `2 of 3 run, 1 of 3 healthy`."""
        text = f"{self.running} of {self.instances} run"
        return f"{text}, {self.healthy} of {self.instances} healthy" if self.checked else text

    def as_data(self) -> dict[str, Any]:
        """Return what runs as plain data for JSON, without the definition."""
        data = asdict(replace(self, definition={}))
        del data["definition"]
        limits = {key: self.definition.get(key) for key in ("cpus", "mem", "disk")}
        return {**data, **limits, "checked": self.checked, "ready": self.ready}


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Why instances of an app are not launched: reasons in the order of Marathon's checks."""

    app_id: str
    count: int
    delay_seconds: float
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        parts = [f"{self.count} more to launch"]
        if self.delay_seconds:
            parts.append(f"delayed for {self.delay_seconds:.0f} s after failures")
        if self.reasons:
            parts.append(f"waits for offers: {', '.join(self.reasons)}")
        return "; ".join(parts)


def app_view(data: Mapping[str, Any]) -> AppView:
    """Return the view of an app's JSON with its embedded tasks."""
    return AppView(
        id=str(data["id"]),
        definition=data,
        instances=int(data.get("instances", 1)),
        running=int(data.get("tasksRunning", 0)),
        staged=int(data.get("tasksStaged", 0)),
        healthy=int(data.get("tasksHealthy", 0)),
        unhealthy=int(data.get("tasksUnhealthy", 0)),
        version=str(data.get("version", "")),
        tasks=tuple(sorted(map(_task, data.get("tasks") or ()), key=lambda one: one.id)),
        deployments=tuple(str(one["id"]) for one in data.get("deployments") or ()),
        failure=_failure(data.get("lastTaskFailure")),
    )


def _task(data: Mapping[str, Any]) -> TaskView:
    results = [one for one in data.get("healthCheckResults") or () if one]
    causes = [str(one["lastFailureCause"]) for one in results if one.get("lastFailureCause")]
    healthy = all(one.get("alive") for one in results) if results else None
    return TaskView(
        id=str(data["id"]),
        state=str(data.get("state", "")),
        host=str(data.get("host", "")),
        agent_id=str(data.get("slaveId") or ""),
        ports=tuple(int(port) for port in data.get("ports") or ()),
        version=str(data.get("version", "")),
        started_at=str(data.get("startedAt") or ""),
        healthy=healthy,
        why="" if healthy else "; ".join(causes),
    )


def _failure(data: Mapping[str, Any] | None) -> Failure | None:
    if not data:
        return None
    return Failure(
        task_id=str(data.get("taskId", "")),
        state=str(data.get("state", "")),
        message=str(data.get("message", "")),
        host=str(data.get("host", "")),
        when=str(data.get("timestamp", "")),
        version=str(data.get("version", "")),
    )


def waiting(queue: Iterable[Mapping[str, Any]]) -> dict[str, Waiting]:
    """Return why apps wait, by id, from the entries of `/v2/queue`."""
    found = {}
    for entry in queue:
        app_id = str((entry.get("app") or entry.get("pod") or {}).get("id", ""))
        delay = entry.get("delay") or {}
        summary = entry.get("processedOffersSummary") or {}
        rejected = summary.get("rejectSummaryLastOffers") or ()
        found[app_id] = Waiting(
            app_id=app_id,
            count=int(entry.get("count", 0)),
            delay_seconds=0 if delay.get("overdue") else float(delay.get("timeLeftSeconds") or 0),
            reasons=tuple(
                f"{one['reason']} {one['declined']} of {one['processed']} offers"
                for one in rejected
                if one.get("declined")
            ),
        )
    return found


def moment(text: str) -> datetime:
    """Return an ISO 8601 time of Marathon's; the beginning of all time for what is none."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


def age(text: str, now: datetime | None = None) -> str:
    """Return how long ago an ISO 8601 time was, in one unit: `40s`, `12m`, `5h`, `3d`."""
    then = moment(text)
    if then == datetime.min.replace(tzinfo=UTC):
        return "-"
    seconds = max(0, ((now or datetime.now(UTC)) - then).total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds)}s"
