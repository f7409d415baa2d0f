"""Decide what a scheduler says to each event until one task on each wanted agent is done; pure."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from mesosdeploy.mesos import messages
from mesosdeploy.mesos.messages import Message, TaskRequest

_UNWANTED_SECONDS = 3600
_TOO_SMALL_SECONDS = 1


class TaskRun:
    """One task for each agent id: launched from the first offer that holds it.

    A task is done when it reaches a state of `until`, or a terminal one.
    """

    def __init__(
        self, task: TaskRequest, agents: Iterable[str], *, until: Iterable[str] = ()
    ) -> None:
        self._task = task
        self._until = messages.TERMINAL | set(until)
        self._statuses: dict[str, list[dict[str, Any]]] = {agent: [] for agent in agents}
        self._too_small: dict[str, str] = {}
        self.tasks: dict[str, str] = {}

    @property
    def done(self) -> bool:
        """Tell whether every agent's task is done."""
        return all(self._is_done(agent) for agent in self._statuses)

    def last(self, agent: str) -> Mapping[str, Any]:
        """Return the last status update of the agent's task; empty when none came."""
        seen = self._statuses[agent]
        return seen[-1] if seen else {}

    def _is_done(self, agent: str) -> bool:
        return self.last(agent).get("state") in self._until

    def react(self, event: Mapping[str, Any]) -> list[Message]:
        """Return the calls that answer one event of the stream."""
        if event["type"] == "OFFERS":
            return self._offers(event["offers"]["offers"])
        if event["type"] == "UPDATE":
            return self._update(event["update"]["status"])
        return []

    def _offers(self, offers: list[Mapping[str, Any]]) -> list[Message]:
        calls: list[Message] = []
        unwanted, too_small = [], []
        for offer in offers:
            agent = offer["agent_id"]["value"]
            if agent not in self._statuses or agent in self.tasks:
                unwanted.append(offer)
            elif self._task.fits(offer):
                self.tasks[agent] = f"{self._task.name}.{uuid.uuid4()}"
                calls.append(messages.launch(offer, self.tasks[agent], self._task))
            else:
                cpus, mem = messages.offered(offer, "cpus"), messages.offered(offer, "mem")
                self._too_small[agent] = f"only {cpus:g} cpus and {mem:g} MB of memory"
                too_small.append(offer)
        if unwanted:
            calls.append(messages.decline(unwanted, seconds=_UNWANTED_SECONDS))
        if too_small:
            calls.append(messages.decline(too_small, seconds=_TOO_SMALL_SECONDS))
        return calls

    def _update(self, status: dict[str, Any]) -> list[Message]:
        ours = {task: agent for agent, task in self.tasks.items()}
        agent = ours.get(status["task_id"]["value"])
        if agent is not None and not self._is_done(agent):
            self._statuses[agent].append(status)
        return [messages.acknowledge(status)] if status.get("uuid") else []

    def problem(self, agent: str, seconds: float) -> str:
        """Say what kept the agent's task from being done within `seconds`; empty if it is done."""
        if self._is_done(agent):
            return ""
        if agent in self.tasks:
            states = [status["state"] for status in self._statuses[agent]]
            seen = f"was seen as {', '.join(states)}" if states else "has had no status update"
            return f"the task was launched and {seen}, but not done after {seconds:g} s"
        offer = self._too_small.get(agent, "nothing")
        return f"the agent offered {offer} within {seconds:g} s; the task needs {self._task}"
