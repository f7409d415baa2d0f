"""`mesosdeploy plan`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from shlex import quote
from typing import TYPE_CHECKING

from mesosdeploy.commands.options import (
    DEFAULT_INVENTORY,
    InventoryOption,
    OutputOption,
    ProviderOption,
)
from mesosdeploy.console import Output

if TYPE_CHECKING:
    from rich.console import RenderableType

    from mesosdeploy.plan import Plan
    from mesosdeploy.providers.base import Surrounding

_STYLES = {
    "create": "green",
    "start": "green",
    "replace": "red",
    "remove": "red",
    "change": "yellow",
}


def plan(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    provider: ProviderOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show what `up` would create, start, change, keep and remove, and why. Changes nothing.

    Examples:

      mesosdeploy plan -i inventories/prod

      mesosdeploy plan -o json | jq '.actions[] | select(.action != "keep")'
    """
    from dataclasses import asdict
    from datetime import UTC, datetime

    from mesosdeploy import console
    from mesosdeploy import plan as planning
    from mesosdeploy.workflow import preview
    from mesosdeploy.workflow.environment import Environment

    environment = Environment.load(inventory, provider)
    made = preview.plan(environment)
    cost = preview.estimate(environment)
    words = cost.sentence(datetime.now(UTC).date()) if cost else ""
    around = preview.surroundings(environment)
    data = {
        **planning.as_data(made, cost),
        **({"around_them": [asdict(each) for each in around]} if around is not None else {}),
    }
    console.show(data, output, lambda: _table(made, [*_around(around or ()), words]))
    if made.is_empty:
        console.success("nothing to do", f"mesosdeploy status -i {quote(str(inventory))}")
    elif not made.dangers:
        console.success("this is what `up` would do", f"mesosdeploy up -i {quote(str(inventory))}")


def _around(found: Iterable[Surrounding]) -> Iterator[str]:
    for each in found:
        yield f"{each.action} {each.kind}: {each.name}{f' ({each.detail})' if each.detail else ''}"


def _table(made: Plan, notes: Iterable[str]) -> RenderableType:
    from rich.console import Group
    from rich.markup import escape
    from rich.table import Table

    zones = ["zone"] if any(action.node and action.node.zone for action in made.actions) else []
    table = Table("action", "node", "group", *zones, "why")
    for action in made.actions:
        style = _STYLES.get(action.kind.value)
        zone = [action.node.zone if action.node else "" for _ in zones]
        cells = (action.kind.value, action.name, action.group, *zone, escape(action.reason))
        table.add_row(*cells, style=style)
    lines = [
        f"the playbook runs: {made.converge}" if made.converge else "the playbook does not run"
    ]
    lines += [note for note in notes if note]
    lines += [f"REFUSED: {danger}" for danger in made.dangers]
    return Group(table, *map(escape, lines))
