"""`mesosdeploy doctor`."""

from __future__ import annotations

from shlex import quote

from mesosdeploy.commands.options import (
    DEFAULT_INVENTORY,
    InventoryOption,
    OutputOption,
    ProviderOption,
)
from mesosdeploy.console import Output


def doctor(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    provider: ProviderOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Examine this machine and every node; name what is wrong, why, and what helps.

    Exits with 6 when something is wrong. Changes nothing.

    Examples:

      mesosdeploy doctor

      mesosdeploy doctor -o json | jq '.[] | select(.ok | not)'
    """
    from rich.markup import escape
    from rich.table import Table

    from mesosdeploy import console
    from mesosdeploy.errors import VerifyError
    from mesosdeploy.workflow import doctor as workflow
    from mesosdeploy.workflow.environment import Environment

    environment = Environment.load(inventory, provider)
    found = workflow.run(environment)
    data = [{"where": entry.where, **vars(entry.finding)} for entry in found]

    def table() -> Table:
        rows = Table("where", "check", "", "what", "remedy")
        for entry in found:
            finding = entry.finding
            mark = "[green]ok[/]" if finding.ok else "[red]BAD[/]"
            cells = (entry.where, finding.check, finding.message, finding.remedy)
            where, check, what, remedy = map(escape, cells)
            rows.add_row(where, check, mark, what, remedy)
        return rows

    console.show(data, output, table)
    bad = sum(1 for entry in found if not entry.finding.ok)
    if bad:
        raise VerifyError(
            f"{bad} of {len(found)} checks found something wrong",
            hint="the column `remedy` says what helps",
        )
    console.success(
        f"all {len(found)} checks are fine", f"mesosdeploy status -i {quote(str(inventory))}"
    )
