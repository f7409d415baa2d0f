"""`mesosdeploy down` lists, asks, removes and proves; it is safe to repeat."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy import console, resources
from mesosdeploy.state.lock import exclusive

Command = Callable[..., Any]
DOWN = ("down", "-i", "demo")


@pytest.fixture
def up(demo: Path, command: Command) -> Path:
    assert command("up", "-i", "demo").code == 0
    return demo


def test_without_a_yes_everything_is_listed_and_kept(up: Path, command: Command) -> None:
    ended = command(*DOWN)
    assert (ended.code, ended.stdout) == (2, "")
    belongings = [f"node {name}-{n} (running" for name, n in (("master", 3), ("agent", 2))]
    belongings += ["network fake-demo", f"state {resources.state_dir() / 'demo'}"]
    assert [text for text in belongings if text not in ended.stderr] == []
    assert "nobody said yes" in ended.stderr
    assert command("plan", "-i", "demo").stderr.startswith("nothing to do")


def test_down_removes_everything_and_a_second_finds_nothing(up: Path, command: Command) -> None:
    ended = command(*DOWN, "--yes", "-o", "json")
    assert ended.code == 0
    assert sorted(json.loads(ended.stdout)["nodes"]) == [
        "agent-1",
        "agent-2",
        "master-1",
        "master-2",
        "master-3",
    ]
    assert not (resources.state_dir() / "demo").exists()
    again = command(*DOWN, "-o", "json")
    assert again.code == 0
    assert json.loads(again.stdout) == {"nodes": [], "around_them": [], "state": ""}
    assert "demo: nothing to remove" in again.stderr


def test_locked_cluster_is_not_removed(up: Path, command: Command) -> None:
    with exclusive(resources.state_dir(), "demo", "up"):
        ended = command(*DOWN, "--yes", "-o", "json")
    assert (ended.code, ended.stdout) == (7, "")
    assert "runs `mesosdeploy up`" in ended.stderr
    assert command("plan", "-i", "demo").stderr.startswith("nothing to do")


def test_without_its_spec_nothing_is_removed(up: Path, command: Command) -> None:
    (up / "cluster.yml").unlink()
    ended = command(*DOWN, "--yes")
    assert ended.code == 3
    assert "holds no cluster.yml" in ended.stderr
    assert (resources.state_dir() / "demo" / "state.json").exists()


class Terminal(io.StringIO):
    """A terminal in memory, whose keyboard sends one line."""

    typed = ""
    shown_when_asked = ""

    def isatty(self) -> bool:
        return True

    def readline(self, _size: int | None = -1, /) -> str:
        self.shown_when_asked = self.getvalue()
        return self.typed


@pytest.mark.parametrize(
    ("typed", "answer"), [("y\n", True), ("n\n", False), ("", False)], ids=["yes", "no", "closed"]
)
def test_question_is_seen_though_a_spinner_runs(
    monkeypatch: pytest.MonkeyPatch, typed: str, answer: bool
) -> None:
    terminal = Terminal()
    terminal.typed = typed
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdin", terminal)
    monkeypatch.setattr(sys, "stderr", terminal)
    with console.progress(1) as progress:
        progress.step("List")
        assert progress.ask("Remove all of this?") is answer
    assert terminal.shown_when_asked.endswith("Remove all of this? [y/N] ")
    assert "\x1b[?25l" in terminal.shown_when_asked, "no spinner ran, so nothing was tested"


def test_other_provider_in_the_spec_never_forgets_the_machines(
    demo: Path, command: Command
) -> None:
    assert command("up", "-i", "demo").code == 0
    file = demo / "cluster.yml"
    file.write_text(file.read_text().replace("type: fake", "type: local"))
    ended = command("down", "-i", "demo", "--yes")
    assert ended.code == 2
    assert "was made by the provider 'fake'" in ended.stderr
    assert (resources.state_dir() / "demo" / "state.json").exists()


def test_single_node_is_only_purged(up: Path, command: Command) -> None:
    ended = command(*DOWN, "--node", "agent-1", "--yes")
    assert (ended.code, ended.stdout) == (2, "")
    assert "--node goes with --purge" in ended.stderr


def test_purge_is_refused_where_machines_go_as_a_whole(up: Path, command: Command) -> None:
    ended = command(*DOWN, "--purge", "--yes")
    assert (ended.code, ended.stdout) == (2, "")
    assert "--purge is for machines that you own, and the provider 'fake'" in ended.stderr
    assert (resources.state_dir() / "demo" / "state.json").exists()
