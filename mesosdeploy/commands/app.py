"""`mesosdeploy app`: the group of its subcommands, and those that only look: list, show, logs."""

from __future__ import annotations

from typing import Annotated

import typer

from mesosdeploy.commands import app_change
from mesosdeploy.commands.app_options import AppArgument, UrlOption, again, opened
from mesosdeploy.commands.options import DEFAULT_INVENTORY, InventoryOption, OutputOption
from mesosdeploy.console import Output

app = typer.Typer(
    no_args_is_help=True,
    help="""Services on the cluster: deploy, look, scale, follow, remove, through Marathon.

An app is described by a file, JSON or YAML, as Marathon's documentation has it; the cluster of
`-i` needs no more than its inventory. `--url` names a Marathon elsewhere. Where Marathon asks for
a password, MESOSDEPLOY_MARATHON_CREDENTIALS holds user:password.

First steps: `mesosdeploy app deploy inventories/local/apps/hello.yml`, `mesosdeploy app list`.""",
)


app.command()(app_change.deploy)


@app.command("list")
def list_apps(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    url: UrlOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the apps: instances, health, resources, age, where they are reached, deployments.

    Examples:

      mesosdeploy app list

      mesosdeploy app list -o json | jq -r '.[] | select(.ready | not) | .id'
    """
    from mesosdeploy import console
    from mesosdeploy.marathon import table
    from mesosdeploy.workflow import app as workflow

    with opened(inventory, url) as target:
        views = workflow.listing(target)
        data = [
            {
                **view.as_data(),
                "reached_at": [vars(one) for one in workflow.addresses(target, view)],
            }
            for view in views
        ]
        console.show(
            data, output, lambda: table.apps(views, lambda v: workflow.addresses(target, v))
        )
        if not views:
            example = "deploy inventories/local/apps/hello.yml"
            console.success("no app runs", again(target, example))


@app.command()
def show(
    app_id: AppArgument,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    url: UrlOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show one app: definition, tasks with addresses and health, last failure, what it waits for.

    Examples:

      mesosdeploy app show hello

      mesosdeploy app show hello -o json | jq '.tasks[].host'
    """
    from dataclasses import asdict

    from mesosdeploy import console
    from mesosdeploy.marathon import table
    from mesosdeploy.marathon.normal import sendable
    from mesosdeploy.workflow import app as workflow

    with opened(inventory, url) as target:
        view = workflow.find(target, app_id)
        waits, places = workflow.waits(target, view.id), workflow.addresses(target, view)
        data = {
            **view.as_data(),
            "reached_at": [vars(one) for one in places],
            "waiting": asdict(waits) if waits else None,
            "definition": sendable(view.definition),
        }
        console.show(data, output, lambda: table.app(view, waits, places))


@app.command()
def logs(
    app_id: AppArgument,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    url: UrlOption = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines come.")] = False,
    stderr: Annotated[bool, typer.Option("--stderr", help="Show stderr, not stdout.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="Lines a task.")] = 20,
    task: Annotated[
        str, typer.Option("--task", metavar="ID", help="Only tasks with this in their id.")
    ] = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Show what the tasks of an app wrote, each line with host and task before it.

    If none runs, it is the last task that failed.

    Examples:

      mesosdeploy app logs hello --follow

      mesosdeploy app logs hello --stderr --lines 100 --task 4f2a91c0
    """
    import json

    from mesosdeploy import console
    from mesosdeploy.workflow import app_logs as workflow

    query = workflow.Query(
        app_id=app_id, task=task, file="stderr" if stderr else "stdout", lines=lines
    )
    read = workflow.follow if follow else workflow.read
    with opened(inventory, url) as target:
        for line in read(target, query):
            plain = f"{line.prefix} {line.text}"
            console.emit(json.dumps(vars(line)) if output is Output.JSON else plain)


for _change in (app_change.scale, app_change.restart, app_change.rollback, app_change.remove):
    app.command()(_change)
