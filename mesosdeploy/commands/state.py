"""`mesosdeploy state`."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

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
def rebuild(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    private_key: Annotated[
        Path | None,
        typer.Option(
            "--private-key",
            metavar="FILE",
            help="The cluster's SSH key, where it was lost with the state directory.",
        ),
    ] = None,
) -> None:
    """Make a lost state directory again from the machines' own tags.

    On a cloud it needs the cluster's SSH key, in the state directory or in a copy of yours: no
    other key can be let in there.

    Examples:

      mesosdeploy state rebuild -i inventories/local

      mesosdeploy state rebuild -i inventories/aws --private-key ~/backup/id_ed25519
    """
    from mesosdeploy import console
    from mesosdeploy.workflow import rebuild as workflow
    from mesosdeploy.workflow.environment import Environment

    environment = Environment.load(inventory)
    with console.progress(3) as progress:
        nodes = workflow.run(environment, progress, private_key=private_key)
    console.success(
        f"{environment.spec.name}: {len(nodes)} nodes recorded again",
        f"mesosdeploy up -i {quote(str(inventory))}",
    )
