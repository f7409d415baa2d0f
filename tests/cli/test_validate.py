"""`mesosdeploy validate` shows every problem, exits 3, and changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from mesosdeploy.commands.validate import validate
from mesosdeploy.errors import SpecError

GOOD = "name: demo\nprovider: {type: fake}\ngroups: {masters: {count: 3}, agents: {count: 2}}\n"

app = typer.Typer()
app.command()(validate)


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "env").mkdir()
    return Path("env")


def run(env: Path, content: str, *options: str) -> Result:
    (env / "cluster.yml").write_text(content, encoding="utf-8")
    return CliRunner().invoke(app, ["-i", str(env), *options])


def test_valid_spec_is_summed_up_with_the_next_command(env: Path) -> None:
    result = run(env, GOOD)
    assert result.exit_code == 0
    assert result.stdout == (
        "cluster demo on fake: 5 nodes, Mesos 1.11.0 (lab), quorum 2 of 3 masters\n"
        "  masters  3 x marathon, mesos_dns (2), mesos_master, zookeeper\n"
        "  agents   2 x mesos_agent\n"
    )
    assert result.stderr == "env is valid\nnext: mesosdeploy plan -i env\n"


def test_valid_spec_as_json(env: Path) -> None:
    data = json.loads(run(env, GOOD, "-o", "json").stdout)
    assert (data["valid"], data["problems"], data["cluster"]) == (True, [], "demo")
    assert (data["quorum"], len(data["nodes"]), len(data["fingerprint"])) == (2, 5, 64)


def test_every_problem_is_in_the_error(env: Path) -> None:
    result = run(env, GOOD.replace("count: 3", "count: 2") + "x: 1\n")
    assert isinstance(result.exception, SpecError)
    assert result.exception.exit_code == 3
    heading, first, *_ = result.exception.message.splitlines()
    assert heading == "env/cluster.yml: 2 problems"
    assert first.startswith("env/cluster.yml:3:27: groups.masters.count: asks for an even")
    assert "\nenv/cluster.yml:4:1: x: is not a known key\n" in result.exception.message


def test_problems_as_json_are_on_stdout(env: Path) -> None:
    result = run(env, GOOD + "x: 1\n", "-o", "json")
    assert isinstance(result.exception, SpecError)
    data = json.loads(result.stdout)
    assert data["valid"] is False
    assert [(each["path"], each["line"], each["column"]) for each in data["problems"]] == [
        ("x", 4, 1)
    ]


def test_nothing_is_changed(env: Path, tmp_path: Path) -> None:
    run(env, GOOD)
    run(env, "name: [\n")
    assert [path.name for path in tmp_path.rglob("*")] == ["env", "cluster.yml"]
