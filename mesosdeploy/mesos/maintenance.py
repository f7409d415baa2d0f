"""Taking agents out of service through the leading master's v1 operator API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from mesosdeploy.errors import DeployError

_TIMEOUT_SECONDS = 10.0
_ENDED = frozenset({"TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_ERROR", "TASK_DROPPED"})


class Maintenance:
    """Drain and dismiss agents of one cluster; `leader` is the leading master's base URL.

    Draining kills tasks at once, with SIGTERM and the task's own grace period, and the frameworks
    start them elsewhere; it cannot be cancelled (Mesos 1.9 and later, docs/maintenance.md there).
    """

    def __init__(self, leader: str, client: httpx.Client) -> None:
        self._url, self._client = f"{leader}/api/v1", client

    def drain(self, agent_id: str, *, grace_seconds: int) -> None:
        """Begin to drain; no task of the agent gets more than `grace_seconds` to end."""
        self._call(
            "DRAIN_AGENT",
            agent_id={"value": agent_id},
            max_grace_period={"seconds": grace_seconds},
        )

    def is_drained(self, agent_id: str) -> bool:
        """Say whether no task and no operation is left on the agent.

        A task that ended keeps its agent DRAINING until its framework has acknowledged the end; of
        a framework that is not connected nobody will. Such an agent counts as drained.
        """
        answer = self._call("GET_AGENTS")
        for agent in answer.get("get_agents", {}).get("agents", []):
            if agent["agent_info"]["id"]["value"] == agent_id:
                state = agent.get("drain_info", {}).get("state")
                return state == "DRAINED" or self._only_orphans_remain(agent_id)
        return True

    def _only_orphans_remain(self, agent_id: str) -> bool:
        known = self._call("GET_FRAMEWORKS").get("get_frameworks", {}).get("frameworks", [])
        connected = {
            framework["framework_info"]["id"]["value"]
            for framework in known
            if framework.get("connected")
        }
        left = [task for task in self._tasks() if task["agent_id"]["value"] == agent_id]
        return bool(left) and all(
            task["state"] in _ENDED and task["framework_id"]["value"] not in connected
            for task in left
        )

    def _tasks(self) -> list[Mapping[str, Any]]:
        found = self._call("GET_TASKS").get("get_tasks", {})
        return [*found.get("tasks", []), *found.get("pending_tasks", [])]

    def dismiss(self, agent_id: str) -> None:
        """Tell the master that the agent never comes back; irreversible."""
        self._call("MARK_AGENT_GONE", agent_id={"value": agent_id})

    def _call(self, kind: str, **fields: object) -> Mapping[str, Any]:
        body: dict[str, object] = {"type": kind}
        if fields:
            body[kind.lower()] = fields
        try:
            answer = self._client.post(
                self._url,
                json=body,
                headers={"Accept": "application/json"},
                timeout=_TIMEOUT_SECONDS,
            )
        except httpx.HTTPError as exc:
            raise DeployError(
                f"{kind} did not reach the leading master at {self._url}: {exc}",
                hint="mesosdeploy status shows who leads; then repeat the same command",
            ) from exc
        if answer.status_code not in {httpx.codes.OK, httpx.codes.ACCEPTED}:
            raise DeployError(
                f"{kind} was refused with {answer.status_code}: {answer.text.strip()[:300]}",
                hint="an agent in a maintenance schedule cannot be drained; end that first",
            )
        found: Mapping[str, Any] = answer.json() if answer.content else {}
        return found
