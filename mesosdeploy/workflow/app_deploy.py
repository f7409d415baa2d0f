"""`app deploy` and its kin: send, follow, and say with the task's own words why it failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mesosdeploy.errors import DeployError, MesosDeployError, UsageError
from mesosdeploy.marathon import checks, definitions, diff
from mesosdeploy.marathon.deployment import Outcome, Watch, follow
from mesosdeploy.marathon.diff import Change
from mesosdeploy.marathon.failures import LockedError, NotFoundError, RejectedError
from mesosdeploy.marathon.normal import sendable
from mesosdeploy.marathon.views import AppView, Failure, app_view
from mesosdeploy.workflow.app import Target, find
from mesosdeploy.workflow.app_sandbox import SandboxFile

Report = Callable[[str], None]

STDERR_LINES = 15


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """One deployment (empty: none was needed), the apps that it is about, what is left of them."""

    deployment: str
    apps: tuple[str, ...]
    version: str = ""
    changes: tuple[Change, ...] = ()
    ends: Literal["app", "gone", "either"] = "app"

    @classmethod
    def answered(cls, answer: Mapping[str, Any], apps: Iterable[str], **more: Any) -> Deployed:
        """Return what Marathon answered to a change of these apps."""
        return cls(
            deployment=str(answer.get("deploymentId") or ""),
            version=str(answer.get("version") or ""),
            apps=tuple(apps),
            **more,
        )

    def as_data(self) -> dict[str, object]:
        """Return plain data for JSON."""
        return {
            "deployment": self.deployment or None,
            "apps": list(self.apps),
            "changes": [change.as_data() for change in self.changes],
        }


def plan(target: Target, files: Sequence[str]) -> list[Change]:
    """Return what deploying the files would change; SpecError when one is not valid."""
    found = definitions.load(files)
    checks.require_valid(found, flavour=target.flavour)
    running: dict[str, Mapping[str, Any]] = {}
    for one in found:
        try:
            running[one.id] = target.client.app(one.id)
        except NotFoundError:
            continue
    return diff.plan(found, running)


def send(target: Target, changes: Sequence[Change], *, force: bool) -> Deployed:
    """Send what changes, in one deployment; with `force` also what does not.

    Without a change it is the deployment that goes on with these apps, if any. Raises SpecError
    with the place in the file for what Marathon refuses, LockedError that names who is in the way.
    """
    apps = tuple(change.id for change in changes)
    sent = [change for change in changes if force or change.kind != "keep"]
    if not sent:
        return Deployed(deployment=_going_on(target, apps), apps=apps, changes=tuple(changes))
    try:
        answer = target.client.replace([one.definition.body for one in sent], force=force)
    except RejectedError as exc:
        raise checks.located(exc, [one.definition for one in sent]) from exc
    except LockedError as exc:
        raise _explained(target, exc) from exc
    return Deployed.answered(answer, apps, changes=tuple(changes))


def _going_on(target: Target, apps: Iterable[str]) -> str:
    wanted = set(apps)
    for one in target.client.deployments():
        if wanted & set(one.get("affectedApps", ())):
            return str(one["id"])
    return ""


def _explained(target: Target, locked: LockedError) -> LockedError:
    """Return the error with what the deployments in the way are doing."""
    lines = []
    for one in target.client.deployments():
        if one.get("id") in locked.deployments or not locked.deployments:
            actions = {
                f"{each.get('action')} {each.get('app')}"
                for each in one.get("currentActions") or ()
            }
            step = f"step {one.get('currentStep', '?')} of {one.get('totalSteps', '?')}"
            what = ", ".join(sorted(actions)) or ", ".join(one.get("affectedApps", ()))
            lines.append(f"\n  {one.get('id')}: {what} ({step})")
    error = LockedError("another deployment holds the lock", locked.deployments)
    error.message = "another deployment holds the lock:" + "".join(lines)
    error.hint = (
        f"wait for it, or cancel it: mesosdeploy app rollback APP{target.option};"
        " --force ends it and puts yours in its place"
    )
    return error


def remembered(target: Target, apps: Iterable[str]) -> dict[str, Failure | None]:
    """Return the last failures that Marathon remembers, to tell new ones from them."""
    found: dict[str, Failure | None] = {}
    for app_id in apps:
        try:
            found[app_id] = app_view(target.client.app(app_id)).failure
        except NotFoundError:
            found[app_id] = None
    return found


def wait(
    target: Target,
    deployed: Deployed,
    *,
    before: Mapping[str, Failure | None],
    timeout: float,
    report: Report,
) -> list[Outcome]:
    """Follow until every app is ready; DeployError says why one is not, with its last words."""
    bodies = {change.id: change.definition.body for change in deployed.changes}
    watches = [
        Watch(
            app_id=app_id,
            wanted=bodies.get(app_id),
            version=deployed.version,
            before=before.get(app_id),
            ends=deployed.ends,
        )
        for app_id in deployed.apps
    ]
    outcomes = follow(
        target.client,
        watches,
        deployment=deployed.deployment,
        timeout=timeout,
        report=report,
    )
    bad = next((one for one in outcomes if one.kind != "ready"), None)
    if bad is not None:
        created = any(each.id == bad.app_id and each.kind == "create" for each in deployed.changes)
        undo = "remove" if created and not bad.look.deploying else "rollback"
        raise _failed(target, bad, timeout=timeout, undo=f"mesosdeploy app {undo} {bad.app_id}")
    return outcomes


def _failed(target: Target, outcome: Outcome, *, timeout: float, undo: str) -> DeployError:
    """Return what went wrong, with what the task said last, and the command that undoes it."""
    told = outcome.look.told()
    headlines = {
        "crashing": f"{outcome.app_id} keeps crashing: {len(outcome.failures)} tasks failed",
        "late": f"{outcome.app_id} is not ready after {timeout:g} s: {told}",
        "replaced": f"{outcome.app_id} is not what was sent: another deployment replaced it,"
        " rolled it back, or removed it",
    }
    view = outcome.look.view
    failure = outcome.failures[-1] if outcome.failures else None
    lines = [headlines[outcome.kind]]
    if failure is not None:
        lines.append(
            f"  last: {failure.task_id} on {failure.host}: {failure.state} {failure.message}"
        )
        lines += last_words(target, failure.task_id, failure.host)
    elif view is not None and outcome.kind == "late":
        sick = next((task for task in view.tasks if task.healthy is False), None)
        lines += last_words(target, sick.id, sick.host) if sick else []
    hint = (
        "Marathon goes on trying: correct the definition and deploy it with --force, or undo it:"
        f" {undo}{target.option}"
    )
    if outcome.kind == "replaced":
        hint = f"look at it: mesosdeploy app show {outcome.app_id}{target.option}"
    return DeployError("\n".join(lines), hint=hint)


def last_words(target: Target, task_id: str, host: str) -> list[str]:
    """Return the last lines of a task's stderr under a headline, or why there are none."""
    try:
        file = SandboxFile.of_task(target.agent_url(host), task_id, "stderr")
        lines, _ = file.tail(STDERR_LINES)
    except MesosDeployError as exc:
        return [f"  its stderr cannot be read: {exc.message}"]
    if not lines:
        return ["  its stderr is empty"]
    return ["  the end of its stderr:", *(f"    {line}" for line in lines)]


