"""`--help` of every command: an example to copy, and nothing heavy imported to show it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import mesosdeploy
from mesosdeploy import cli

Command = Callable[..., Any]
HEAVY = {"pydantic", "ansible", "ansible_runner", "libcloud", "httpx", "boto3", "rich", "tenacity"}
PACKAGE = Path(mesosdeploy.__file__).parent


def walk(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
    else:
        for name, child in children.items():
            yield from walk(child, (*path, name))


COMMANDS = dict(walk(typer.main.get_command(cli.app)))


def test_all_commands_are_found() -> None:
    assert {("up",), ("plan",), ("down",), ("state", "show"), ("artifacts", "fetch")} <= {*COMMANDS}


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_is_shown_with_an_example(command: Command, path: tuple[str, ...]) -> None:
    ended = command(*path, "--help")
    assert (ended.code, ended.stderr) == (0, "")
    takes = {p.name for p in COMMANDS[path].params} - {"help", "inventory", "output"}
    if takes:
        assert "Example" in ended.stdout
        assert f"mesosdeploy {' '.join(path)}" in ended.stdout.replace("Usage: mesosdeploy", "")


def test_help_of_the_program_names_the_exit_codes(command: Command) -> None:
    shown = " ".join(command("--help").stdout.split())
    assert "7 state locked or damaged" in shown


def test_unknown_command_is_told_on_stderr(command: Command) -> None:
    ended = command("pln")
    assert (ended.code, ended.stdout) == (2, "")
    assert "pln" in ended.stderr


def top_level(tree: ast.Module) -> Iterator[str]:
    """Yield the modules that are imported when the module itself is."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def source(module: str) -> Path | None:
    base = PACKAGE.parent.joinpath(*module.split("."))
    return next((p for p in (base.with_suffix(".py"), base / "__init__.py") if p.exists()), None)


def imported(module: str, seen: set[str]) -> set[str]:
    """Return every module that `import module` brings in, as far as our own sources say."""
    file = source(module)
    if module not in seen and file:
        seen.add(module)
        for name in top_level(ast.parse(file.read_text())):
            imported(name, seen)
    elif not module.startswith("mesosdeploy"):
        seen.add(module)
    return seen


def test_command_line_imports_nothing_heavy() -> None:
    found = imported("mesosdeploy.cli", set())
    assert "mesosdeploy.commands.up" in found
    assert "typer" in found
    assert sorted(name for name in found if name.split(".")[0] in HEAVY) == []
