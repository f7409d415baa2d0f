"""`mesosdeploy plan` shows exactly what `up` would do, and changes nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy import resources

Command = Callable[..., Any]
PLAN = ("plan", "-i", "demo")
NODES = [
    ("master-1", "masters"),
    ("master-2", "masters"),
    ("master-3", "masters"),
    ("agent-1", "agents"),
    ("agent-2", "agents"),
]


def rows(table: str) -> list[list[str]]:
    lines = [line for line in table.splitlines() if line.startswith(("│", "|"))]
    return [[cell.strip() for cell in re.split("[│|]", line)[1:-1]] for line in lines]


def test_table_has_a_row_for_each_node_in_the_order_of_the_spec(
    demo: Path, command: Command
) -> None:
    ended = command(*PLAN)
    assert ended.code == 0
    assert rows(ended.stdout) == [
        ["create", name, group, "it does not exist yet"] for name, group in NODES
    ]
    assert ended.stdout.endswith("the playbook runs: machines or their descriptions change\n")
    assert ended.stderr == "this is what `up` would do\nnext: mesosdeploy up -i demo\n"


def test_json_is_exact(demo: Path, command: Command) -> None:
    ended = command(*PLAN, "-o", "json")
    assert json.loads(ended.stdout) == {
        "actions": [
            {"action": "create", "node": name, "group": group, "reason": "it does not exist yet"}
            for name, group in NODES
        ],
        "converge": "machines or their descriptions change",
        "dangers": [],
        "nothing_to_do": False,
    }


def test_plan_changes_nothing(demo: Path, command: Command) -> None:
    command(*PLAN)
    assert not (resources.state_dir() / "demo").exists()


def test_plan_after_up_is_empty(demo: Path, command: Command) -> None:
    command("up", "-i", "demo")
    data = json.loads(command(*PLAN, "-o", "json").stdout)
    assert [action["action"] for action in data["actions"]] == ["keep"] * len(NODES)
    assert (data["converge"], data["nothing_to_do"]) == ("", True)
    assert command(*PLAN).stderr.startswith("nothing to do\n")


def test_danger_is_shown_and_up_is_not_proposed(demo: Path, command: Command) -> None:
    command("up", "-i", "demo")
    file = demo / "cluster.yml"
    file.write_text(file.read_text().replace("masters: {count: 3}", "masters: {count: 1}"))
    ended = command(*PLAN)
    assert "REFUSED: the ZooKeeper members would change from 3" in ended.stdout
    assert "next:" not in ended.stderr


@pytest.mark.parametrize("output", ["table", "json"])
def test_an_error_leaves_stdout_empty(demo: Path, command: Command, output: str) -> None:
    (demo / "cluster.yml").write_text("name: [")
    ended = command(*PLAN, "-o", output)
    assert (ended.code, ended.stdout) == (3, "")
    assert ended.stderr.startswith("error: demo/cluster.yml:1:")


@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_nothing_is_coloured_without_a_terminal(
    demo: Path, command: Command, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    ended = command(*PLAN)
    assert ended.code == 0
    assert "\x1b" not in ended.stdout + ended.stderr


def test_no_color_is_stronger_than_force_color(
    demo: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32m" in command(*PLAN).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in command(*PLAN).stdout


def test_unreadable_variables_are_named(
    demo: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (demo / "group_vars").mkdir()
    (demo / "group_vars" / "all.yml").write_text("a: 1")
    original = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "all.yml" and path.parent.name == "group_vars":
            raise PermissionError(13, "Permission denied", str(path))
        return original(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    ended = command(*PLAN)
    assert ended.code == 2
    assert "demo/group_vars/all.yml cannot be read: Permission denied" in ended.stderr
