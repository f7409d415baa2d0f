"""Usage as Mesos itself tells it: the leading master's summary, and each agent's containers."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from mesosdeploy.mesos.asking import Asked, Deadline, reason
from mesosdeploy.mesos.endpoints import Endpoint, Endpoints
from mesosdeploy.monitoring import client
from mesosdeploy.monitoring.client import Json, MonitoringError
from mesosdeploy.monitoring.usage import AgentUse, FrameworkUse, Share, Usage
from mesosdeploy.monitoring.usage_prometheus import framework_state

_FAILED = ("TASK_FAILED", "TASK_LOST", "TASK_ERROR", "TASK_GONE", "TASK_DROPPED")
_ENDED = (*_FAILED, "TASK_FINISHED", "TASK_KILLED")
_RESOURCES = {"cpus": "cpus", "mem_mb": "mem", "disk_mb": "disk"}
_MB = 2**20
_BROKEN = (httpx.HTTPError, ValueError, KeyError, TypeError)


@dataclass(frozen=True, kw_only=True)
class _Container:
    """One container of an agent: seconds of CPU time at a moment, and what it holds."""

    framework_id: str
    key: tuple[str, ...]
    at: float
    cpu_seconds: float
    mem_mb: float
    disk_mb: float | None


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """What one agent said; `problem` is why it did not."""

    containers: tuple[_Container, ...] = ()
    load: float | None = None
    problem: str = ""


@dataclass
class Observer:
    """Looks at a cluster again and again: what is used in a second shows from the second look on.

    `look` raises MonitoringError where no master leads.
    """

    where: Endpoints
    _before: dict[tuple[str, ...], tuple[float, float]] = field(default_factory=dict)
    _now: dict[tuple[str, ...], tuple[float, float]] = field(default_factory=dict)

    def look(self, *, timeout: float, at: float) -> Usage:
        """Ask master and agents, all within `timeout` seconds; `at` is the time, in seconds."""
        deadline = Deadline.after(timeout)
        agents, masters = self.where.agents, self.where.masters
        self._before, self._now = self._now, {}
        workers = max(1, min(len(agents) + len(masters), 64))
        with client.open_http() as http, ThreadPoolExecutor(max_workers=workers) as pool:

            def asked(place: Endpoint) -> Asked:
                return Asked(client=http, endpoint=place, deadline=deadline)

            asking = [pool.submit(_summary, asked(one)) for one in masters]
            told = {one.node: pool.submit(_agent_answer, asked(one)) for one in agents}
        answers = {node: future.result() for node, future in told.items()}
        summary = self._leaders([future.result() for future in asking])
        problems = [answer.problem for answer in answers.values() if answer.problem]
        return Usage(
            cluster=self.where.cluster,
            source="Mesos",
            agents=self._agents(summary, answers, at),
            frameworks=self._frameworks(summary, answers, at),
            problems=tuple(problems),
        )

    def _leaders(self, summaries: list[Json | str]) -> Json:
        found = [one for one in summaries if not isinstance(one, str)]
        if found:
            return found[0]
        raise MonitoringError(
            f"no master leads: {'; '.join(str(one) for one in summaries)}",
            hint="mesosdeploy doctor names causes and remedies",
        )

    def _agents(
        self, summary: Json, answers: Mapping[str, _Answer], at: float
    ) -> tuple[AgentUse, ...]:
        listed = {self.where.named(one["pid"].partition("@")[2]): one for one in summary["slaves"]}
        rows = []
        for place in self.where.agents:
            answer, entry = answers[place.node], listed.get(place.node)
            used = self._used(answer.containers) if not answer.problem else {}
            figures = self._figures(("agent", place.node), entry or {}, at) if entry else {}
            rows.append(
                AgentUse(
                    node=place.node,
                    state=_agent_state(answer, entry),
                    load=answer.load,
                    **_shares(entry or {}, used),
                    **figures,
                )
            )
        return tuple(rows)

    def _frameworks(
        self, summary: Json, answers: Mapping[str, _Answer], at: float
    ) -> tuple[FrameworkUse, ...]:
        containers = [one for answer in answers.values() for one in answer.containers]
        return tuple(
            FrameworkUse(
                id=entry["id"],
                name=entry["name"],
                state=framework_state(entry["active"], entry["connected"]),
                **_shares(
                    {"used_resources": entry["used_resources"]},
                    self._used(c for c in containers if c.framework_id == entry["id"]),
                ),
                **self._figures(("framework", entry["id"]), entry, at),
            )
            for entry in summary["frameworks"]
        )

    def _used(self, containers: Any) -> dict[str, float | None]:
        """Return what containers use; CPUs are None unless each was seen before."""
        cpus: float | None = 0.0
        mem, disks = 0.0, list[float]()
        for one in containers:
            rate = self._rate(one.key, one.at, one.cpu_seconds)
            cpus = None if cpus is None or rate is None else cpus + rate
            mem += one.mem_mb
            disks += [one.disk_mb] if one.disk_mb is not None else []
        return {"cpus": cpus, "mem_mb": mem, "disk_mb": sum(disks) if disks else None}

    def _figures(self, key: tuple[str, ...], entry: Json, at: float) -> dict[str, Any]:
        """Return counts of tasks, and how many ended in a minute since the look before."""
        ended = self._rate((*key, "ended"), at, sum(entry.get(state, 0) for state in _ENDED))
        failed = self._rate((*key, "failed"), at, sum(entry.get(state, 0) for state in _FAILED))
        return {
            "tasks": entry.get("TASK_RUNNING", 0),
            "waiting": entry.get("TASK_STAGING", 0) + entry.get("TASK_STARTING", 0),
            "ended": None if ended is None else 60 * ended,
            "failed": None if failed is None else 60 * failed,
        }

    def _rate(self, key: tuple[str, ...], at: float, value: float) -> float | None:
        """Return the growth in a second; None at first, and where the count began anew."""
        self._now[key] = (at, value)
        before_at, before = self._before.get(key, (at, value))
        if at <= before_at or value < before:
            return None
        return (value - before) / (at - before_at)


def _summary(asked: Asked) -> Json | str:
    """Return what the leader says; of another master, or none, why there is no answer."""
    try:
        found: Json = asked.json("/state-summary")
        found["slaves"], found["frameworks"]
    except _BROKEN as exc:
        return reason(exc, asked.endpoint)
    return found


def _agent_answer(asked: Asked) -> _Answer:
    try:
        containers = tuple(
            _container(asked.endpoint.node, one) for one in asked.json("/containers")
        )
        load = asked.json("/system/stats.json").get("avg_load_1min")
    except _BROKEN as exc:
        return _Answer(problem=f"{asked.endpoint.node}: {reason(exc, asked.endpoint)}")
    return _Answer(containers=containers, load=load)


def _container(node: str, one: Json) -> _Container:
    figures = one.get("statistics", {})
    disk = figures.get("disk_used_bytes")
    busy = figures.get("cpus_user_time_secs", 0.0) + figures.get("cpus_system_time_secs", 0.0)
    return _Container(
        framework_id=one["framework_id"],
        key=("container", node, one["container_id"]),
        at=figures.get("timestamp", 0.0),
        cpu_seconds=busy,
        mem_mb=figures.get("mem_rss_bytes", 0) / _MB,
        disk_mb=None if disk is None else disk / _MB,
    )


def _agent_state(answer: _Answer, entry: Json | None) -> str:
    if entry is None:
        return "does not answer" if answer.problem else "not registered"
    if answer.problem:
        return "does not answer, still registered"
    return "registered" if entry["active"] else "not active"


def _shares(entry: Json, used: Mapping[str, float | None]) -> dict[str, Any]:
    capacity, given = entry.get("resources", {}), entry.get("used_resources", {})
    return {
        row: Share(capacity=capacity.get(name), given=given.get(name), used=used.get(row))
        for row, name in _RESOURCES.items()
    }
