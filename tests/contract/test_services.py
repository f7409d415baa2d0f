"""What runs on nodes finds there what it imports, and its package says what it needs."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import mesosdeploy
from mesosdeploy.artifacts import built
from mesosdeploy.artifacts.lock import Kind, load_lock
from mesosdeploy.services.package import BUILDERS, Program

ROOT = Path(mesosdeploy.__file__).parent
# What a module may import beside the standard library, and the Debian package that has it.
DEBIAN = {
    "aiohttp": "python3-aiohttp",
    "jinja2": "python3-jinja2",
    "jsonschema": "python3-jsonschema",
    "kazoo": "python3-kazoo",
    # Types of aiohttp's own interface: its package depends on theirs.
    "multidict": "python3-aiohttp",
    "yarl": "python3-aiohttp",
    "prometheus_client": "python3-prometheus-client",
}

every_program = pytest.mark.parametrize("program", BUILDERS.values(), ids=BUILDERS.keys())


def files(program: Program) -> list[Path]:
    return [path for path in program.modules() if path.suffix == ".py"]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
            if node.module and node.module.startswith("mesosdeploy"):
                yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def shipped(program: Program) -> set[str]:
    """Return the names of the modules in the package."""
    names = {path.relative_to(ROOT.parent).with_suffix("").as_posix() for path in files(program)}
    return {name.removesuffix("/__init__").replace("/", ".") for name in names}


@every_program
def test_program_imports_only_what_its_package_has_or_needs(program: Program) -> None:
    modules, depends = shipped(program), program.depends()
    assert len(modules) > 4
    missing: list[str] = []
    for path in files(program):
        for name in imported(path):
            top = name.partition(".")[0]
            if top == "mesosdeploy":
                # A name of a module is no module: its parent has to be there.
                there = name in modules or name.rpartition(".")[0] in modules
            else:
                there = top in sys.stdlib_module_names or DEBIAN.get(top, top) in depends
            if not there:
                missing.append(f"{path.relative_to(ROOT)}: {name}")
    assert not missing


@every_program
def test_package_needs_nothing_that_is_not_imported(program: Program) -> None:
    tops = {name.partition(".")[0] for path in files(program) for name in imported(path)}
    used = {DEBIAN[top] for top in tops if top in DEBIAN}
    needless = {name for name in DEBIAN.values() if name in program.depends()} - used
    assert not needless


@pytest.mark.parametrize("program", ["marathon", "dns"])
def test_package_says_that_it_stands_in_for_another(program: str) -> None:
    packaging = ROOT / "services" / BUILDERS[program].module / "packaging"
    for name in ("description", "README.lab"):
        text = (packaging / name).read_text(encoding="utf-8")
        assert "stand-in" in text.lower(), name


def test_every_built_entry_of_the_lock_has_its_builder() -> None:
    entries = [entry for entry in load_lock().entries if entry.kind is Kind.BUILT]
    assert {entry.builder for entry in entries} == set(built.builders())
