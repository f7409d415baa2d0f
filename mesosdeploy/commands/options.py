"""The options that several commands share, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mesosdeploy.console import Output

InventoryOption = Annotated[
    Path,
    typer.Option(
        "--inventory",
        "-i",
        metavar="DIR",
        envvar="MESOSDEPLOY_INVENTORY",
        help="The environment: a directory that holds cluster.yml.",
        show_default=True,
    ),
]
OutputOption = Annotated[
    Output,
    typer.Option("--output", "-o", help="A table for people, or JSON for programs."),
]
YesOption = Annotated[
    bool,
    typer.Option("--yes", "-y", help="Do not ask; what will be done is still listed."),
]
AskPasswordOption = Annotated[
    bool,
    typer.Option(
        "--ask-become-password",
        help="Ask for sudo's password on the nodes, unless $MESOSDEPLOY_BECOME_PASSWORD has it.",
    ),
]
ProviderOption = Annotated[
    str | None,
    typer.Option(
        "--provider",
        metavar="NAME",
        help="Use this provider in place of the spec's (fake: rehearse in memory).",
    ),
]

DEFAULT_INVENTORY = Path("inventories/local")
