"""`mesosdeploy app deploy|scale|restart|rollback|remove`: change what runs, and wait for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from mesosdeploy.commands.app_options import (
    AppArgument,
    AppsArgument,
    ForceOption,
    TimeoutOption,
    UrlOption,
    again,
    opened,
)
from mesosdeploy.commands.options import (
    DEFAULT_INVENTORY,
    InventoryOption,
    OutputOption,
    YesOption,
)
from mesosdeploy.console import Output
from mesosdeploy.errors import UsageError

if TYPE_CHECKING:
    from mesosdeploy.marathon.views import Failure
    from mesosdeploy.workflow.app import Target
    from mesosdeploy.workflow.app_deploy import Deployed


def deploy(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="JSON or YAML; - is standard input.")
    ],
    inventory: InventoryOption = DEFAULT_INVENTORY,
    url: UrlOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the files and show the difference, no more.")
    ] = False,
    force: ForceOption = False,
    timeout: TimeoutOption = 300,
    yes: YesOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Make apps run as files describe them: check, show the difference, send, wait until ready.

    A file holds one app, a list, `apps:`, a Marathon group, or several YAML documents. Exits with
    3 for a bad definition, and with 5 when an app keeps crashing or is not ready in time: the end
    of a failed task's stderr is shown. Asks before it takes instances away.

    Examples:

      mesosdeploy app deploy inventories/local/apps/hello.yml

      mesosdeploy app deploy shop.json --dry-run

      mesosdeploy app deploy web.yml --url http://10.0.0.1:8080 --timeout 600
    """
    from rich.console import Group

    from mesosdeploy import console
    from mesosdeploy.workflow import app_deploy as workflow

    with opened(inventory, url) as target:
        changes = workflow.plan(target, files)
        data = {"dry_run": dry_run, "changes": [change.as_data() for change in changes]}
        if dry_run or output is Output.TABLE:
            console.show(data, output, lambda: Group(*(each.rendered() for each in changes)))
        if dry_run:
            console.success("nothing was changed: this was a rehearsal", again(target, "list"))
            return
        losses = [f"{one.fewer} fewer of {one.id}" for one in changes if one.fewer]
        if losses:
            _ask(", ".join(losses), yes=yes)
        before = workflow.remembered(target, [one.id for one in changes])
        deployed = workflow.send(target, changes, force=force)
        if not deployed.deployment and all(one.kind == "keep" for one in changes):
            console.note("nothing to send: Marathon has these definitions")
        _wait(target, deployed, "deploy", before=before, timeout=timeout)
        if output is Output.JSON:
            console.show(deployed.as_data(), output, lambda: "")
        _done(target, deployed, "ready")


def scale(
    app_id: AppArgument,
    instances: Annotated[int, typer.Argument(min=0, metavar="N", help="How many shall run.")],
    inventory: InventoryOption = DEFAULT_INVENTORY,
    url: UrlOption = None,
    force: ForceOption = False,
    timeout: TimeoutOption = 300,
) -> None:
    """Change how many instances of an app run, and wait until they do.

    Examples:

      mesosdeploy app scale hello 5

      mesosdeploy app scale hello 0
    """
    from mesosdeploy.workflow import app_deploy as workflow

    with opened(inventory, url) as target:
        view, deployed = workflow.scale(target, app_id, instances, force=force)
        _wait(target, deployed, "scale", before={view.id: view.failure}, timeout=timeout)
        _done(target, deployed, f"has {instances} instances")


def restart(
    app_id: AppArgument,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    url: UrlOption = None,
    force: ForceOption = False,
    timeout: TimeoutOption = 300,
) -> None:
    """Replace all tasks of an app by new ones, as its upgradeStrategy says, and wait for them.

    Example:

      mesosdeploy app restart hello
    """
    from mesosdeploy.workflow import app_deploy as workflow

    with opened(inventory, url) as target:
        view, deployed = workflow.restart(target, app_id, force=force)
        _wait(target, deployed, "restart", before={view.id: view.failure}, timeout=timeout)
        _done(target, deployed, "runs with new tasks")


def rollback(
    app_id: AppArgument,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    url: UrlOption = None,
    to: Annotated[
        str, typer.Option("--to", metavar="VERSION", help="Go back to this one of its versions.")
    ] = "",
    force: ForceOption = False,
    timeout: TimeoutOption = 300,
) -> None:
    """Undo: cancel the deployment that goes on with an app, else bring its last version back.

    Examples:

      mesosdeploy app rollback hello

      mesosdeploy app rollback hello --to 2026-11-22T16:00:00.123Z
    """
    from mesosdeploy import console
    from mesosdeploy.workflow import app_deploy as workflow

    with opened(inventory, url) as target:
        what, deployed = workflow.rollback(target, app_id, version=to, force=force)
        console.note(f"{deployed.apps[0]}: {what}")
        before = workflow.remembered(target, deployed.apps)
        _wait(target, deployed, "rollback", before=before, timeout=timeout)
        _done(target, deployed, "is as it was")


def remove(
    app_ids: AppsArgument,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    url: UrlOption = None,
    force: ForceOption = False,
    timeout: TimeoutOption = 300,
    yes: YesOption = False,
) -> None:
    """Remove apps with all of their tasks. Lists them first and asks.

    Examples:

      mesosdeploy app remove hello

      mesosdeploy app remove hello hello-canary --yes
    """
    from mesosdeploy import console
    from mesosdeploy.workflow import app as apps
    from mesosdeploy.workflow import app_deploy as workflow

    with opened(inventory, url) as target:
        views = [apps.find(target, each) for each in dict.fromkeys(app_ids)]
        for view in views:
            console.note(f"  app {view.id}: {view.running} tasks")
            for task in view.tasks:
                console.note(f"    task {task.id} on {task.host}")
        _ask("the removal of all this", yes=yes)
        for deployed in workflow.remove(target, [view.id for view in views], force=force):
            _wait(target, deployed, "remove", before={}, timeout=timeout)
        count = f"{len(views)} app{'s' * (len(views) > 1)}"
        console.success(f"{target.name}: {count} removed", again(target, "list"))


def _wait(
    target: Target,
    deployed: Deployed,
    title: str,
    *,
    before: Mapping[str, Failure | None],
    timeout: float,
) -> None:
    """Follow a deployment under one step; an interruption leaves it to itself, and says so."""
    from mesosdeploy import console
    from mesosdeploy.workflow import app_deploy as workflow

    try:
        with console.progress(1) as progress:
            progress.step(f"{title.capitalize()} {', '.join(deployed.apps)}")
            workflow.wait(target, deployed, before=before, timeout=timeout, report=progress.detail)
    except KeyboardInterrupt:
        one = deployed.apps[0]
        what = f"the deployment {deployed.deployment}" if deployed.deployment else "Marathon"
        console.note(
            f"\n{what} goes on without this program\n"
            f"look at it: {again(target, f'show {one}')}\n"
            f"undo it: {again(target, f'rollback {one}')}"
        )
        raise


def _done(target: Target, deployed: Deployed, what: str) -> None:
    from mesosdeploy import console

    first = deployed.apps[0]
    console.success(f"{', '.join(deployed.apps)}: {what}", again(target, f"show {first}"))


def _ask(what: str, *, yes: bool) -> None:
    """Go on if somebody says yes to what will be lost."""
    from mesosdeploy import console

    if not yes and not console.confirm(f"{what}: go ahead?"):
        raise UsageError(f"nothing was changed: nobody said yes to {what}", hint="say --yes")
