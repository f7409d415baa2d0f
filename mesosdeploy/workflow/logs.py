"""`logs`: the journals of several nodes as one stream, ordered by time."""

from __future__ import annotations

import heapq
import queue
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from mesosdeploy import ssh
from mesosdeploy.errors import DeployError, UsageError
from mesosdeploy.workflow import journal
from mesosdeploy.workflow.environment import Environment
from mesosdeploy.workflow.journal import Line, Query, select
from mesosdeploy.workflow.machines import in_parallel

_SECONDS = 60
_HELD_SECONDS = 0.3
"""Lines of several nodes are held so long while they are followed, to be ordered by time."""

_BAD_TIME = "Failed to parse timestamp"

Report = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class _Read:
    """What was read of one node: its lines, where they end, and why there are none."""

    node: str
    lines: tuple[Line, ...] = ()
    cursor: str = ""
    problem: str = ""


def read(environment: Environment, query: Query) -> Iterator[Line]:
    """Yield the wanted lines of all nodes, oldest first.

    Raises UsageError for what no node or journal understands, and after the lines DeployError that
    names the nodes that could not be read.
    """
    answers = _read(environment, query, _chosen(environment, query))
    yield from _merged(answers)
    bad = [answer for answer in answers if answer.problem]
    if bad:
        raise _unreadable(bad)


def follow(environment: Environment, query: Query, report: Report) -> Iterator[Line]:
    """Yield the lines until now, then new ones as they come, until every node's stream has ended.

    `report` is told at once of a node that cannot be read, or no more. Raises UsageError as `read`
    does, DeployError when no node is left.
    """
    if query.until:
        raise UsageError("--until and --follow do not go together", hint="leave one of them out")
    chosen = _chosen(environment, query)
    answers = _read(environment, query, chosen)
    yield from _merged(answers)
    bad = [answer for answer in answers if answer.problem]
    if len(bad) == len(answers):
        raise _unreadable(bad)
    for answer in bad:
        report(f"cannot read the journal of {answer.node}: {answer.problem}")
    yield from _streamed(
        {
            answer.node: ssh.stream(
                environment.ssh_config,
                answer.node,
                journal.command(chosen[answer.node], query, after=answer.cursor, follow=True),
            )
            for answer in answers
            if not answer.problem
        },
        report,
    )


def _chosen(environment: Environment, query: Query) -> dict[str, list[str]]:
    check_pattern(query.grep)
    chosen = select(environment.inventory(), query.targets)
    return {node: units for node, units in chosen.items() if units}


def check_pattern(grep: str) -> None:
    """Raise UsageError for a pattern that is no regular expression."""
    try:
        re.compile(grep)
    except re.error as exc:
        raise UsageError(
            f"--grep {grep!r} is no regular expression: {exc}", hint="escape special characters"
        ) from exc


def _read(environment: Environment, query: Query, chosen: Mapping[str, list[str]]) -> list[_Read]:
    def one(node: str) -> _Read:
        words = journal.command(chosen[node], query)
        answer = ssh.run(environment.ssh_config, node, words, seconds=_SECONDS)
        return _understood(answer, query)

    answers = in_parallel(list(chosen), one)
    _require_known_times(answers)
    return answers


def _understood(answer: ssh.Answer, query: Query) -> _Read:
    """Return what a node answered. With a pattern, journalctl ends with 1 when nothing matches."""
    nothing_found = query.grep and answer.code == 1 and not answer.stderr
    if answer.code and not nothing_found:
        return _Read(node=answer.node, problem=answer.stderr or f"it ended with {answer.code}")
    entries = list(journal.parse(answer.node, answer.stdout.splitlines()))
    if query.limit is not None:
        entries.reverse()
    return _Read(
        node=answer.node,
        lines=tuple(entry.line for entry in entries),
        cursor=entries[-1].cursor if entries else "",
    )


def _require_known_times(answers: list[_Read]) -> None:
    """Raise UsageError when journalctl says that it was given no time."""
    bad = next((one.problem for one in answers if _BAD_TIME in one.problem), "")
    if bad:
        raise UsageError(
            f"journalctl knows no time {bad.rpartition(':')[2].strip()!r}",
            hint='for example -10m, -2h, today, "2026-11-22 10:00", "5 min ago"',
        )


def _merged(answers: list[_Read]) -> Iterator[Line]:
    ordered = (sorted(answer.lines, key=attrgetter("time")) for answer in answers)
    return heapq.merge(*ordered, key=attrgetter("time"))


def _unreadable(bad: list[_Read]) -> DeployError:
    return DeployError(
        "cannot read the journal of " + "; ".join(f"{one.node}: {one.problem}" for one in bad),
        hint="mesosdeploy doctor says why",
    )


def _streamed(streams: Mapping[str, ssh.Stream], report: Report) -> Iterator[Line]:
    arriving: queue.SimpleQueue[Line | str] = queue.SimpleQueue()

    def pump(node: str) -> None:
        for entry in journal.parse(node, streams[node].stdout or ()):
            arriving.put(entry.line)
        arriving.put(node)

    for node in streams:
        threading.Thread(target=pump, args=(node,), daemon=True, name=f"logs-{node}").start()
    running = set(streams)
    try:
        while running:
            batch = _batch(arriving)
            lines = [one for one in batch if isinstance(one, Line)]
            yield from sorted(lines, key=attrgetter("time"))
            for node in (one for one in batch if isinstance(one, str)):
                running.discard(node)
                report(f"the journal of {node} ended: {_last_words(streams[node])}")
        raise DeployError("no journal is left to follow", hint="mesosdeploy doctor says why")
    finally:
        for stream in streams.values():
            stream.terminate()


def _batch(arriving: queue.SimpleQueue[Any]) -> list[Any]:
    """Return what arrives next, and all that arrives shortly after it."""
    batch = [arriving.get()]
    end = time.monotonic() + _HELD_SECONDS
    while (left := end - time.monotonic()) > 0:
        try:
            batch.append(arriving.get(timeout=left))
        except queue.Empty:
            break
    return batch


def _last_words(stream: ssh.Stream) -> str:
    said = (stream.stderr.read() if stream.stderr else "").strip()
    return said or f"it ended with {stream.wait()}"
