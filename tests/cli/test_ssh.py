"""`mesosdeploy ssh` opens a node that exists, and says which do when it does not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy import resources

Command = Callable[..., Any]


class Replaced(BaseException):
    """The process would now be ssh."""


def test_before_up_it_says_how_to_make_the_cluster(demo: Path, command: Command) -> None:
    ended = command("ssh", "-i", "demo", "master-1")
    assert ended.code == 7
    assert "the cluster 'demo' is not up" in ended.stderr
    assert "hint: make it: mesosdeploy up -i demo" in ended.stderr


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("mastr-1", "did you mean master-1?"),
        ("x", "nodes: agent-1, agent-2, master-1, master-2, master-3"),
        ("ümlaut ☃", "nodes: agent-1"),
        ("a" * 5000, "nodes: agent-1"),
    ],
    ids=["misspelt", "foreign", "unicode", "long"],
)
def test_unknown_node_is_asked_back(demo: Path, command: Command, name: str, hint: str) -> None:
    command("up", "-i", "demo")
    ended = command("ssh", "-i", "demo", name)
    assert ended.code == 2
    assert f"hint: {hint}" in ended.stderr


def test_process_becomes_ssh_with_the_pinned_configuration(
    demo: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("up", "-i", "demo")
    called: list[list[str]] = []

    def become(_program: str, arguments: list[str]) -> None:
        called.append(arguments)
        raise Replaced

    monkeypatch.setattr(shutil, "which", lambda _name: "/usr/bin/ssh")
    monkeypatch.setattr(os, "execv", become)
    with pytest.raises(Replaced):
        command("ssh", "-i", "demo", "agent-1", "--", "ls", "-l")
    config = str(resources.state_dir() / "demo" / "ssh_config")
    assert called == [["ssh", "-F", config, "agent-1", "ls", "-l"]]


@pytest.mark.parametrize(
    "text", ["[]", '{"_meta": {}}', '{"_meta": {"hostvars": []}}', "{", "\x00"], ids=repr
)
@pytest.mark.parametrize("name", ["ssh", "logs", "doctor", "inventory"])
def test_damaged_inventory_is_told(demo: Path, command: Command, name: str, text: str) -> None:
    command("up", "-i", "demo")
    (resources.state_dir() / "demo" / "inventory.json").write_text(text)
    arguments = ["master-1"] if name == "ssh" else []
    ended = command(name, "-i", "demo", *arguments)
    assert (ended.code, ended.stdout) == (7, "")
    assert "inventory.json is damaged" in ended.stderr
    assert "mesosdeploy up -i demo" in ended.stderr
