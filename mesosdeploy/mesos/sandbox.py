"""Read what a task wrote: its sandbox, through its agent."""

from __future__ import annotations

from typing import Any

import httpx
import tenacity

from mesosdeploy.errors import VerifyError
from mesosdeploy.mesos.asking import Deadline, client
from mesosdeploy.mesos.endpoints import Endpoint

_LONGEST = 65536


def read(agent: Endpoint, task_id: str, *, name: str = "stdout", timeout: float = 5) -> str:
    """Return the first 64 KiB of a file in the sandbox of a command task.

    The task's executor, which has the task's id, may be running or completed, its framework too.
    Raises VerifyError when the agent does not know the task or has no such file.
    """
    deadline = Deadline.after(timeout)
    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_delay(timeout),
        wait=tenacity.wait_fixed(0.2),
        retry=tenacity.retry_if_exception_type((httpx.HTTPError, LookupError)),
        reraise=True,
    )
    try:
        with client() as http:
            return str(retrying(_read, http, agent, (task_id, name), deadline))
    except (httpx.HTTPError, LookupError, ValueError) as exc:
        raise VerifyError(
            f"the {name} of task {task_id} cannot be read from {agent.node}"
            f" ({agent.authority}): {exc}"
        ) from exc


def _read(http: httpx.Client, agent: Endpoint, file: tuple[str, str], deadline: Deadline) -> str:
    task_id, name = file
    state = http.get(f"{agent.url}/state", timeout=deadline.left).raise_for_status().json()
    path = f"{directory(state, task_id)}/{name}"
    answer = http.get(
        f"{agent.url}/files/read",
        params={"path": path, "offset": 0, "length": _LONGEST},
        timeout=deadline.left,
    )
    return str(answer.raise_for_status().json()["data"])


def directory(state: dict[str, Any], task_id: str) -> str:
    """Find the sandbox of a command task in an agent's `/state`; LookupError if it is unknown."""
    for frameworks in ("frameworks", "completed_frameworks"):
        for framework in state.get(frameworks, ()):
            for executors in ("executors", "completed_executors"):
                for executor in framework.get(executors, ()):
                    if executor["id"] == task_id:
                        return str(executor["directory"])
    raise LookupError(f"the agent knows no task {task_id}")
