"""`make` installs what the program says it needs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mesosdeploy.lab import missing_tools
from mesosdeploy.providers.local.engine import APT_PACKAGES

MAKEFILE = (Path(__file__).parents[2] / "Makefile").read_text()


def packages() -> set[str]:
    found = re.search(r"^PACKAGES := (.*)$", MAKEFILE, re.MULTILINE)
    assert found
    return set(found[1].split())


def test_make_installs_what_the_local_provider_names() -> None:
    assert APT_PACKAGES
    assert set(APT_PACKAGES) <= packages()


def test_make_installs_what_the_lab_package_is_built_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    needed = set(missing_tools())
    assert needed
    assert needed <= packages() | {"dpkg"}  # dpkg is essential: every Debian has it


def test_make_docs_writes_the_reference_that_the_module_prints() -> None:
    assert "python -m mesosdeploy.spec.reference > docs/spec.md" in MAKEFILE


def test_ci_runs_the_test_command_of_the_readme() -> None:
    script = (Path(__file__).parents[2] / ".ci" / "run").read_text()
    assert "exec make test" in script
