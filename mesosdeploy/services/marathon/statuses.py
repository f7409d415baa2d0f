"""What a status update of Mesos says about an instance; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from mesosdeploy.mesos.messages import TERMINAL
from mesosdeploy.services.marathon.definition import Json
from mesosdeploy.services.marathon.model import (
    Instance,
    TaskFailure,
    timestamp,
)

# The master says TASK_UNKNOWN of a task on an agent that it has never heard of, or has forgotten:
# no framework that is partition-aware will hear of such a task again (docs/reconciliation.md).
GONE_STATES = TERMINAL | {"TASK_UNKNOWN"}
_WANTED_END = frozenset({"TASK_FINISHED", "TASK_KILLED"})
_RECONCILIATION = "REASON_RECONCILIATION"


def updated(instance: Instance, status: Json, now: datetime) -> Instance:
    """Return the instance as it is after a status update."""
    state = status["state"]
    changes: dict[str, Any] = {"state": state}
    if state == "TASK_RUNNING" and not instance.started_at:
        changes["started_at"] = timestamp(now)
    if state == "TASK_UNREACHABLE":
        changes["unreachable_since"] = instance.unreachable_since or _since(status, now)
    else:
        changes["unreachable_since"] = ""
    if addresses := _addresses(status):
        changes["addresses"] = addresses
    if agent := status.get("agent_id", {}).get("value"):
        changes["agent_id"] = agent
    return replace(instance, **changes, **_health(instance, status, timestamp(now)))


def _since(status: Json, now: datetime) -> str:
    nanoseconds = status.get("unreachable_time", {}).get("nanoseconds")
    since = datetime.fromtimestamp(nanoseconds / 1e9, UTC) if nanoseconds else now
    return timestamp(since)


def _addresses(status: Json) -> tuple[str, ...]:
    networks = status.get("container_status", {}).get("network_infos", [])
    return tuple(
        address["ip_address"]
        for network in networks
        for address in network.get("ip_addresses", [])
        if "ip_address" in address
    )


def _health(instance: Instance, status: Json, now: str) -> Mapping[str, Any]:
    """Take over a health result; a reconciliation repeats the last one, it is no new result."""
    healthy = status.get("healthy")
    repeated = status.get("reason") == _RECONCILIATION and healthy == instance.healthy
    if healthy is None or repeated:
        return {}
    changes: dict[str, Any] = {"healthy": healthy}
    if healthy != instance.healthy:
        changes["health_since"] = now
    if healthy:
        first = instance.first_success or now
        return changes | {"first_success": first, "last_success": now, "consecutive_failures": 0}
    failures = instance.consecutive_failures + 1
    return changes | {"last_failure": now, "consecutive_failures": failures}


def failure(instance: Instance, message: str, now: datetime) -> TaskFailure | None:
    """Describe the end of an instance that is a failure: nobody asked for it, it did not finish.

    A task that its health check ends is one too: Mesos reports it as killed and unhealthy.
    """
    unhealthy = instance.state == "TASK_KILLED" and instance.healthy is False
    if instance.killing or (instance.state in _WANTED_END and not unhealthy):
        return None
    return TaskFailure(
        app_id=instance.app_id,
        task_id=instance.task_id,
        host=instance.host,
        message=message,
        state=instance.state,
        timestamp=timestamp(now),
        version=instance.version,
        slave_id=instance.agent_id,
    )
