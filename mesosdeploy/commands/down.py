"""`mesosdeploy down`."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote
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
    from mesosdeploy.workflow.down import Belongings
    from mesosdeploy.workflow.environment import Environment
    from mesosdeploy.workflow.purge import Holdings


def down(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    provider: ProviderOption = None,
    yes: YesOption = False,
    purge: Annotated[
        bool,
        typer.Option(
            "--purge",
            help="On machines that you own: remove what was installed there, with all data.",
        ),
    ] = False,
    node: Annotated[
        list[str] | None,
        typer.Option("--node", metavar="NAME", help="With --purge: only this node; repeatable."),
    ] = None,
    ask_become_password: AskPasswordOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Remove the cluster with all its data: machines, network, volumes, keys, state.

    Lists everything first and asks. Proves afterwards that nothing is left. Safe to repeat, and
    after an `up` that was cut off. The image and the artifacts stay cached. Machines that you own
    (`type: static`) stay as they are, with all that runs on them, unless you say --purge.

    Examples:

      mesosdeploy down

      mesosdeploy down -i inventories/demo --yes

      mesosdeploy down -i inventories/static --purge

      mesosdeploy down -i inventories/static --purge --node agent-2
    """
    from mesosdeploy.workflow.environment import Environment

    environment = Environment.load(inventory, provider)
    if ask_become_password:
        from mesosdeploy import console

        console.ask_become_password()
    if node and not purge:
        from mesosdeploy.errors import UsageError

        raise UsageError("--node goes with --purge: a cluster is removed as a whole")
    if purge:
        empty, data = _purge(environment, yes, node or ())
    else:
        empty, data = _remove(environment, yes)
    if output is Output.JSON:
        from mesosdeploy import console

        console.show(data, output, lambda: "")
    _tell(environment, purge=purge, empty=empty, nodes=node or ())


def _remove(environment: Environment, yes: bool) -> tuple[bool, object]:
    from mesosdeploy import console
    from mesosdeploy.workflow import down as workflow

    with console.progress(4) as progress:

        def confirm(found: Belongings) -> bool:
            for line in _lines(found):
                console.note(line)
            return yes or progress.ask("Remove all of this?")

        removed = workflow.run(environment, confirm=confirm, progress=progress)
    return removed.empty, removed.as_data()


def _purge(environment: Environment, yes: bool, nodes: Sequence[str]) -> tuple[bool, object]:
    from mesosdeploy import console
    from mesosdeploy.workflow import purge as workflow

    with console.progress(3) as progress:

        def confirm(found: Holdings) -> bool:
            for name, holding in found.items():
                console.note(f"  {name}:")
                for line in holding.lines():
                    console.note(line)
            return yes or progress.ask("Remove all of this, data included, from these machines?")

        ended = workflow.run(environment, confirm=confirm, progress=progress, nodes=nodes)
    data = {name: holding.as_data() for name, holding in ended.items()}
    return not any(holding.found for holding in ended.values()), data


def _tell(environment: Environment, *, purge: bool, empty: bool, nodes: Sequence[str]) -> None:
    from mesosdeploy import console

    name, again = environment.spec.name, f"-i {quote(str(environment.source))}"
    if environment.borrows and not purge:
        machines = ", ".join(request.name for request in environment.spec.requests())
        console.note(
            f"the machines are yours and they stay as they are: services, tasks and data of"
            f" {machines} go on, and only what this computer knew of them is gone"
        )
        console.success(
            f"{name}: nothing to remove" if empty else f"{name} is forgotten",
            f"mesosdeploy up {again} (takes them over), or: mesosdeploy down {again} --purge",
        )
    elif nodes:
        console.success(
            f"nothing of {name} is on {', '.join(nodes)}",
            f"take out of the spec what shall not come again, then: mesosdeploy up {again}",
        )
    elif empty:
        console.success(f"{name}: nothing to remove", f"mesosdeploy up {again}")
    else:
        console.success(f"{name} is gone; nothing is left", f"mesosdeploy up {again}")


def _lines(found: Belongings) -> list[str]:
    lines = [f"  node {node.name} ({node.status}, {node.provider_id[:12]})" for node in found.nodes]
    lines += [f"  {item.kind} {item.name}" for item in found.leftovers if item.kind != "container"]
    return lines + ([f"  state {found.state}"] if found.state else [])
