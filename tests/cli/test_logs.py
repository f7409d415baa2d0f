"""`mesosdeploy logs` merges journals by time, and asks back when a target is unknown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy import ssh

Command = Callable[..., Any]


def entry(second: int, text: str) -> str:
    fields = {
        "__REALTIME_TIMESTAMP": str((1795341600 + second) * 1_000_000),
        "_SYSTEMD_UNIT": "mesos-agent.service",
        "_PID": "7",
        "PRIORITY": "4",
        "MESSAGE": text,
    }
    return json.dumps(fields) + "\n"


JOURNALS = {"agent-1": entry(2, "second"), "agent-2": entry(1, "first\x1b[2J\nand more")}


@pytest.fixture
def up(demo: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> Path:
    command("up", "-i", "demo")

    def answer(_config: Path, node: str, _command: list[str], **_kwargs: object) -> ssh.Answer:
        code = 0 if node in JOURNALS else 255
        return ssh.Answer(node=node, code=code, stdout=JOURNALS.get(node, ""), stderr="refused")

    monkeypatch.setattr(ssh, "run", answer)
    return demo


def test_lines_of_several_nodes_are_ordered_by_time(up: Path, command: Command) -> None:
    ended = command("logs", "-i", "demo", "agents", "-o", "json")
    assert ended.code == 0
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [(line["node"], line["unit"], line["text"]) for line in lines] == [
        ("agent-2", "mesos-agent", "first\x1b[2J\nand more"),
        ("agent-1", "mesos-agent", "second"),
    ]


def test_message_can_do_nothing_to_a_terminal(up: Path, command: Command) -> None:
    ended = command("logs", "-i", "demo", "agents")
    assert ended.stdout.splitlines() == [
        "2026-11-22T10:00:01.000000Z agent-2 mesos-agent[7]: first\\x1b[2J",
        "    and more",
        "2026-11-22T10:00:02.000000Z agent-1 mesos-agent[7]: second",
    ]


def test_nodes_have_colours_on_a_terminal(
    up: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    coloured = command("logs", "-i", "demo", "agents").stdout
    assert "\x1b[36magent-2\x1b[0m" in coloured
    assert "\x1b[32magent-1\x1b[0m" in coloured
    assert "\x1b[2J" not in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[36m" not in command("logs", "-i", "demo", "agents").stdout


def test_silent_node_is_an_error_after_the_lines_of_the_others(up: Path, command: Command) -> None:
    ended = command("logs", "-i", "demo", "agent-1", "master-1")
    assert (ended.code, ended.stdout.count("\n")) == (5, 1)
    assert "cannot read the journal of master-1: refused" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["agnts"], 'did you mean "agents"?'),
        (["nothing"], "'nothing' is neither a node nor a group nor a role"),
        (["resolver"], "'resolver' runs no daemon"),
        (["--grep", "("], "--grep '(' is no regular expression"),
        (["--follow", "--until", "now"], "--until and --follow do not go together"),
    ],
    ids=["misspelt", "unknown", "no process", "pattern", "endless"],
)
def test_wrong_use_is_told(up: Path, command: Command, arguments: list[str], said: str) -> None:
    ended = command("logs", "-i", "demo", *arguments)
    assert (ended.code, ended.stdout) == (2, "")
    assert said in ended.stderr
