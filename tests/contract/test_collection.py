"""No test is left out by the configuration: what is not collected cannot fail."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
# Run by `mesosdeploy verify` and by molecule, against nodes.
ELSEWHERE = TESTS / "infra"


def test_every_directory_with_tests_is_collected(pytestconfig: pytest.Config) -> None:
    patterns = pytestconfig.getini("norecursedirs")
    folders = {
        folder
        for path in TESTS.rglob("test_*.py")
        for folder in path.parents
        if folder.is_relative_to(TESTS) and not path.is_relative_to(ELSEWHERE)
    }
    assert len(folders) > 10
    # As pytest does: a pattern with a slash is about the whole path, another about the name.
    left_out = [
        folder
        for folder in folders
        for pattern in patterns
        if fnmatch(*((str(folder), f"*/{pattern}") if "/" in pattern else (folder.name, pattern)))
    ]
    assert not left_out
