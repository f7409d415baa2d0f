"""Draining: when an agent counts as empty. The leading master is a transport of canned answers."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from mesosdeploy.errors import DeployError
from mesosdeploy.mesos.maintenance import Maintenance

AGENT = {"value": "a1"}


def maintenance(**answers: Any) -> Maintenance:
    """Answer GET_X with what is given as `x`; these are shapes of Mesos 1.11's v1 operator API."""

    def answer(request: httpx.Request) -> httpx.Response:
        kind = json.loads(request.content)["type"].lower()
        if kind not in answers:
            return httpx.Response(400, text="no such thing")
        return httpx.Response(200, json={kind: answers[kind]})

    return Maintenance("http://leader:5050", httpx.Client(transport=httpx.MockTransport(answer)))


def agents(state: str) -> dict[str, Any]:
    return {"agents": [{"agent_info": {"id": AGENT}, "drain_info": {"state": state}}]}


def tasks(state: str, agent: str = "a1") -> dict[str, Any]:
    task = {"agent_id": {"value": agent}, "framework_id": {"value": "f1"}, "state": state}
    return {"tasks": [task]}


def frameworks(*, connected: bool) -> dict[str, Any]:
    framework = {"framework_info": {"id": {"value": "f1"}}, "connected": connected}
    return {"frameworks": [framework]}


@pytest.mark.parametrize(
    ("drain", "task", "connected", "empty"),
    [
        pytest.param("DRAINED", tasks("TASK_RUNNING", "a2"), True, True, id="drained"),
        pytest.param("DRAINING", tasks("TASK_RUNNING"), True, False, id="still-running"),
        pytest.param("DRAINING", tasks("TASK_RUNNING"), False, False, id="runs-without-framework"),
        pytest.param("DRAINING", tasks("TASK_KILLED"), True, False, id="ended-not-acknowledged"),
        pytest.param("DRAINING", tasks("TASK_KILLED"), False, True, id="ended-nobody-to-tell"),
        pytest.param("DRAINING", {}, True, False, id="operations-left"),
    ],
)
def test_agent_is_empty_when_nobody_waits_for_it(
    drain: str, task: dict[str, Any], connected: bool, empty: bool
) -> None:
    asked = maintenance(
        get_agents=agents(drain), get_tasks=task, get_frameworks=frameworks(connected=connected)
    )
    assert asked.is_drained("a1") is empty


def test_agent_that_the_master_does_not_know_is_empty() -> None:
    assert maintenance(get_agents={}).is_drained("a1")


def test_refusal_carries_what_the_master_said() -> None:
    with pytest.raises(DeployError, match="DRAIN_AGENT was refused with 400: no such thing"):
        maintenance().drain("a1", grace_seconds=5)
