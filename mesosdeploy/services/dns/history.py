"""What is still known of agents that a new leading master has not heard of yet; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]


def carry_over(previous: Json | None, state: Json) -> dict[str, Any]:
    """Return the state with what the previous one says of agents that are still expected back.

    After a failover the new leader lists them in `recovered_slaves` and knows their tasks only
    when they have re-registered: without this, names of running tasks would vanish for as long.
    """
    expected = {str(agent["id"]) for agent in state.get("recovered_slaves") or []}
    if previous is None or not expected:
        return dict(state)
    agents = [a for a in previous.get("slaves") or [] if str(a["id"]) in expected]
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
