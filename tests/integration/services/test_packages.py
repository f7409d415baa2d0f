"""The packages of the programs for nodes: built, looked into, started."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mesosdeploy.services.package import BUILDERS, Program

every_program = pytest.mark.parametrize("program", BUILDERS.values(), ids=BUILDERS.keys())


def build(program: Program, directory: Path) -> Path:
    return program.build_package(
        version="1.0", archive=None, output=directory, report=lambda _text: None
    )


def field(package: Path, name: str) -> str:
    command = ["dpkg-deb", "--field", str(package), name]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@every_program
def test_same_sources_give_the_same_bytes(program: Program, tmp_path: Path) -> None:
    first, second = build(program, tmp_path / "a"), build(program, tmp_path / "b")
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


@every_program
def test_fields_of_the_package_are_those_of_the_program(program: Program, tmp_path: Path) -> None:
    package = build(program, tmp_path)
    assert field(package, "Package") == program.name
    assert package.name == f"{program.name}_{field(package, 'Version')}_all.deb"
    assert field(package, "Version") == f"1.0+lab.{program.source_digest('1.0')[:8]}"
    assert "python3" in field(package, "Depends")
    assert len(field(package, "Description").splitlines()) > 1


@every_program
def test_installed_program_starts_from_its_own_modules(program: Program, tmp_path: Path) -> None:
    root = tmp_path / "root"
    subprocess.run(["dpkg-deb", "-x", build(program, tmp_path), root], check=True)
    launcher = root / program.path.lstrip("/")
    assert launcher.stat().st_mode & 0o111
    text = launcher.read_text().replace('"/usr/lib/', f'"{root}/usr/lib/')
    done = subprocess.run(
        [sys.executable, "-", "--help"],
        input=text.replace("import sys\n", "import sys\nsys.argv[0] = 'program'\n", 1),
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "usage" in done.stdout.lower()
