"""`mesosdeploy alerts`: what fires; its subcommands silence what is known already."""

from __future__ import annotations

import sys
from contextlib import suppress
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from mesosdeploy.commands.options import DEFAULT_INVENTORY, InventoryOption, OutputOption
from mesosdeploy.console import Output

if TYPE_CHECKING:
    from mesosdeploy.monitoring.alerts import Alerts
    from mesosdeploy.workflow.environment import Environment

app = typer.Typer(invoke_without_command=True)

AllOption = Annotated[
    bool, typer.Option("--all", "-a", help="Pending, silenced and inhibited ones, too.")
]
NodeOption = Annotated[str, typer.Option("--node", metavar="NAME", help="Only on this node.")]


@app.callback()
def alerts(
    context: typer.Context,
    inventory: InventoryOption = DEFAULT_INVENTORY,
    everything: AllOption = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on, until q or Ctrl-C.")] = False,
    interval: Annotated[
        float, typer.Option(min=1, metavar="SECONDS", help="Look again so often.")
    ] = 5,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 6 when a warning or critical fires.")
    ] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show the alerts that fire: how severe, since when, where, and the page that helps.

    Exits with 0 also when alerts fire, unless --exit-code says otherwise. Where Prometheus or
    Alertmanager asks for a password, MESOSDEPLOY_PROMETHEUS_CREDENTIALS and
    MESOSDEPLOY_ALERTMANAGER_CREDENTIALS hold user:password.

    Examples:

      mesosdeploy alerts --all

      mesosdeploy alerts -o json | jq -r '.alerts[].name'

      mesosdeploy alerts silence MesosAgentDown --node agent-2 --for 2h --comment "new disk"
    """
    from mesosdeploy.errors import UsageError

    if context.invoked_subcommand:
        source = context.get_parameter_source("inventory")
        if source is not None and source.name == "COMMANDLINE":
            raise UsageError(
                f"-i stands before {context.invoked_subcommand}",
                hint=f"put it behind: mesosdeploy alerts {context.invoked_subcommand} … -i DIR",
            )
        return
    from mesosdeploy.workflow import alerts as workflow
    from mesosdeploy.workflow.environment import Environment

    if watch and exit_code:
        raise UsageError("--watch and --exit-code do not go together", hint="leave one of them out")
    environment = Environment.load(inventory)
    if watch:
        _watch(environment, interval, output, everything=everything)
    else:
        found = workflow.run(environment)
        _show(found, output, everything=everything)
        _judge(found, exit_code=exit_code)


def _show(found: Alerts, output: Output, *, everything: bool) -> None:
    from mesosdeploy import console
    from mesosdeploy.monitoring import table

    shown = found if everything else found.only_active()
    if shown.alerts or output is Output.JSON:
        console.show(
            shown.as_data(), output, lambda: table.alerts(shown.alerts, with_state=everything)
        )
    for problem in found.problems:
        console.note(problem)


def _judge(found: Alerts, *, exit_code: bool) -> None:
    from mesosdeploy import console
    from mesosdeploy.errors import VerifyError

    urgent = found.urgent
    if exit_code and urgent:
        names = ", ".join(one.place for one in urgent)
        raise VerifyError(
            f"{len(urgent)} alerts fire: {names}",
            hint="the column `runbook` names the page that says what to do",
        )
    if not found.active:
        console.success("no alert fires")


def _watch(environment: Environment, interval: float, output: Output, *, everything: bool) -> None:
    from rich.console import Group, RenderableType

    from mesosdeploy.commands import live
    from mesosdeploy.monitoring import table
    from mesosdeploy.workflow import alerts as workflow

    def look(_lines: int) -> RenderableType:
        found = workflow.run(environment)
        shown = found if everything else found.only_active()
        return Group(table.noted(found), table.alerts(shown.alerts, with_state=everything))

    workflow.require_monitoring(environment)
    if output is Output.TABLE and live.is_terminal():
        live.watch(look, interval=interval, title=f"every {interval:g} s")
    else:
        _follow(environment, interval, output, everything=everything)


def _follow(environment: Environment, interval: float, output: Output, *, everything: bool) -> None:
    """Tell each change in a line of its own, for a file or a program."""
    import json
    from dataclasses import asdict

    from mesosdeploy import console
    from mesosdeploy.workflow import alerts as workflow

    changes = workflow.changes(environment, interval=interval, report=console.note)
    with suppress(KeyboardInterrupt):  # the usual way to end it
        for one in changes:
            if not (everything or one.is_of_active):
                continue
            alert = one.alert
            plain = f"{one.time} {one.event} {alert.state} {alert.severity} {alert.place}: "
            text = json.dumps(asdict(one)) if output is Output.JSON else plain + alert.summary
            console.emit(text)
            sys.stdout.flush()


@app.command()
def silence(
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="The alert's name.")],
    inventory: InventoryOption = DEFAULT_INVENTORY,
    node: NodeOption = "",
    lasts: Annotated[
        str, typer.Option("--for", metavar="DURATION", help="How long: 30m, 2h, 1d12h.")
    ] = "2h",
    comment: Annotated[str, typer.Option("--comment", metavar="TEXT", help="Why.")] = "",
) -> None:
    """Tell nobody of an alert for a while, as during maintenance.

    Example:

      mesosdeploy alerts silence MesosAgentDown --node agent-2 --for 2h --comment "new disk"
    """
    from mesosdeploy import console
    from mesosdeploy.workflow import alerts as workflow
    from mesosdeploy.workflow.environment import Environment

    wish = workflow.Wish(name=alert, node=node, lasts=lasts, comment=comment)
    silence_id, until = workflow.silence(Environment.load(inventory), wish)
    console.emit(silence_id)
    where = f" on {node}" if node else ""
    console.success(
        f"{alert}{where} is silenced until {until.isoformat(timespec='minutes')}",
        f"mesosdeploy alerts unsilence {silence_id} -i {quote(str(inventory))}",
    )


@app.command()
def unsilence(
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="An alert, or a silence's id.")],
    inventory: InventoryOption = DEFAULT_INVENTORY,
    node: NodeOption = "",
) -> None:
    """Let people hear of an alert again.

    Example:

      mesosdeploy alerts unsilence MesosAgentDown --node agent-2
    """
    from mesosdeploy import console
    from mesosdeploy.workflow import alerts as workflow
    from mesosdeploy.workflow.environment import Environment

    ended = workflow.unsilence(Environment.load(inventory), alert, node)
    console.success(
        f"{len(ended)} silences ended", f"mesosdeploy alerts -i {quote(str(inventory))}"
    )
