"""Follow a deployment until the apps are as wanted, fail, or take too long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from mesosdeploy.marathon.failures import NoAnswerError, NotFoundError
from mesosdeploy.marathon.normal import comparable
from mesosdeploy.marathon.views import AppView, Failure, Waiting, app_view, waiting

CRASHES = 3
"""So many tasks of one app that fail during its deployment are no accident."""
_POLL_SECONDS = 0.5
_SILENCE_SECONDS = 60
"""So long a scheduler may be away: its failover takes some tens of seconds at most."""

Kind = Literal["ready", "crashing", "replaced", "late"]


class Observed(Protocol):
    """What following needs of a client."""

    def app(self, app_id: str) -> dict[str, Any]:
        """Return one app."""

    def deployments(self) -> list[dict[str, Any]]:
        """Return the deployments that go on."""

    def queue(self) -> list[dict[str, Any]]:
        """Return what waits to be launched."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """One look at an app: None for the view of an app that is gone."""

    view: AppView | None
    deploying: bool
    waits: Waiting | None = None

    def told(self) -> str:
        """Return the progress in one line."""
        if self.view is None:
            return "is gone"
        failure = self.view.failure
        reasons = [str(self.waits)] if self.waits and not self.view.ready else []
        sick = [task.why for task in self.view.tasks if task.why and task.healthy is False]
        reasons += [f"health check: {sick[0]}"] if sick and not self.view.ready else []
        if failure and not self.view.ready:
            reasons.append(f"last failure {failure.state} {failure.message}".strip())
        return "; ".join([self.view.progress, *reasons])


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a deployment ended for one app, with the last look at it and its new failures."""

    app_id: str
    kind: Kind
    look: Look
    failures: tuple[Failure, ...] = ()


@dataclass
class Watch:
    """Judges the looks at one app, one after the other; pure.

    `wanted` is the definition that was sent (None: whatever Marathon has) and `version` the one
    that it was given; `before` the failure that Marathon remembered when the deployment began;
    `ends` what shall be left: a removal ends with no app, a rollback of its first deployment, too.
    """

    app_id: str
    wanted: Mapping[str, Any] | None = None
    version: str = ""
    before: Failure | None = None
    ends: Literal["app", "gone", "either"] = "app"
    failures: list[Failure] = field(default_factory=list)
    _tasks: frozenset[str] | None = None

    def judge(self, look: Look) -> Kind | None:
        """Return how the deployment ended; None while it goes on.

        Without health checks a task that runs may be one that is about to crash: the same tasks
        must be seen in two looks.
        """
        view = look.view
        if view is not None:
            self._note(view.failure)
        if len(self.failures) >= CRASHES:
            return "crashing"
        if look.deploying:
            self._tasks = None
            return None
        if view is None:
            return "replaced" if self.ends == "app" else "ready"
        if self.ends == "gone" or not self._is_wanted(view):
            return "replaced"
        tasks = frozenset(task.id for task in view.tasks)
        settled = view.checked or not view.instances or tasks == self._tasks
        self._tasks = tasks if view.ready else None
        return "ready" if view.ready and settled else None

    def _note(self, failure: Failure | None) -> None:
        """Remember a failure that is new; those of older versions are what may just be mended."""
        known = {one.task_id for one in (*self.failures, *([self.before] if self.before else []))}
        if failure is None or failure.task_id in known:
            return
        if not failure.version or failure.version >= self.version:
            self.failures.append(failure)

    def _is_wanted(self, view: AppView) -> bool:
        if self.wanted is None or (self.version and view.version == self.version):
            return True
        new, old = comparable(self.wanted, view.definition)
        return new == old


def follow(
    client: Observed,
    watches: Iterable[Watch],
    *,
    deployment: str,
    timeout: float,
    report: Callable[[str], None],
    pause: Callable[[float], None] = time.sleep,
) -> list[Outcome]:
    """Look twice a second until every app is ready, one fails, or `timeout` seconds have passed.

    A Marathon that is silent while another one takes over is waited for. Raises NoAnswerError
    when that takes more than a minute.
    """
    ends = time.monotonic() + timeout
    eyes = _Eyes(client=client, deployment=deployment, report=report)
    open_ones = {watch.app_id: watch for watch in watches}
    done: list[Outcome] = []
    while True:
        late = time.monotonic() >= ends
        for app_id, look in eyes.looks(list(open_ones), patient=not late).items():
            watch = open_ones[app_id]
            kind = watch.judge(look) or ("late" if late else None)
            if kind:
                failures = tuple(watch.failures)
                done.append(Outcome(app_id=app_id, kind=kind, look=look, failures=failures))
                del open_ones[app_id]
        if not open_ones or any(one.kind != "ready" for one in done):
            return done
        pause(_POLL_SECONDS)


@dataclass
class _Eyes:
    """Looks at apps, reports what is new, and bears a scheduler that is away for a while."""

    client: Observed
    deployment: str
    report: Callable[[str], None]
    _told: dict[str, str] = field(default_factory=dict)
    _heard: float = field(default_factory=time.monotonic)

    def looks(self, app_ids: Iterable[str], *, patient: bool) -> dict[str, Look]:
        """Return a look at each app; nothing while no Marathon answers and there is patience."""
        try:
            looks = {each: look_at(self.client, each, self.deployment) for each in app_ids}
        except NoAnswerError as exc:
            if not patient or time.monotonic() - self._heard > _SILENCE_SECONDS:
                raise
            self._tell("", f"waits for Marathon: {exc.message.splitlines()[0]}")
            return {}
        self._heard = time.monotonic()
        for app_id, look in looks.items():
            self._tell(app_id, f"{app_id}: {look.told()}")
        return looks

    def _tell(self, key: str, text: str) -> None:
        if self._told.get(key) != text:
            self._told[key] = text
            self.report(text)


def look_at(client: Observed, app_id: str, deployment: str) -> Look:
    """Return what Marathon says of an app now; why it waits only if it is not ready."""
    # In this order: a deployment that ends between the calls is still seen as going on.
    going_on = any(one.get("id") == deployment for one in client.deployments())
    try:
        view = app_view(client.app(app_id))
    except NotFoundError:
        return Look(view=None, deploying=going_on)
    waits = None if view.ready else waiting(client.queue()).get(app_id)
    return Look(view=view, deploying=going_on, waits=waits)
