"""Measures: asks Mesos, or ZooKeeper, at most once in 0.6 seconds, however many ask for it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from mesosdeploy.services.exporter import figures as made
from mesosdeploy.services.exporter.bounds import FRAMEWORKS, ROLES, TASKS, Bound
from mesosdeploy.services.exporter.mesos import NoAnswerError
from mesosdeploy.services.exporter.model import Figure, Kind, Type
from mesosdeploy.services.exporter.settings import Settings
from mesosdeploy.services.exporter.zookeeper import explained, of_monitor

_log = logging.getLogger("mesos-exporter")

# libprocess answers two of these in a second, to all who ask together, and lets the others wait.
LEAST_SECONDS_BETWEEN: Final = 0.6
# With a timeout the figures that are slow to come are left out, where it would hang else.
SNAPSHOT: Final = "/metrics/snapshot?timeout=2secs"
VERSION: Final = "/version"
SUMMARY: Final = "/state-summary"
CONTAINERS: Final = "/containers"
STATE: Final = "/state"
MONITOR: Final = "/commands/monitor"
# The endpoint without which there are no figures comes first.
_PATHS: Final = {
    Kind.MASTER: (SNAPSHOT, VERSION),
    Kind.AGENT: (SNAPSHOT, VERSION, CONTAINERS, STATE),
    Kind.ZOOKEEPER: (MONITOR,),
}
_GROUPS: Final = {
    Kind.MASTER: (FRAMEWORKS, ROLES),
    Kind.AGENT: (TASKS,),
    Kind.ZOOKEEPER: (),
}
_OF_TASKS: Final = (CONTAINERS, STATE)
_NOT_UNDERSTOOD: Final = (AttributeError, KeyError, TypeError, ValueError)


class Endpoints(Protocol):
    """Where answers come from: mesos.Mesos, or a test's own."""

    async def get(self, path: str) -> Any:
        """Return the JSON that a path answers with; NoAnswerError when it does not."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What was found, and what went wrong by endpoint; `up`: the most important one answered."""

    figures: Sequence[Figure]
    problems: Mapping[str, NoAnswerError]
    up: bool


