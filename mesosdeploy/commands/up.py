"""`mesosdeploy up`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mesosdeploy.commands.options import (
    DEFAULT_INVENTORY,
    AskPasswordOption,
    InventoryOption,
    OutputOption,
    ProviderOption,
    YesOption,
)
from mesosdeploy.console import Output

if TYPE_CHECKING:
    from mesosdeploy.plan import Plan
    from mesosdeploy.workflow.environment import Environment
    from mesosdeploy.workflow.up import Outcome


class Speed(StrEnum):
    """The Ansible strategies that a user can choose."""

    MITOGEN = "mitogen"
    LINEAR = "linear"


def up(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    provider: ProviderOption = None,
    yes: YesOption = False,
    until: Annotated[
        str,
        typer.Option(
            metavar="STEP",
            help="Stop after this one of: plan, artifacts, prepare, machines, reach, inventory, "
            "converge, verify.",
        ),
    ] = "",
    converge: Annotated[
        bool, typer.Option("--converge", help="Run the playbook even when nothing has changed.")
    ] = False,
    skip_verify: Annotated[
        bool, typer.Option("--skip-verify", help="Do not verify at the end.")
    ] = False,
    strategy: Annotated[
        Speed, typer.Option(help="How Ansible reaches the nodes: mitogen (fast) or linear (plain).")
    ] = Speed.MITOGEN,
    offline: Annotated[
        Path | None,
        typer.Option(metavar="BUNDLE", help="Take all artifacts from this bundle, ask no network."),
    ] = None,
    ask_become_password: AskPasswordOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Bring the cluster up: make machines, install, verify.

    Safe to repeat and to interrupt: the same command continues, and ends at once when there is
    nothing to do.

    Examples:

      mesosdeploy up                             the local six-node cluster

      mesosdeploy up -i inventories/prod

      mesosdeploy up --provider fake             rehearse without any machine

      mesosdeploy up --until machines            make the machines only
    """
    from mesosdeploy import console
    from mesosdeploy.ansible import Strategy
    from mesosdeploy.workflow import report
    from mesosdeploy.workflow import up as workflow
    from mesosdeploy.workflow.environment import Environment

    environment = Environment.load(inventory, provider)
    if ask_become_password:
        console.ask_become_password()
    with console.progress(len(workflow.STEPS)) as progress:

        def confirm(plan: Plan) -> bool:
            console.list_losses(plan)
            return yes or progress.ask("Go on?")

        options = workflow.Options(
            until=until,
            converge=converge,
            verify=not skip_verify,
            strategy=Strategy.LINEAR if strategy is Speed.LINEAR else Strategy.MITOGEN,
            offline=offline,
            confirm=confirm,
        )
        outcome = workflow.run(environment, options, progress)
    _tell(environment, outcome)
    if output is Output.JSON:
        console.show(report.as_data(environment, outcome), output, lambda: "")


def _tell(environment: Environment, outcome: Outcome) -> None:
    from mesosdeploy import console
    from mesosdeploy.workflow import report

    if outcome.resumed:
        console.note(
            f"an earlier `{outcome.resumed.operation}` was cut off in step "
            f"{outcome.resumed.step!r} at {outcome.resumed.time}; this run continued it"
        )
    summary, next_command = report.summarize(environment, outcome)
    for line in summary[1:]:
        console.note(line)
    console.success(summary[0], next_command)
