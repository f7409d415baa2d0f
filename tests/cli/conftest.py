"""The whole command in this process: arguments in; exit code, stdout and stderr out."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from mesosdeploy import cli

SPEC = """\
name: demo
provider: {type: fake}
groups:
  masters: {count: 3}
  agents: {count: 2}
"""


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    stdout: str
    stderr: str


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an environment of pretended machines, in the working directory, as `demo`."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "cluster.yml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "demo"


@pytest.fixture
def command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Ended]]:
    """Give a function that runs `mesosdeploy ARGUMENTS…` to its end."""
    handler = signal.getsignal(signal.SIGTERM)

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["mesosdeploy", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            cli.main()
        out, err = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return Ended(end.value.code, out, err)

    yield run
    signal.signal(signal.SIGTERM, handler)
