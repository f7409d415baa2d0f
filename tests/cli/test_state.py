"""`mesosdeploy state` shows what is recorded, and makes a lost record again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mesosdeploy import resources
from mesosdeploy.state.journal import Journal

Command = Callable[..., Any]
SHOW = ("state", "show", "-i", "demo")


def test_nothing_recorded_says_how_to_record(demo: Path, command: Command) -> None:
    ended = command(*SHOW, "-o", "json")
    assert (ended.code, ended.stdout) == (7, "")
    assert "nothing is recorded of 'demo'" in ended.stderr
    assert "mesosdeploy state rebuild" in ended.stderr


def test_record_is_shown(demo: Path, command: Command) -> None:
    command("up", "-i", "demo")
    data = json.loads(command(*SHOW, "-o", "json").stdout)
    assert (data["cluster"], data["provider"], data["unfinished"]) == ("demo", "fake", None)
    assert sorted(data["nodes"]) == ["agent-1", "agent-2", "master-1", "master-2", "master-3"]
    assert data["converged"]
    table = command(*SHOW).stdout
    assert "agent-2" in table
    assert data["converged_at"] in table


def test_cut_off_step_is_shown(demo: Path, command: Command) -> None:
    command("up", "-i", "demo")
    Journal(resources.state_dir() / "demo", "up").write("begin", step="machines")
    data = json.loads(command(*SHOW, "-o", "json").stdout)
    assert (data["unfinished"]["operation"], data["unfinished"]["step"]) == ("up", "machines")


def test_lost_directory_is_made_again_and_up_accepts_it(demo: Path, command: Command) -> None:
    command("up", "-i", "demo")
    shutil.rmtree(resources.state_dir() / "demo")
    assert command("up", "-i", "demo").code == 7
    ended = command("state", "rebuild", "-i", "demo")
    assert ended.code == 0, ended.stderr
    assert "demo: 5 nodes recorded again" in ended.stderr
    assert command("up", "-i", "demo").code == 0
    assert command("plan", "-i", "demo").stderr.startswith("nothing to do")


def test_without_machines_there_is_nothing_to_rebuild(demo: Path, command: Command) -> None:
    ended = command("state", "rebuild", "-i", "demo")
    assert ended.code == 4
    assert "has no machine of the cluster 'demo'" in ended.stderr
