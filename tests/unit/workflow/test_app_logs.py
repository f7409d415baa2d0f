"""Claims about whose lines are shown, and how new tasks are taken up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from mesosdeploy.errors import DeployError, MesosDeployError, UsageError
from mesosdeploy.marathon.failures import NoAnswerError
from mesosdeploy.marathon.views import AppView, app_view
from mesosdeploy.workflow import app_logs
from mesosdeploy.workflow.app import Target
from mesosdeploy.workflow.app_logs import Line, Query, follow, select, short
from tests.unit.marathon.fake import failure, task

SOON = datetime(2026, 11, 22, 16, 5, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
DEAD = failure()["taskId"]


def view(*numbers: int, failed: bool = False) -> AppView:
    tasks = [task("/web", number) for number in numbers]
    return app_view(
        {"id": "/web", "tasks": tasks, "lastTaskFailure": failure() if failed else None}
    )


@pytest.mark.parametrize(
    ("found", "asked", "now", "chosen"),
    [
        (view(0, 1), "", SOON, ["0", "1"]),
        (view(0, 1), "00000001", SOON, ["1"]),
        (view(0, failed=True), "", SOON, ["dead", "0"]),
        (view(0, failed=True), "", LATER, ["0"]),
        (view(failed=True), "", LATER, ["dead"]),
        (view(0, failed=True), "dead", LATER, ["dead"]),
    ],
    ids=["all", "one", "crashed now", "crashed once", "nothing runs", "asked for"],
)
def test_tasks_that_run_and_one_that_just_failed_are_shown(
    found: AppView, asked: str, now: datetime, chosen: list[str]
) -> None:
    ids = [one.id for one in select(found, Query(app_id="/web", task=asked), now=now)]
    names = {DEAD: "dead", **{task("/web", n)["id"]: str(n) for n in range(2)}}
    assert [names[each] for each in ids] == chosen


def test_an_unknown_task_is_told_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="/web has no task 'x'") as raised:
        select(view(0, 1), Query(app_id="/web", task="x"), now=SOON)
    assert raised.value.hint == "tasks: 00000000, 00000001"


@pytest.mark.parametrize(
    ("task_id", "text"),
    [
        ("web.instance-4f2a91c0-7d7a-11f0._app.1", "4f2a91c0"),
        ("web.4f2a91c0-7d7a-11f0", "4f2a91c0"),
        ("odd", "odd"),
    ],
)
def test_a_task_is_called_by_the_beginning_of_its_uuid(task_id: str, text: str) -> None:
    assert short(task_id) == text


class File:
    """A file whose lines are scripted: first the tail, then one addition a round."""

    def __init__(self, *rounds: list[str]) -> None:
        self.rounds = list(rounds)

    def tail(self, _: int) -> tuple[list[str], File]:
        return self.rounds.pop(0), self

    def added(self) -> tuple[list[str], File]:
        return self.rounds.pop(0) if self.rounds else [], self


def until_error(lines: Iterator[Line]) -> tuple[list[tuple[str, str]], MesosDeployError | None]:
    """Return task and text of the lines before the error, and the error."""
    seen: list[tuple[str, str]] = []
    try:
        seen.extend((line.task, line.text) for line in lines)
    except MesosDeployError as exc:
        return seen, exc
    return seen, None


def test_new_lines_and_new_tasks_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = task("/web", 0)["id"], task("/web", 1)["id"]
    files = {first: File(["old"], ["last words"]), second: File(["from its beginning"])}
    looks: Iterator[Any] = iter(
        [view(0), view(0, 1), NoAnswerError("silent"), view(1), view(1), UsageError("no app")]
    )

    def of_task(_agent: str, task_id: str, _name: str) -> Any:
        return files[task_id]

    def find(*_: object) -> AppView:
        found = next(looks)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(app_logs.SandboxFile, "of_task", of_task)
    monkeypatch.setattr(app_logs, "find", find)
    target = Target(name="m", client=None, option="")  # type: ignore[arg-type]
    lines, error = until_error(follow(target, Query(app_id="/web"), pause=lambda _: None))
    assert str(error) == "no app"
    assert lines == [(first, "old"), (first, "last words"), (second, "from its beginning")]


def test_tasks_that_cannot_be_read_are_told_after_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def of_task(_agent: str, task_id: str, _name: str) -> Any:
        if task_id == task("/web", 0)["id"]:
            raise DeployError("no route to 10.0.0.1")
        return File(["well"])

    monkeypatch.setattr(app_logs.SandboxFile, "of_task", of_task)
    monkeypatch.setattr(app_logs, "find", lambda *_: view(0, 1))
    target = Target(name="m", client=None, option="")  # type: ignore[arg-type]
    lines, error = until_error(app_logs.read(target, Query(app_id="/web")))
    assert "no route to 10.0.0.1" in str(error)
    assert lines == [(task("/web", 1)["id"], "well")]
