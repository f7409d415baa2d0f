"""What is still known of agents that a new leading master has not heard of yet; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Json = Mapping[str, Any]

_REGISTRY_SECONDS: Final = 60.0
"""How long a new leader may take to read its registry (Mesos' flag registry_fetch_timeout)."""


def carry_over(previous: Json | None, state: Json, *, now: float) -> dict[str, Any]:
    """Return the state with what the previous one says of agents that are still expected back.

    A new leader learns of tasks only when their agents have re-registered: without this, names of
    running tasks would vanish for as long. `now` is a time in seconds since the epoch.
    """
    if previous is None:
        return dict(state)
    expected = _expected(previous, state, now)
    agents = [a for a in previous.get("slaves") or [] if str(a["id"]) in expected]
    if not agents:
        return dict(state)
    kept = {str(agent["id"]) for agent in agents}
    frameworks = {str(f["id"]): dict(f) for f in state.get("frameworks") or []}
    for framework in previous.get("frameworks") or []:
        tasks = [t for t in framework.get("tasks") or [] if str(t.get("slave_id")) in kept]
        if not tasks:
            continue
        found = frameworks.setdefault(str(framework["id"]), {**framework, "tasks": []})
        found["tasks"] = [*(found.get("tasks") or []), *tasks]
    return {
        **state,
        "slaves": [*(state.get("slaves") or []), *agents],
        "frameworks": list(frameworks.values()),
    }


def _expected(previous: Json, state: Json, now: float) -> set[str]:
    """Return the IDs of the agents that the leader waits for.

    It lists them in `recovered_slaves`, but answers already before it has read its registry, and
    names no agent at all until then (seen with 1.11.0).
    """
    listed = state.get("recovered_slaves") or []
    is_new = now - float(state.get("elected_time") or 0.0) < _REGISTRY_SECONDS
    if is_new and not listed and not state.get("slaves"):
        listed = previous.get("slaves") or []
    return {str(agent["id"]) for agent in listed}
