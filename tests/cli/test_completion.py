"""Shell completion: the scripts exist, and commands are offered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Command = Callable[..., Any]


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_script_exists(
    command: Command, monkeypatch: pytest.MonkeyPatch, shell: str
) -> None:
    monkeypatch.setattr("shellingham.detect_shell", lambda: (shell, f"/bin/{shell}"))
    ended = command("--show-completion")
    assert ended.code == 0
    assert f"complete_{shell}" in ended.stdout
    assert "_MESOSDEPLOY_COMPLETE" in ended.stdout


def test_commands_are_completed(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_MESOSDEPLOY_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "mesosdeploy ver")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert command().stdout.split() == ["verify", "version"]
