"""What the subcommands of `mesosdeploy app` share: their options, and the way to their Marathon."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mesosdeploy.commands.options import DEFAULT_INVENTORY
from mesosdeploy.errors import MesosDeployError

if TYPE_CHECKING:
    from mesosdeploy.workflow.app import Target


def _complete(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer app ids; a shell that completes is told nothing of what went wrong."""
    from mesosdeploy.workflow import app as workflow

    inventory, url = ctx.params.get("inventory"), ctx.params.get("url")
    try:
        return workflow.complete(incomplete, Path(inventory or DEFAULT_INVENTORY), url)
    except MesosDeployError:
        return []


AppArgument = Annotated[
    str, typer.Argument(metavar="APP", help="The app's id.", autocompletion=_complete)
]
AppsArgument = Annotated[
    list[str], typer.Argument(metavar="APP", help="The apps' ids.", autocompletion=_complete)
]
UrlOption = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="Use the Marathon there; no inventory is needed."),
]
ForceOption = Annotated[
    bool, typer.Option("--force", help="End a deployment that is in the way, and go ahead.")
]
TimeoutOption = Annotated[
    float, typer.Option("--timeout", min=1, metavar="SECONDS", help="Wait for it so long.")
]


@contextmanager
def opened(inventory: Path, url: str | None) -> Iterator[Target]:
    """Open the Marathon that the options name."""
    from mesosdeploy.workflow import app as workflow

    with workflow.opened(inventory, url) as target:
        yield target


def again(target: Target, words: str) -> str:
    """Return the command line of another subcommand for the same Marathon."""
    return f"mesosdeploy app {words}{target.option}"
