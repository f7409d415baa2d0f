"""`mesosdeploy artifacts list|fetch|doctor|bundle`."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from mesosdeploy.commands.options import DEFAULT_INVENTORY, InventoryOption, OutputOption
from mesosdeploy.console import Output
from mesosdeploy.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

app = typer.Typer(
    no_args_is_help=True,
    help="""The files that clusters are installed from: pinned, verified, kept, carried offline.

They are pinned in artifacts.lock.yml: one in the program, one in the inventory that adds to it.
$MESOSDEPLOY_MIRROR names a directory or URL that is asked before their own sources.""",
)

AllOption = Annotated[
    bool, typer.Option("--all", help="Everything in the lock files, needed or not.")
]
OfflineOption = Annotated[
    Path | None,
    typer.Option("--offline", metavar="BUNDLE", help="Take files from this bundle only."),
]
OutOption = Annotated[
    Path, typer.Option("--out", "-o", metavar="FILE.tar", help="The bundle to write.")
]


@app.command("list")
def list_artifacts(
    inventory: InventoryOption = DEFAULT_INVENTORY, output: OutputOption = Output.TABLE
) -> None:
    """List the known artifacts, and whether the store has them.

    Examples:

      mesosdeploy artifacts list

      mesosdeploy artifacts list -i inventories/prod -o json
    """
    from dataclasses import asdict

    from mesosdeploy import console
    from mesosdeploy.workflow import artifacts

    rows = artifacts.listing(inventory)
    console.show(
        [asdict(row) for row in rows],
        output,
        lambda: _table(
            ("name", "version", "flavour", "platform", "size", "licence", "stored"),
            (
                (
                    row.name,
                    row.version,
                    row.flavour,
                    row.platform,
                    _megabytes(row.size),
                    row.licence,
                    "yes" if row.stored else "no",
                )
                for row in rows
            ),
        ),
    )


@app.command("fetch")
def fetch(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    everything: AllOption = False,
    offline: OfflineOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Fetch, verify and build what the inventory needs, so that `up` finds it in the store.

    Examples:

      mesosdeploy artifacts fetch -i inventories/prod

      mesosdeploy artifacts fetch --offline prod.tar
    """
    from dataclasses import asdict

    from mesosdeploy import console
    from mesosdeploy.workflow import artifacts

    done = artifacts.fetch(inventory, everything=everything, offline=offline, report=console.note)
    console.show(
        [asdict(item) for item in done],
        output,
        lambda: _table(
            ("name", "version", "flavour", "sha256", "origin"),
            ((i.name, i.package_version, i.flavour, i.sha256[:12], i.origin) for i in done),
        ),
    )
    console.success("every artifact is in the store", f"mesosdeploy up -i {quote(str(inventory))}")


@app.command("doctor")
def doctor(
    inventory: InventoryOption = DEFAULT_INVENTORY,
    everything: AllOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Ask every source whether it still has the pinned file, and hash the store again.

    Exit code 5 when something that the inventory needs has no working source left.

    Examples:

      mesosdeploy artifacts doctor -i inventories/prod

      mesosdeploy artifacts doctor --all -o json
    """
    from dataclasses import asdict

    from mesosdeploy import console
    from mesosdeploy.workflow import artifacts

    found = artifacts.diagnose(inventory, everything=everything, report=console.note)
    console.show(
        [asdict(row) for row in found.rows],
        output,
        lambda: _table(
            ("artifact", "source", "status", "detail", "remedy"),
            ((r.artifact, r.source, r.status, r.detail, r.remedy) for r in found.rows),
        ),
    )
    if found.lost:
        raise ArtifactError(
            f"no working source is left for {', '.join(found.lost)}",
            hint="set MESOSDEPLOY_MIRROR or name another source in the inventory's "
            "artifacts.lock.yml; what is stored here can be carried on: mesosdeploy artifacts "
            "bundle --out FILE.tar",
        )
    console.success("every needed artifact has a working source", "mesosdeploy artifacts bundle")


@app.command("bundle")
def bundle(
    out: OutOption,
    inventory: InventoryOption = DEFAULT_INVENTORY,
) -> None:
    """Pack all that the inventory needs into one file, for controllers without a network.

    Examples:

      mesosdeploy artifacts bundle -i inventories/prod --out prod.tar

      mesosdeploy up -i inventories/prod --offline prod.tar
    """
    from mesosdeploy import console
    from mesosdeploy.workflow import artifacts

    packed = artifacts.pack(inventory, out=out, report=console.note)
    console.success(
        f"{packed.path}: {_megabytes(packed.size)}, {', '.join(packed.files)}",
        f"mesosdeploy up -i {quote(str(inventory))} --offline {packed.path}",
    )


def _table(columns: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _megabytes(size: int | None) -> str:
    return f"{size / 1e6:.1f} MB" if size is not None else "?"
