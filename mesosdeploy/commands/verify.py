"""`mesosdeploy verify`."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from mesosdeploy.commands.options import DEFAULT_INVENTORY, InventoryOption, OutputOption
from mesosdeploy.console import Output

if TYPE_CHECKING:
    from rich.console import Group

    from mesosdeploy.verify.results import VerifyReport


def verify(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    node: Annotated[
        list[str] | None, typer.Option("--node", metavar="NAME", help="Only this node; repeatable.")
    ] = None,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", metavar="ROLE", help="Only this role, or `cluster`; repeatable."),
    ] = None,
    output: OutputOption = Output.TABLE,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the results as JUnit XML, too.")
    ] = None,
) -> None:
    """Check every node, then the cluster: leader, quorum, agents, and a task that runs on each.

    Exits with 6 when a check fails. With --node the cluster's own checks are left out, unless
    `--role cluster` asks for them.

    Examples:

      mesosdeploy verify

      mesosdeploy verify --node agent-1 --role mesos_agent

      mesosdeploy verify -o json | jq '.results[] | select(.outcome == "failed")'

      mesosdeploy verify --junit report.xml
    """
    from mesosdeploy import console
    from mesosdeploy.verify import junit as xml
    from mesosdeploy.workflow import verify as workflow
    from mesosdeploy.workflow.environment import Environment

    environment = Environment.load(inventory)
    with console.progress(1) as progress:
        progress.step("Verify nodes and cluster")
        report = workflow.run(
            environment, roles=role or (), nodes=node or (), report=progress.detail
        )
    if junit:
        xml.write(report, junit)
    console.show(report.as_data(), output, lambda: _render(report))
    workflow.require_passed(report, shown=output is Output.TABLE)
    console.success(
        f"{report.cluster}: all {report.passed} checks passed in {report.seconds:.1f} s",
        f"mesosdeploy status -i {quote(str(inventory))}",
    )


def _render(report: VerifyReport) -> Group:
    from mesosdeploy.verify.table import render

    return render(report)
