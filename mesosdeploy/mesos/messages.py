"""The v1 scheduler API's messages that a small scheduler needs, as plain JSON dictionaries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Message = dict[str, Any]

TERMINAL = frozenset(
    {
        "TASK_FINISHED",
        "TASK_FAILED",
        "TASK_KILLED",
        "TASK_ERROR",
        "TASK_LOST",
        "TASK_DROPPED",
        "TASK_GONE",
        "TASK_GONE_BY_OPERATOR",
    }
)


@dataclass(frozen=True, kw_only=True)
class TaskRequest:
    """A shell command, and the resources and the user that it runs with."""

    command: str
    name: str = "mesosdeploy-verify"
    cpus: float = 0.1
    mem_mb: float = 32
    user: str = "root"

    def fits(self, offer: Mapping[str, Any]) -> bool:
        """Tell whether an offer's unreserved resources hold this task."""
        return offered(offer, "cpus") >= self.cpus and offered(offer, "mem") >= self.mem_mb

    def __str__(self) -> str:
        return f"{self.cpus:g} cpus and {self.mem_mb:g} MB of memory"


def offered(offer: Mapping[str, Any], name: str) -> float:
    """Return how much of one scalar resource an offer holds, reservations left out."""
    return sum(
        float(resource["scalar"]["value"])
        for resource in offer.get("resources", ())
        if resource["name"] == name
        and resource.get("role", "*") == "*"
        and not resource.get("reservations")
    )


def framework(name: str, *, user: str, failover_timeout: float) -> Message:
    """Return the FrameworkInfo of a scheduler that checkpoints; `failover_timeout` in seconds."""
    return {
        "user": user,
        "name": name,
        "roles": ["*"],
        "checkpoint": True,
        "failover_timeout": failover_timeout,
        "capabilities": [{"type": "MULTI_ROLE"}],
    }


def subscribe(info: Message) -> Message:
    """Return the first call of a scheduler."""
    return {"type": "SUBSCRIBE", "subscribe": {"framework_info": info}}


def launch(offer: Mapping[str, Any], task_id: str, task: TaskRequest) -> Message:
    """Accept an offer with one command task."""
    info = {
        "name": task.name,
        "task_id": {"value": task_id},
        "agent_id": offer["agent_id"],
        "command": {"shell": True, "value": task.command, "user": task.user},
        "resources": [_scalar("cpus", task.cpus), _scalar("mem", task.mem_mb)],
    }
    return accept(offer, [info], seconds=3600)


def accept(offer: Mapping[str, Any], tasks: Iterable[Message], *, seconds: float) -> Message:
    """Launch tasks on an offer, and refuse the rest of it for `seconds`."""
    return {
        "type": "ACCEPT",
        "accept": {
            "offer_ids": [offer["id"]],
            "operations": [{"type": "LAUNCH", "launch": {"task_infos": list(tasks)}}],
            "filters": {"refuse_seconds": seconds},
        },
    }


def _scalar(name: str, value: float) -> Message:
    return {"name": name, "type": "SCALAR", "scalar": {"value": value}}


def decline(offers: Iterable[Mapping[str, Any]], *, seconds: float) -> Message:
    """Give offers back and ask for no others from these agents for `seconds`."""
    return {
        "type": "DECLINE",
        "decline": {
            "offer_ids": [offer["id"] for offer in offers],
            "filters": {"refuse_seconds": seconds},
        },
    }


def acknowledge(status: Mapping[str, Any]) -> Message:
    """Acknowledge a status update, which must carry a `uuid`."""
    return {
        "type": "ACKNOWLEDGE",
        "acknowledge": {
            "agent_id": status["agent_id"],
            "task_id": status["task_id"],
            "uuid": status["uuid"],
        },
    }


def teardown() -> Message:
    """End the framework with all that it runs."""
    return {"type": "TEARDOWN"}
