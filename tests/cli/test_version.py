"""`mesosdeploy version` names the versions of the program and of its parts."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from mesosdeploy import __version__

Command = Callable[..., Any]


def test_json_names_program_python_and_parts(command: Command) -> None:
    ended = command("version", "-o", "json")
    data = json.loads(ended.stdout)
    assert (ended.code, ended.stderr) == (0, "")
    assert (data["mesosdeploy"], data["python"]) == (__version__, platform.python_version())
    assert data["ansible-core"] == version("ansible-core")


def test_table_has_a_line_for_each_part(command: Command) -> None:
    data = json.loads(command("version", "-o", "json").stdout)
    assert command("version").stdout.splitlines() == [f"{k} {v}" for k, v in data.items()]
