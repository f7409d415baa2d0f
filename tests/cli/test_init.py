"""`mesosdeploy init` writes an environment that is valid as it stands, and overwrites none."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from mesosdeploy.commands.init import init
from mesosdeploy.errors import UsageError
from mesosdeploy.spec import load

app = typer.Typer()
app.command()(init)


@pytest.fixture(autouse=True)
def _working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize("provider", ["local", "static", "fake"])
@pytest.mark.parametrize(("masters", "agents"), [(1, 1), (3, 2), (7, 400)])
def test_written_environment_is_valid(provider: str, masters: int, agents: int) -> None:
    counts = ("--masters", str(masters), "--agents", str(agents))
    result = run("demo", "--provider", provider, *counts)
    assert result.exit_code == 0, result.exception
    spec = load(Path("inventories/demo"))
    assert (spec.name, spec.provider.type) == ("demo", provider)
    assert (len(spec.masters), len(spec.agents)) == (masters, agents)


def test_written_file_teaches_in_comments() -> None:
    run("demo", "--masters", "5")
    text = Path("inventories/demo/cluster.yml").read_text(encoding="utf-8")
    assert "so 5 need\n  # 3 and survive the loss of 2." in text
    assert text.count("#") > 10
    assert Path("inventories/demo/group_vars/all.yml").is_file()


def test_next_command_is_told() -> None:
    assert run("demo").stderr == (
        "wrote inventories/demo/cluster.yml\n"
        "wrote inventories/demo/group_vars/all.yml\n"
        "demo is described in inventories/demo\n"
        "next: mesosdeploy plan -i inventories/demo\n"
    )


def test_directory_may_be_chosen() -> None:
    assert run("demo", "--directory", "elsewhere").exit_code == 0
    assert load(Path("elsewhere")).name == "demo"


def test_nothing_is_overwritten() -> None:
    run("demo")
    before = Path("inventories/demo/cluster.yml").read_bytes()
    result = run("demo", "--masters", "5")
    assert isinstance(result.exception, UsageError)
    assert result.exception.message == "inventories/demo exists already, and nothing is overwritten"
    assert Path("inventories/demo/cluster.yml").read_bytes() == before


REFUSED = {
    "name": (["My_Demo"], 'name: is not a DNS label (value "My_Demo")'),
    "name that is YAML": (["a: b"], 'name: is not a DNS label (value "a: b")'),
    "name that is a path": (["../x"], 'name: is not a DNS label (value "../x")'),
    "even masters": (["demo", "--masters", "4"], "asks for an even number of masters (value 4)"),
    "no agents": (["demo", "--agents", "0"], "must be at least 1 (value 0)"),
    "provider": (["demo", "--provider", "locl"], "init knows no provider 'locl'"),
}


@pytest.mark.parametrize(("arguments", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_wrong_argument_is_a_usage_error_and_leaves_nothing(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    result = run(*arguments)
    assert isinstance(result.exception, UsageError)
    assert message in result.exception.message
    assert result.exception.hint
    assert [path.name for path in tmp_path.rglob("*")] == ["work"]


@pytest.mark.parametrize("name", ["123", "true", "0x1f", "no"])
def test_name_that_yaml_reads_as_something_else_is_quoted(name: str) -> None:
    run(name)
    assert load(Path("inventories") / name).name == name
