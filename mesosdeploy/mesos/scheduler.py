"""A small v1 scheduler: a smoke task on each agent, and a task that stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import httpx

from mesosdeploy.errors import VerifyError
from mesosdeploy.mesos import messages, sandbox
from mesosdeploy.mesos.asking import Deadline, client
from mesosdeploy.mesos.connection import Connection
from mesosdeploy.mesos.endpoints import Endpoints
from mesosdeploy.mesos.messages import TaskRequest
from mesosdeploy.mesos.task_run import TaskRun

_NAME = "mesosdeploy-verify"


@dataclass(frozen=True, kw_only=True)
class TaskResult:
    """How a task ended on one agent; `problem` is empty for one that finished and was read."""

    node: str
    task_id: str
    state: str
    message: str
    output: str
    problem: str


class SmokeScheduler:
    """Run a command once on each of some agents; nothing of it stays registered."""

    def __init__(self, where: Endpoints, *, timeout: float = 20) -> None:
        self._where = where
        self._timeout = timeout

    def run_task(self, task: TaskRequest, agents: Mapping[str, str]) -> dict[str, TaskResult]:
        """Run `task` on each agent of `agents` (node to agent id) and read its stdout back.

        Returns a result for each node, also for those whose task did not finish in time. Raises
        VerifyError when no master takes the scheduler, or one hangs up on it.
        """
        deadline = Deadline.after(self._timeout)
        info = messages.framework(_NAME, user=task.user, failover_timeout=0)
        run = TaskRun(task, agents.values())
        with Connection.open(self._where, info, deadline) as connection:
            try:
                follow(connection, run, deadline)
                return {
                    node: self._result(run, node=node, agent=agent)
                    for node, agent in agents.items()
                }
            finally:
                connection.teardown()

    def _result(self, run: TaskRun, *, node: str, agent: str) -> TaskResult:
        status, output = run.last(agent), ""
        problem = run.problem(agent, self._timeout) or _failure(status)
        if not problem:
            endpoint = next(one for one in self._where.agents if one.node == node)
            try:
                output = sandbox.read(endpoint, run.tasks[agent])
            except VerifyError as exc:
                problem = exc.message
        return TaskResult(
            node=node,
            task_id=run.tasks.get(agent, ""),
            state=status.get("state", ""),
            message=status.get("message", ""),
            output=output,
            problem=problem,
        )


def follow(connection: Connection, run: TaskRun, deadline: Deadline) -> None:
    """Answer events until every task of the run is done or the deadline passes."""
    if run.done:
        return
    for event in connection.events(deadline):
        for call in run.react(event):
            connection.call(call)
        if run.done:
            return


def _failure(status: Mapping[str, Any]) -> str:
    """Say how a task ended that did not finish."""
    state = status.get("state", "")
    if state == "TASK_FINISHED":
        return ""
    reason, message = status.get("reason", "no reason"), status.get("message", "no message")
    return f"the task ended as {state} ({reason}): {message}"


def _require_running(run: TaskRun, *, node: str, agent: str, seconds: float) -> None:
    problem, status = run.problem(agent, seconds), run.last(agent)
    if problem or status.get("state") != "TASK_RUNNING":
        raise VerifyError(f"{node}: {problem or _failure(status)}")


@dataclass(frozen=True, kw_only=True)
class LongTask:
    """A running task whose scheduler is gone: the master keeps both for the failover timeout."""

    where: Endpoints
    framework_id: str
    task_id: str
    node: str

    @classmethod
    def launch(
        cls,
        where: Endpoints,
        task: TaskRequest,
        agent: tuple[str, str],
        *,
        failover_timeout: float = 3600,
        timeout: float = 20,
    ) -> Self:
        """Start `task` on `agent` (node, agent id), wait until it runs, and hang up.

        Raises VerifyError when it does not run after `timeout` seconds; nothing stays then.
        """
        node, agent_id = agent
        deadline = Deadline.after(timeout)
        info = messages.framework(task.name, user=task.user, failover_timeout=failover_timeout)
        run = TaskRun(task, [agent_id], until=["TASK_RUNNING"])
        with Connection.open(where, info, deadline) as connection:
            try:
                follow(connection, run, deadline)
                _require_running(run, node=node, agent=agent_id, seconds=timeout)
            except BaseException:
                connection.teardown()
                raise
            return cls(
                where=where,
                framework_id=connection.framework_id,
                task_id=run.tasks[agent_id],
                node=node,
            )

    def state(self, *, timeout: float = 2) -> str:
        """Return the task's state as the leading master tells it; empty if it knows no such task.

        Raises VerifyError when there is no leading master to ask.
        """
        answer = ask_leader(
            self.where,
            "/tasks",
            query={"task_id": self.task_id, "framework_id": self.framework_id},
            timeout=timeout,
        )
        tasks: Sequence[Mapping[str, Any]] = answer.json()["tasks"]
        return next((str(one["state"]) for one in tasks if one["id"] == self.task_id), "")

    def end(self, *, timeout: float = 5) -> None:
        """Kill the task and remove its framework."""
        form = {"frameworkId": self.framework_id}
        ask_leader(self.where, "/teardown", form=form, timeout=timeout)


def ask_leader(
    where: Endpoints,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    timeout: float,
) -> httpx.Response:
    """Return the leading master's answer to GET `path`, or to POST when there is a `form`.

    The leader is the master that does not redirect. Raises VerifyError with every master's answer
    when none leads.
    """
    deadline, answers = Deadline.after(timeout), []
    with client() as http:
        for master in where.masters:
            url, method = f"{master.url}{path}", "POST" if form else "GET"
            try:
                answer = http.request(method, url, params=query, data=form, timeout=deadline.left)
            except httpx.HTTPError as exc:
                answers.append(f"{master.node}: {exc or type(exc).__name__}")
                continue
            if answer.status_code == httpx.codes.OK:
                return answer
            if answer.status_code != httpx.codes.TEMPORARY_REDIRECT:
                answers.append(f"{master.node} answered {answer.status_code} {answer.text[:100]}")
    raise VerifyError(f"no leading master answers {path}: {'; '.join(answers) or 'none leads'}")
