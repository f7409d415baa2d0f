"""`mesosdeploy top`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mesosdeploy.commands.options import DEFAULT_INVENTORY, InventoryOption, OutputOption
from mesosdeploy.console import Output

if TYPE_CHECKING:
    from rich.console import RenderableType

SortOption = Annotated[
    str,
    typer.Option("--sort", metavar="COLUMN", help="name, cpus, mem, disk, tasks, load or failed."),
]


def top(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    sort: SortOption = "name",
    interval: Annotated[
        float, typer.Option(min=1, metavar="SECONDS", help="Look again so often.")
    ] = 5,
    once: Annotated[bool, typer.Option("--once", help="Print it once.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show how agents and frameworks use the cluster, live, until q or Ctrl-C.

    Resources are used/given/total: what tasks really use, what they were given, what there is.
    Figures are Prometheus' where it answers, else those of Mesos itself. Without a terminal, and
    as JSON, it is printed once.

    Examples:

      mesosdeploy top --sort cpus

      mesosdeploy top -o json | jq -r '.agents[] | select(.load > 8) | .node'
    """
    from mesosdeploy import console
    from mesosdeploy.commands import live
    from mesosdeploy.errors import UsageError
    from mesosdeploy.monitoring import usage_table
    from mesosdeploy.monitoring.usage import Order
    from mesosdeploy.spec.problems import did_you_mean
    from mesosdeploy.workflow import way
    from mesosdeploy.workflow.environment import Environment
    from mesosdeploy.workflow.top import Top

    if sort not in list(Order):
        raise UsageError(f"--sort {sort!r} is no column", hint=did_you_mean(sort, list(Order)))
    environment = Environment.load(inventory)
    order, seen = Order(sort), Top(way.inventory(environment))

    def look(lines: int) -> RenderableType:
        way.inventory(environment)  # a tunnel that has broken is made anew
        return usage_table.render(seen.look().ordered(order), lines=lines)

    if once or output is Output.JSON or not live.is_terminal():
        usage = seen.once().ordered(order)
        console.show(usage.as_data(), output, lambda: usage_table.render(usage))
    else:
        live.watch(look, interval=interval, title=f"by {order}, every {interval:g} s")
