"""`mesosdeploy inventory`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mesosdeploy.commands.options import DEFAULT_INVENTORY, InventoryOption, OutputOption
from mesosdeploy.console import Output
from mesosdeploy.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

HostOption = Annotated[
    str | None, typer.Option("--host", metavar="NAME", help="Show the variables of one node.")
]


def inventory(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    output: OutputOption = Output.TABLE,
    host: HostOption = None,
) -> None:
    """Show the Ansible inventory that the last `up` wrote: nodes, groups and variables.

    Examples:

      mesosdeploy inventory -o json > inventory.json

      mesosdeploy inventory --host master-1
    """
    from mesosdeploy import console
    from mesosdeploy.workflow.environment import Environment

    recorded = Environment.load(inventory).inventory()
    hosts: dict[str, dict[str, Any]] = recorded["_meta"]["hostvars"]
    if host is None:
        console.show(recorded, output, lambda: _nodes(recorded))
    elif host in hosts:
        console.show(hosts[host], output, lambda: _variables(hosts[host]))
    else:
        from mesosdeploy.spec.problems import did_you_mean

        raise UsageError(f"no node is called {host!r}", hint=did_you_mean(host, tuple(hosts)))


def _nodes(recorded: dict[str, Any]) -> Table:
    from rich.table import Table

    hosts = recorded["_meta"]["hostvars"]
    zones = ["zone"] if any("mesosdeploy_zone" in values for values in hosts.values()) else []
    table = Table("node", *zones, "address", "ssh", "groups")
    for name, values in hosts.items():
        groups = [key for key, value in recorded.items() if name in value.get("hosts", ())]
        ssh = f"{values['ansible_user']}@{values['ansible_host']}:{values['ansible_port']}"
        zone = [values.get("mesosdeploy_zone", "") for _ in zones]
        table.add_row(name, *zone, values["mesosdeploy_address"], ssh, ", ".join(groups))
    return table


def _variables(values: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table("variable", "value")
    for key, value in sorted(values.items()):
        table.add_row(key, str(value))
    return table
