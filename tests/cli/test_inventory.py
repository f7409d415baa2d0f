"""`mesosdeploy inventory` shows what the last `up` wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from mesosdeploy import resources
from mesosdeploy.commands.inventory import inventory
from mesosdeploy.errors import MesosDeployError, UsageError

RECORDED = {
    "_meta": {
        "hostvars": {
            "master-1": {
                "ansible_host": "10.0.0.1",
                "ansible_port": 22,
                "ansible_user": "root",
                "mesosdeploy_address": "10.0.0.1",
            }
        }
    },
    "all": {"children": ["masters"], "vars": {}},
    "masters": {"hosts": ["master-1"]},
}

app = typer.Typer()
app.command()(inventory)


@pytest.fixture
def env(tmp_path: Path) -> Path:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "cluster.yml").write_text(
        "name: demo\nprovider: {type: fake}\ngroups: {masters: {count: 1}, agents: {count: 1}}\n"
    )
    return tmp_path / "env"


@pytest.fixture
def recorded(env: Path) -> Path:
    directory = resources.state_dir() / "demo"
    directory.mkdir(parents=True)
    (directory / "inventory.json").write_text(json.dumps(RECORDED))
    return env


def run(env: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["-i", str(env), *options])


def test_json_is_what_was_recorded(recorded: Path) -> None:
    assert json.loads(run(recorded, "-o", "json").stdout) == RECORDED


def test_table_has_a_line_for_each_node(recorded: Path) -> None:
    out = run(recorded).stdout
    assert "master-1" in out
    assert "root@10.0.0.1:22" in out


def test_one_host_as_json(recorded: Path) -> None:
    out = run(recorded, "--host", "master-1", "-o", "json").stdout
    assert json.loads(out) == RECORDED["_meta"]["hostvars"]["master-1"]


def test_one_host_as_a_table(recorded: Path) -> None:
    assert "mesosdeploy_address" in run(recorded, "--host", "master-1").stdout


def test_unknown_host_is_asked_back(recorded: Path) -> None:
    result = run(recorded, "--host", "mastr-1")
    assert isinstance(result.exception, UsageError)
    assert result.exception.hint == 'did you mean "master-1"? known: master-1'


def test_before_the_first_up_it_says_so(env: Path) -> None:
    result = run(env)
    assert isinstance(result.exception, MesosDeployError)
    assert "demo" in result.exception.message
    assert "mesosdeploy up -i" in (result.exception.hint or "")
