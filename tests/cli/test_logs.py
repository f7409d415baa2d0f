"""`mesosdeploy logs` merges journals by time, and asks back when a target is unknown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy import ssh

Command = Callable[..., Any]
JOURNALS = {
    "agent-1": "2026-11-22T10:00:02.000000+0000 agent-1 mesos-agent[7]: second\n",
    "agent-2": "2026-11-22T10:00:01.000000+0000 agent-2 mesos-agent[7]: first\n",
}


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
    assert [(line["node"], line["text"]) for line in lines] == [
        ("agent-2", "mesos-agent[7]: first"),
        ("agent-1", "mesos-agent[7]: second"),
    ]


def test_silent_node_is_an_error_after_the_lines_of_the_others(up: Path, command: Command) -> None:
    ended = command("logs", "-i", "demo", "agent-1", "master-1")
    assert (ended.code, ended.stdout.count("\n")) == (5, 1)
    assert "cannot read the journal of master-1: refused" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["agnts"], "did you mean agents?"),
        (["nothing"], "'nothing' is neither a node nor a group nor a role"),
        (["--grep", "("], "--grep '(' is no regular expression"),
    ],
    ids=["misspelt", "unknown", "pattern"],
)
def test_wrong_use_is_told(up: Path, command: Command, arguments: list[str], said: str) -> None:
    ended = command("logs", "-i", "demo", *arguments)
    assert (ended.code, ended.stdout) == (2, "")
    assert said in ended.stderr
