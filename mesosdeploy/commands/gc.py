"""`mesosdeploy gc`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from mesosdeploy.commands.options import (
    DEFAULT_INVENTORY,
    InventoryOption,
    OutputOption,
    YesOption,
)
from mesosdeploy.console import Output

if TYPE_CHECKING:
    from rich.table import Table

    from mesosdeploy.workflow.gc import Found


def gc(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    cluster: Annotated[
        str, typer.Option("--cluster", help="Remove all that is left of this cluster.")
    ] = "",
    expired: Annotated[
        bool, typer.Option("--expired", help="Remove clusters whose time is over.")
    ] = False,
    yes: YesOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Find what clusters left in a cloud's account and region, whoever made them.

    Without --cluster and --expired it only shows them. It looks where the environment's provider
    looks, for everything with a cluster's tag.

    Examples:

      mesosdeploy gc -i inventories/aws

      mesosdeploy gc -i inventories/aws --expired --yes
    """
    from datetime import UTC, datetime

    from mesosdeploy import console
    from mesosdeploy.workflow import gc as workflow
    from mesosdeploy.workflow.environment import Environment

    environment = Environment.load(inventory)
    found = workflow.find(environment, datetime.now(UTC))
    console.show([each.as_data() for each in found], output, lambda: _table(found))
    doomed = workflow.chosen(found, cluster=cluster, expired=expired)
    if not doomed:
        console.success("nothing was removed", "mesosdeploy gc --cluster NAME, or --expired")
        return
    names = ", ".join(each.remains.cluster for each in doomed)
    with console.progress(1) as progress:
        progress.step("Remove clusters")

        def confirm(_doomed: Sequence[Found]) -> bool:
            return yes or progress.ask(f"Remove {names} with all data?")

        workflow.remove(environment, doomed, confirm=confirm, report=progress.detail)
    console.success(f"{names}: gone; nothing is left", "mesosdeploy gc")


def _table(found: Sequence[Found]) -> Table:
    from collections import Counter

    from rich.table import Table

    table = Table("cluster", "what", "expires", "recorded here")
    for each in found:
        kinds = Counter(item.kind for item in each.remains.objects)
        expires = each.remains.expires
        table.add_row(
            each.remains.cluster,
            ", ".join(f"{count} x {kind}" for kind, count in kinds.items()),
            f"{expires:%Y-%m-%d %H:%M} UTC{' (over)' if each.expired else ''}" if expires else "",
            "yes" if each.recorded else "no",
        )
    return table
