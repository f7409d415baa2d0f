"""`mesosdeploy logs`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mesosdeploy.commands.options import DEFAULT_INVENTORY, InventoryOption, OutputOption
from mesosdeploy.console import Output

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesosdeploy.workflow.journal import Line

TimeOption = typer.Option(metavar="TIME", help="As journalctl takes it: -1h, today, 2026-11-22.")


def logs(
    target: Annotated[
        list[str] | None,
        typer.Argument(help="Nodes, groups, roles (mesos_master …) or units; none: everything."),
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    since: Annotated[str, TimeOption] = "",
    until: Annotated[str, TimeOption] = "",
    lines: Annotated[
        int | None,
        typer.Option("--lines", "-n", min=1, help="Lines a node; 100, or with --since all."),
    ] = None,
    grep: Annotated[str, typer.Option(metavar="REGEX", help="Only messages that match.")] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines come.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show the daemons' journals of several nodes as one, ordered by time (UTC).

    Nodes that cannot be read are named, after the lines of the others.

    Examples:

      mesosdeploy logs mesos_master --since -10m

      mesosdeploy logs agent-1 --grep 'TASK_(FAILED|LOST)' -f
    """
    import json
    import sys

    from mesosdeploy import console
    from mesosdeploy.workflow import logs as workflow
    from mesosdeploy.workflow.environment import Environment
    from mesosdeploy.workflow.journal import Query

    environment = Environment.load(inventory)
    query = Query(targets=tuple(target or ()), since=since, until=until, lines=lines, grep=grep)
    found = (
        workflow.follow(environment, query, console.note)
        if follow
        else workflow.read(environment, query)
    )
    coloured = _coloured() if sys.stdout.isatty() else None
    for line in found:
        if output is Output.JSON:
            console.emit(json.dumps(vars(line)))
        elif coloured:
            coloured(line)
        else:
            console.emit(f"{line.time} {line.node} {line.process}: {_plain(line.text)}")
        if follow:
            sys.stdout.flush()


def _coloured() -> Callable[[Line], None]:
    """Return what prints a line to a terminal, each node's name in a colour of its own."""
    from rich.text import Text

    from mesosdeploy.console import terminal

    palette = ("cyan", "green", "magenta", "blue", "bright_yellow", "bright_cyan", "bright_green")
    screen, colours = terminal(), dict[str, str]()

    def show(line: Line) -> None:
        colour = colours.setdefault(line.node, palette[len(colours) % len(palette)])
        weight = "red" if line.priority <= 3 else "yellow" if line.priority == 4 else ""
        screen.print(
            Text.assemble(
                (f"{line.time} ", "dim"),
                (line.node, colour),
                f" {line.process}: ",
                (_plain(line.text), weight),
            ),
            soft_wrap=True,
        )

    return show


def _plain(text: str) -> str:
    """Return a message that does nothing to a terminal; its further lines are indented."""
    shown = "".join(
        char if char.isprintable() or char in "\n\t" else f"\\x{ord(char):02x}" for char in text
    )
    return shown.rstrip("\n").replace("\n", "\n    ")
