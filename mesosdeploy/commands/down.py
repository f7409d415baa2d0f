"""`mesosdeploy down`."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from mesosdeploy.commands.options import (
    DEFAULT_INVENTORY,
    InventoryOption,
    OutputOption,
    ProviderOption,
    YesOption,
)
from mesosdeploy.console import Output

if TYPE_CHECKING:
    from mesosdeploy.workflow.down import Belongings


def down(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    provider: ProviderOption = None,
    yes: YesOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Remove the cluster with all its data: machines, network, volumes, keys, state.

    Lists everything first and asks. Proves afterwards that nothing is left. Safe to repeat, and
    after an `up` that was cut off. The image and the artifacts stay cached.

    Examples:

      mesosdeploy down

      mesosdeploy down -i inventories/demo --yes
    """
    from mesosdeploy import console
    from mesosdeploy.workflow import down as workflow
    from mesosdeploy.workflow.environment import Environment

    environment = Environment.load(inventory, provider)

    with console.progress(4) as progress:

        def confirm(found: Belongings) -> bool:
            for line in _lines(found):
                console.note(line)
            return yes or progress.ask("Remove all of this?")

        removed = workflow.run(environment, confirm=confirm, progress=progress)
    if output is Output.JSON:
        console.show(removed.as_data(), output, lambda: "")
    name = environment.spec.name
    if environment.borrows:
        console.note("the machines themselves are not mesosdeploy's: they stay as they are")
    if removed.empty:
        console.success(f"{name}: nothing to remove", f"mesosdeploy up -i {quote(str(inventory))}")
    else:
        console.success(
            f"{name} is gone; nothing is left", f"mesosdeploy up -i {quote(str(inventory))}"
        )


def _lines(found: Belongings) -> list[str]:
    lines = [f"  node {node.name} ({node.status}, {node.provider_id[:12]})" for node in found.nodes]
    lines += [f"  {item.kind} {item.name}" for item in found.leftovers if item.kind != "container"]
    return lines + ([f"  state {found.state}"] if found.state else [])
