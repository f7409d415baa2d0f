"""`mesosdeploy state`."""

from __future__ import annotations

from shlex import quote

import typer

from mesosdeploy.commands.options import DEFAULT_INVENTORY, InventoryOption, OutputOption
from mesosdeploy.console import Output

app = typer.Typer(help="Look at what is recorded of a cluster, or make it again.")


@app.command()
def show(
    inventory: InventoryOption = DEFAULT_INVENTORY, output: OutputOption = Output.TABLE
) -> None:
    """Show what is recorded, and whether a run was cut off."""
    from dataclasses import asdict

    from rich.table import Table

    from mesosdeploy import console
    from mesosdeploy.errors import StateError
    from mesosdeploy.state import journal, record
    from mesosdeploy.workflow.environment import Environment

    environment = Environment.load(inventory)
    state = record.load(environment.directory)
    if state is None:
        raise StateError(
            f"nothing is recorded of {environment.spec.name!r} in {environment.directory}",
            hint="make the cluster: mesosdeploy up; or find it: mesosdeploy state rebuild",
        )
    cut = journal.unfinished(environment.directory)
    data = {**asdict(state), "unfinished": asdict(cut) if cut else None}

    def table() -> Table:
        rows = Table("node", "group", "address", "made as", title=f"{environment.directory}")
        for name, entry in state.nodes.items():
            rows.add_row(name, entry.node.group, entry.node.address, entry.node.provider_id[:12])
        rows.caption = f"converged: {state.converged_at or 'never'}"
        return rows

    console.show(data, output, table)


@app.command()
def rebuild(inventory: InventoryOption = DEFAULT_INVENTORY) -> None:
    """Make a lost state directory again from the machines' own tags.

    Example:

      mesosdeploy state rebuild -i inventories/local
    """
    from mesosdeploy import console
    from mesosdeploy.workflow import rebuild as workflow
    from mesosdeploy.workflow.environment import Environment

    environment = Environment.load(inventory)
    with console.progress(3) as progress:
        nodes = workflow.run(environment, progress)
    console.success(
        f"{environment.spec.name}: {len(nodes)} nodes recorded again",
        f"mesosdeploy up -i {quote(str(inventory))}",
    )
