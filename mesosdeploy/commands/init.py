"""`mesosdeploy init`."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

NameArgument = Annotated[str, typer.Argument(help="The cluster's name: a-z, 0-9 and '-'.")]
ProviderOption = Annotated[
    str,
    typer.Option(
        "--provider",
        help="Where the machines come from: local, aws, openstack, libcloud, static or fake.",
    ),
]
MastersOption = Annotated[int, typer.Option("--masters", help="How many masters: 1, 3, 5 or 7.")]
AgentsOption = Annotated[int, typer.Option("--agents", help="How many agents.")]
DirectoryOption = Annotated[
    Path | None,
    typer.Option("--directory", metavar="DIR", help="Where to write; default: inventories/NAME."),
]


def init(
    name: NameArgument,
    provider: ProviderOption = "local",
    masters: MastersOption = 3,
    agents: AgentsOption = 2,
    directory: DirectoryOption = None,
) -> None:
    """Write a commented environment to start from; never overwrites one.

    Examples:

      mesosdeploy init demo

      mesosdeploy init prod --provider static --masters 5 --agents 20
    """
    from mesosdeploy import console
    from mesosdeploy.workflow.init import Wanted, write

    target = directory or Path("inventories") / name
    wanted = Wanted(name=name, provider=provider, masters=masters, agents=agents)
    written = write(wanted, target)
    for file in written:
        console.note(f"wrote {file}")
    if provider == "static":
        console.note("its addresses are examples (192.0.2.0/24): put yours in their place")
    console.success(f"{name} is described in {target}", f"mesosdeploy plan -i {quote(str(target))}")
