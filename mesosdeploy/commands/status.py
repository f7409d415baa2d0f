"""`mesosdeploy status`."""

from __future__ import annotations

from shlex import quote

from mesosdeploy.commands.options import DEFAULT_INVENTORY, InventoryOption, OutputOption
from mesosdeploy.console import Output


def status(
    inventory: InventoryOption = DEFAULT_INVENTORY, output: OutputOption = Output.TABLE
) -> None:
    """Show leader, quorum, masters, agents with resources, ZooKeeper, versions and URLs, now.

    Exits with 0 when the cluster is healthy and with 6 when something is wrong. Changes nothing,
    and takes less than two seconds, also when nodes are dead; a login more where only SSH leads to
    the nodes. Alerts are counted where monitoring is there; they do not change the exit code.

    Examples:

      mesosdeploy status

      mesosdeploy status -o json | jq -r .leader
    """
    from rich.console import Group

    from mesosdeploy import console
    from mesosdeploy.errors import VerifyError
    from mesosdeploy.mesos.table import render
    from mesosdeploy.monitoring.table import noted
    from mesosdeploy.workflow import status as workflow
    from mesosdeploy.workflow.environment import Environment

    seen = workflow.run(Environment.load(inventory))

    def view() -> Group:
        said = [noted(seen.noted.alerts, seen.noted.problem)] if seen.noted else []
        return Group(render(seen.view, headline=seen.quorum), *said)

    console.show(seen.as_data(), output, view)
    if seen.problems:
        raise VerifyError(
            f"{seen.view.cluster} is not healthy\n"
            + "\n".join(f"  {problem}" for problem in seen.problems),
            hint=f"mesosdeploy doctor -i {quote(str(inventory))} names causes and remedies",
        )
    console.success(f"{seen.view.cluster} is healthy")
