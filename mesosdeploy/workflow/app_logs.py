"""`app logs`: what the tasks of an app wrote, as one stream with the task before each line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mesosdeploy.errors import DeployError, UsageError
from mesosdeploy.marathon.failures import NoAnswerError
from mesosdeploy.marathon.views import AppView, TaskView, moment
from mesosdeploy.workflow.app import Target, find
from mesosdeploy.workflow.app_sandbox import SandboxFile
from mesosdeploy.workflow.machines import in_parallel

_POLL_SECONDS = 1.0
_SHORT = 8
_RECENT = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Query:
    """Which lines are wanted: of which app and task (a part of its id), how many of each task."""

    app_id: str
    task: str = ""
    file: str = "stdout"
    lines: int = 20


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line that a task wrote."""

    host: str
    task: str
    text: str

    @property
    def prefix(self) -> str:
        """Return `host/task`, the task by the end of its UUID."""
        return f"{self.host}/{short(self.task)}"


def short(task_id: str) -> str:
    """Return the first characters of the UUID in a task's id, which tell tasks apart."""
    unique = task_id.partition(".instance-")[2] or task_id.rpartition(".")[2] or task_id
    return unique[:_SHORT]


def _chosen(target: Target, query: Query) -> list[TaskView]:
    return select(find(target, query.app_id), query, now=datetime.now(UTC))


@dataclass
class _Open:
    """A task's file while it is read."""

    task: TaskView
    file: SandboxFile

    def lines(self, texts: list[str]) -> list[Line]:
        return [Line(host=self.task.host, task=self.task.id, text=text) for text in texts]

    def added(self) -> list[str]:
        """Return the new lines; of a sandbox that its agent has removed there are none."""
        try:
            lines, self.file = self.file.added()
        except DeployError:
            return []
        return lines


def select(view: AppView, query: Query, *, now: datetime) -> list[TaskView]:
    """Return the tasks that are meant: those that run, and one that failed a short while ago.

    Of an app that keeps crashing the task that runs has nothing to tell yet.
    """
    tasks = [task for task in view.tasks if task.host]
    failed = view.failure
    if failed and failed.task_id not in {task.id for task in tasks}:
        recent = now - moment(failed.when) < _RECENT
        if recent or not tasks or (query.task and query.task in failed.task_id):
            tasks.insert(0, TaskView(id=failed.task_id, state=failed.state, host=failed.host))
    chosen = [task for task in tasks if query.task in task.id]
    if not chosen:
        names = ", ".join(short(task.id) for task in tasks)
        raise UsageError(
            f"{view.id} has no task {query.task!r}" if query.task else f"{view.id} has no task",
            hint=f"tasks: {names}" if names else f"it should have {view.instances}: see app show",
        )
    return chosen


def read(target: Target, query: Query) -> Iterator[Line]:
    """Yield the last lines of each task, one task after the other.

    Raises DeployError that names the tasks that could not be read, after those of the others.
    """
    for opened, lines in _opened(target, _chosen(target, query), query):
        yield from opened.lines(lines)


def follow(
    target: Target, query: Query, *, pause: Callable[[float], None] = time.sleep
) -> Iterator[Line]:
    """Yield the last lines of each task, then new ones as they come, also of tasks that start.

    Ends with UsageError when the app is removed.
    """
    files: dict[str, _Open] = {}
    for opened, lines in _opened(target, _chosen(target, query), query):
        files[opened.task.id] = opened
        yield from opened.lines(lines)
    while True:
        pause(_POLL_SECONDS)
        tasks = _running(target, query)
        for opened in list(files.values()):
            added = opened.added()
            yield from opened.lines(added)
            if tasks is not None and not added and opened.task.id not in tasks:
                del files[opened.task.id]  # it has ended, and said all
        for task in (tasks or {}).values():
            if task.id not in files and (file := _found(target, task, query)):
                files[task.id] = _Open(task, file)


def _running(target: Target, query: Query) -> dict[str, TaskView] | None:
    """Return the started tasks by id; None while Marathon is silent, which changes no task."""
    try:
        view = find(target, query.app_id)
    except NoAnswerError:
        return None
    return {
        task.id: task
        for task in view.tasks
        if task.host and task.started_at and query.task in task.id
    }


def _found(target: Target, task: TaskView, query: Query) -> SandboxFile | None:
    """Return a task's file; None while its sandbox is about to be made."""
    try:
        return SandboxFile.of_task(target.agent_url(task.host), task.id, query.file)
    except DeployError:
        return None


def _opened(
    target: Target, tasks: list[TaskView], query: Query
) -> Iterator[tuple[_Open, list[str]]]:
    def begin(task: TaskView) -> tuple[_Open, list[str]] | DeployError:
        try:
            file = SandboxFile.of_task(target.agent_url(task.host), task.id, query.file)
            lines, file = file.tail(query.lines)
        except DeployError as exc:
            return exc
        return _Open(task, file), lines

    failures = []
    for found in in_parallel(tasks, begin):
        if isinstance(found, DeployError):
            failures.append(found.message)
        else:
            yield found
    if failures:
        raise DeployError(
            "cannot be read:" + "".join(f"\n  {text}" for text in failures),
            hint="mesosdeploy status says whether the agents answer",
        )
