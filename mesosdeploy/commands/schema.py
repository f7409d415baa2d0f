"""`mesosdeploy schema`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mesosdeploy.errors import UsageError

OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write it to this file instead of printing it."),
]


def schema(out: OutOption = None) -> None:
    """Print the JSON Schema of cluster.yml, which editors complete and check with.

    Examples:

      mesosdeploy schema --out .mesosdeploy-schema.json

    Then put this line at the top of a cluster.yml (editors with yaml-language-server):

      # yaml-language-server: $schema=../../.mesosdeploy-schema.json
    """
    import json

    from mesosdeploy import console
    from mesosdeploy.spec.schema import json_schema

    text = json.dumps(json_schema(), indent=2) + "\n"
    if out is None:
        console.emit(text)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise UsageError(
            f"cannot write {out}: {exc.strerror}", hint="name a file in a directory that exists"
        ) from exc
    console.success(f"wrote {out}", "mesosdeploy validate")