def scale(target: Target, app_id: str, instances: int, *, force: bool) -> tuple[AppView, Deployed]:
    """Ask for another number of instances; return the app as it was, and the deployment."""
    view = find(target, app_id)
    if view.instances == instances:
        going_on = _going_on(target, [view.id])
        return view, Deployed(deployment=going_on, apps=(view.id,))
    try:
        answer = target.client.scale(view.id, instances, force=force)
    except LockedError as exc:
        raise _explained(target, exc) from exc
    return view, Deployed.answered(answer, [view.id])


def restart(target: Target, app_id: str, *, force: bool) -> tuple[AppView, Deployed]:
    """Replace all tasks by new ones; return the app as it was, and the deployment."""
    view = find(target, app_id)
    try:
        answer = target.client.restart(view.id, force=force)
    except LockedError as exc:
        raise _explained(target, exc) from exc
    return view, Deployed.answered(answer, [view.id])


def rollback(target: Target, app_id: str, *, version: str, force: bool) -> tuple[str, Deployed]:
    """Cancel the deployment that goes on with an app, else bring back the version before.

    Return what is done as a sentence's end, and the deployment that does it. Raises UsageError
    when there is nothing to go back to.
    """
    view = find(target, app_id)
    if view.deployments and not version:
        going_on = view.deployments[0]
        answer = target.client.cancel(going_on, force=force)
        deployed = Deployed.answered(answer, [view.id], ends="either")
        return f"cancels deployment {going_on}", deployed
    known = target.client.versions(view.id)
    chosen = version or next((one for one in known if one < view.version), "")
    if not chosen or chosen not in known:
        raise UsageError(
            f"{view.id} has no version {chosen or 'before this one'}",
            hint=f"versions: {', '.join(known)}; mesosdeploy app remove takes the app away",
        )
    body = sendable(target.client.app_at(view.id, chosen))
    try:
        answer = target.client.replace([body], force=force)
    except LockedError as exc:
        raise _explained(target, exc) from exc
    return f"goes back to version {chosen}", Deployed.answered(answer, [view.id])


def remove(target: Target, app_ids: Sequence[str], *, force: bool) -> list[Deployed]:
    """Remove apps with their tasks, each in a deployment of its own."""
    done = []
    for app_id in app_ids:
        try:
            answer = target.client.remove(app_id, force=force)
        except LockedError as exc:
            raise _explained(target, exc) from exc
        except NotFoundError:
            continue
        done.append(Deployed.answered(answer, [app_id], ends="gone"))
    return done
