"""`mesosdeploy validate`."""

from __future__ import annotations

from shlex import quote

from mesosdeploy.commands.options import DEFAULT_INVENTORY, InventoryOption, OutputOption
from mesosdeploy.console import Output


def validate(
    inventory: InventoryOption = DEFAULT_INVENTORY, output: OutputOption = Output.TABLE
) -> None:
    """Check an environment's cluster.yml and show every problem at once. Changes nothing.

    Each problem has its place (file:line:column), its value and a remedy; exit code 3.

    Examples:

      mesosdeploy validate -i inventories/prod

      mesosdeploy validate -o json | jq .problems
    """
    from mesosdeploy import console
    from mesosdeploy.spec import InvalidSpecError, load
    from mesosdeploy.spec.summary import as_data, as_text

    try:
        spec = load(inventory)
    except InvalidSpecError as error:
        if output is Output.JSON:
            problems = [problem.as_dict() for problem in error.problems]
            console.show({"valid": False, "problems": problems}, output, str)
        raise
    console.show({"valid": True, "problems": [], **as_data(spec)}, output, lambda: as_text(spec))
    console.success(f"{inventory} is valid", f"mesosdeploy plan -i {quote(str(inventory))}")
