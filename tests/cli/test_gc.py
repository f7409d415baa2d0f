"""`mesosdeploy gc` is for clouds, and says so elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Command = Callable[..., Any]


def test_a_provider_that_knows_one_cluster_only_is_told(demo: Path, command: Command) -> None:
    assert demo.is_dir()
    ended = command("gc", "-i", "demo")
    assert ended.code == 2
    assert "the provider 'fake' does not know other clusters" in ended.stderr
    assert "mesosdeploy down" in ended.stderr
