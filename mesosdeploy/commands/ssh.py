"""`mesosdeploy ssh`."""

from __future__ import annotations

from typing import Annotated

import typer

from mesosdeploy.commands.options import DEFAULT_INVENTORY, InventoryOption
from mesosdeploy.errors import UsageError


def ssh(
    node: Annotated[str, typer.Argument(help="The node's name, as `mesosdeploy status` shows it.")],
    command: Annotated[
        list[str] | None, typer.Argument(help="A command to run there; none: a shell.")
    ] = None,
    inventory: InventoryOption = DEFAULT_INVENTORY,
) -> None:
    """Log in to a node, or run a command on it. The host key is checked against the pinned one.

    Examples:

      mesosdeploy ssh master-1

      mesosdeploy ssh agent-2 -- journalctl -u mesos-agent -n 50
    """
    from difflib import get_close_matches

    from mesosdeploy import ssh as edge
    from mesosdeploy.workflow.environment import Environment

    environment = Environment.load(inventory)
    names = sorted(environment.inventory()["_meta"]["hostvars"])
    if node not in names:
        close = get_close_matches(node, names, n=1)
        raise UsageError(
            f"{environment.spec.name!r} has no node {node!r}",
            hint=f"did you mean {close[0]}?" if close else f"nodes: {', '.join(names)}",
        )
    edge.become(environment.ssh_config, node, command or [])