class Exporter:
    """Measures one master, agent or ZooKeeper server."""

    def __init__(
        self,
        settings: Settings,
        mesos: Endpoints,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._mesos, self._clock = settings, mesos, clock
        limits = {
            TASKS: settings.max_tasks,
            FRAMEWORKS: settings.max_frameworks,
            ROLES: settings.max_roles,
        }
        self._bounds = [Bound(group, limits[group]) for group in _GROUPS[settings.kind]]
        skipped = () if settings.max_tasks else _OF_TASKS
        self._paths = [path for path in _PATHS[settings.kind] if path not in skipped]
        self._main = self._paths[0]
        self._running: asyncio.Task[Measurement] | None = None
        self._began = 0.0
        self._reported: dict[str, str] = {}

    async def measure(self) -> Measurement:
        """Return a measurement that is new, under way, or not older than 0.6 seconds."""
        now = self._clock()
        task = self._running
        if task is None or (task.done() and now - self._began >= LEAST_SECONDS_BETWEEN):
            self._began = now
            task = self._running = asyncio.ensure_future(self._measure())
        # Whoever asked can go away; the others wait for the same answer.
        return await asyncio.shield(task)

    async def _measure(self) -> Measurement:
        begin = time.monotonic()
        answers, problems = await self._answers()
        found = self._figures(answers, problems)
        if self._main in problems:  # the others are silent for the same reason
            found, problems = [], {self._main: problems[self._main]}
        for bound in self._bounds if found else ():
            found = bound.apply(found)
        self._report(problems)
        seconds = time.monotonic() - begin
        own = [*_about(problems, self._main), *self._own(answers, seconds)]
        up = self._main not in problems
        named = {_plain(path): exc for path, exc in problems.items()}
        return Measurement(figures=[*own, *found], problems=named, up=up)

    async def _answers(self) -> tuple[dict[str, Any], dict[str, NoAnswerError]]:
        """Ask all endpoints, within one timeout for all."""
        answers: dict[str, Any] = {}
        problems: dict[str, NoAnswerError] = {}
        deadline = asyncio.get_running_loop().time() + self._settings.timeout_seconds

        async def ask(path: str) -> None:
            try:
                async with asyncio.timeout_at(deadline):
                    answers[path] = await self._mesos.get(path)
            except TimeoutError:
                limit = f"no answer within {self._settings.timeout_seconds:g} s"
                problems[path] = NoAnswerError("timeout", limit)
            except NoAnswerError as exc:
                problems[path] = explained(exc) if path == MONITOR else exc

        await asyncio.gather(*(ask(path) for path in self._paths))
        # Only the leader knows the frameworks; the others would send us to it.
        if self._settings.max_frameworks and _leads(answers.get(SNAPSHOT)):
            await ask(SUMMARY)
        return answers, problems

    def _figures(
        self, answers: Mapping[str, Any], problems: dict[str, NoAnswerError]
    ) -> list[Figure]:
        """Make figures of the answers; what cannot be made sense of becomes a problem."""
        state = answers.get(STATE, {"frameworks": []})
        makers: dict[str, Callable[[Any], list[Figure]]] = {
            SNAPSHOT: lambda answer: made.of_snapshot(answer, self._settings.kind),
            VERSION: lambda answer: [_version(answer)],
            SUMMARY: made.of_frameworks,
            CONTAINERS: lambda answer: made.of_tasks(answer, state),
            MONITOR: of_monitor,
        }
        found: list[Figure] = []
        for path in filter(answers.__contains__, makers):
            try:
                found += makers[path](answers[path])
            except NoAnswerError as exc:
                problems[path] = exc
            except _NOT_UNDERSTOOD as exc:
                problems[path] = NoAnswerError("not_understood", f"not as expected: {exc!r}")
        return found

    def _own(self, answers: Mapping[str, Any], seconds: float) -> list[Figure]:
        cut = "Frameworks, roles or tasks that are summed as `other`, as there are too many"
        limit = "How many frameworks, roles or tasks have series of their own at most"
        for_each = [
            figure
            for bound in self._bounds
            for figure in (
                _gauge("mesos_exporter_cut", cut, bound.cut, of=bound.group.of),
                _gauge("mesos_exporter_limit", limit, bound.limit, of=bound.group.of),
            )
        ]
        snapshot = answers.get(SNAPSHOT)
        snapshot = snapshot if isinstance(snapshot, dict) else {}
        unknown = made.unknown_keys(snapshot, self._settings.kind)
        meaning = "Figures of Mesos that the exporter has no description of"
        taken = "How long it took to ask Mesos, or ZooKeeper"
        when = "When that began, in Unix time; the answer is kept for 0.6 seconds"
        return [
            _gauge("mesos_scrape_duration_seconds", taken, seconds),
            _gauge("mesos_scrape_timestamp_seconds", when, time.time() - seconds),
            _gauge("mesos_exporter_unknown_figures", meaning, unknown),
            *for_each,
        ]

    def _report(self, problems: Mapping[str, NoAnswerError]) -> None:
        """Log what began or ceased to go wrong since the last time, one line each."""
        url, now = self._settings.url, {path: exc.reason for path, exc in problems.items()}
        for path, exc in problems.items():
            if self._reported.get(path) != exc.reason:
                _log.warning("%s%s: %s (%s)", url, _plain(path), exc, exc.reason)
        for path in self._reported.keys() - now.keys():
            _log.info("%s%s: answers again", url, _plain(path))
        self._reported = now


def _leads(snapshot: Any) -> bool:
    return isinstance(snapshot, dict) and snapshot.get("master/elected") == 1


def _about(problems: Mapping[str, NoAnswerError], main: str) -> list[Figure]:
    """Say whether Mesos answers, and why not."""
    up = "1 when Mesos, or ZooKeeper, answered with its figures"
    why = "1 for each endpoint that did not answer as it should, with the reason"
    errors = [
        _gauge("mesos_scrape_error", why, 1, endpoint=_plain(path), reason=exc.reason)
        for path, exc in problems.items()
    ]
    return [_gauge("mesos_up", up, main not in problems), *errors]


def _version(answer: Mapping[str, Any]) -> Figure:
    labels = {name: str(answer.get(name, "")) for name in ("version", "git_sha")}
    return _gauge("mesos_build_info", "1, with the version of Mesos", 1, **labels)


def _plain(path: str) -> str:
    return path.partition("?")[0]


def _gauge(name: str, help_: str, value: float, **labels: str) -> Figure:
    return Figure(name=name, type=Type.GAUGE, help=help_, value=float(value), labels=labels)
