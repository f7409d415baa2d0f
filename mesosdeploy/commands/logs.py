"""`mesosdeploy logs`."""

from __future__ import annotations

from typing import Annotated

import typer

from mesosdeploy.commands.options import DEFAULT_INVENTORY, InventoryOption, OutputOption
from mesosdeploy.console import Output


def logs(
    target: Annotated[
        list[str] | None,
        typer.Argument(help="Nodes, groups or roles (mesos_master, agents …); none: everything."),
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="As journalctl takes it: -1h, today, 2026-11-22.")
    ] = "",
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="Lines a node.")] = 100,
    grep: Annotated[str, typer.Option(metavar="REGEX", help="Only lines that match.")] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines come.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show the daemons' journals of several nodes as one, ordered by time.

    Examples:

      mesosdeploy logs mesos_master --since -10m

      mesosdeploy logs agent-1 --grep 'TASK_(FAILED|LOST)' -f
    """
    import json

    from mesosdeploy import console
    from mesosdeploy.workflow import logs as workflow
    from mesosdeploy.workflow.environment import Environment

    environment = Environment.load(inventory)
    query = workflow.Query(targets=tuple(target or ()), since=since, lines=lines, grep=grep)
    read = workflow.follow if follow else workflow.read
    for line in read(environment, query):
        if output is Output.JSON:
            console.emit(json.dumps(vars(line)))
        else:
            console.emit(f"{line.time} {line.node} {line.text}")
