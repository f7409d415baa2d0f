"""`mesosdeploy schema` prints a JSON Schema, or writes it where editors look."""

from __future__ import annotations

import json
from pathlib import Path

import typer
from typer.testing import CliRunner

from mesosdeploy.commands.schema import schema
from mesosdeploy.errors import UsageError

app = typer.Typer()
app.command()(schema)


def test_schema_is_printed() -> None:
    result = CliRunner().invoke(app)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["title"] == "mesosdeploy cluster.yml"
    assert result.stderr == ""


def test_schema_is_written(tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    result = CliRunner().invoke(app, ["--out", str(file)])
    assert (result.exit_code, result.stdout) == (0, "")
    assert json.loads(file.read_text())["$id"] == "urn:mesosdeploy:cluster.yml"


def test_file_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["--out", str(tmp_path / "no" / "schema.json")])
    assert isinstance(result.exception, UsageError)
    assert "No such file or directory" in result.exception.message
