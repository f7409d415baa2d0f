"""The cluster that is watched, and commands on a terminal."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import termios
from collections.abc import Callable, Iterator

import pytest

from tests.alerts.drill import wait_for
from tests.services.monitoring.processes import Watched, is_installed


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Return the cluster, which is well at first; a test leaves it as it found it."""
    if not is_installed():
        pytest.skip("needs Debian's prometheus and prometheus-alertmanager")
    made = Watched(tmp_path_factory.mktemp("watched"))
    yield made
    made.stop()


class Terminal:
    """A command on a terminal of 40 lines and 200 columns."""

    def __init__(self, words: list[str], environment: dict[str, str]) -> None:
        self._ours, self._its = pty.openpty()
        self.before = termios.tcgetattr(self._its)
        self.process = subprocess.Popen(
            words, env=environment, stdin=self._its, stdout=self._its, stderr=self._its
        )
        self.screen = ""

    @property
    def settings(self) -> list[object]:
        """Return how the terminal is set now."""
        return termios.tcgetattr(self._its)

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._ours, keys.encode())

    def shows(self, text: str) -> bool:
        """Tell whether the text was on the screen, at any time."""
        while select.select([self._ours], [], [], 0)[0]:
            self.screen += os.read(self._ours, 65536).decode(errors="replace")
        return text in self.screen

    def ends(self) -> int:
        """Return the exit code, once the command has ended."""
        wait_for(
            lambda: not self.shows("\0") and self.process.poll() is not None,
            "the command ends",
            seconds=20,
        )
        return self.process.wait()

    def close(self) -> None:
        """Take the terminal away."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._ours)
        os.close(self._its)


@pytest.fixture
def terminal(watched: Watched) -> Iterator[Callable[..., Terminal]]:
    """Give a function that starts `mesosdeploy ARGUMENTS…` on a terminal."""
    opened: list[Terminal] = []

    def start(*arguments: str) -> Terminal:
        environment = {
            name: value for name, value in watched.environment.items() if name != "NO_COLOR"
        }
        opened.append(Terminal(watched.words(*arguments), environment))
        return opened[-1]

    yield start
    for one in opened:
        one.close()
