"""All that a user reads: data on stdout, everything else on stderr, colour only on a terminal."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.status import Status

    from mesosdeploy.errors import MesosDeployError
    from mesosdeploy.plan import Plan


_PLAIN_WIDTH = 160  # of tables that go to a file or a pipe


class Output(StrEnum):
    """How a command shows its data."""

    TABLE = "table"
    JSON = "json"


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _PLAIN_WIDTH
    return Console(stderr=stderr, highlight=False, soft_wrap=stderr, emoji=False, width=width)


def show(data: object, output: Output, render: Callable[[], RenderableType]) -> None:
    """Print `data` as JSON, or what `render` makes of it, to stdout."""
    if output is Output.JSON:
        sys.stdout.write(json.dumps(data, indent=2, default=str) + "\n")
    else:
        _console(stderr=False).print(render())


def terminal() -> Console:
    """Return the terminal that stdout is, for what is drawn again and again, or in colours."""
    return _console(stderr=False)


def emit(text: str) -> None:
    """Print plain data to stdout, byte for byte."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def note(text: str) -> None:
    """Tell something in passing."""
    _console(stderr=True).print(text, markup=False)


def success(text: str, next_command: str | None = None) -> None:
    """Tell that the work is done, and what to type next."""
    console = _console(stderr=True)
    console.print(text, style="green", markup=False)
    if next_command:
        console.print(f"next: {next_command}", markup=False)


def failure(error: MesosDeployError) -> None:
    """Tell what went wrong and what to do about it."""
    console = _console(stderr=True)
    console.print("error: ", style="bold red", end="", markup=False)
    console.print(error.message, markup=False)
    if error.hint:
        console.print(f"hint: {error.hint}", style="cyan", markup=False)


def confirm(question: str) -> bool:
    """Ask for a yes on the terminal; without a terminal the answer is no."""
    if not sys.stdin.isatty():
        return False
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def ask_become_password() -> None:
    """Ask for sudo's password without showing it, for this process and those that it starts."""
    from getpass import getpass

    from mesosdeploy.resources import BECOME_PASSWORD

    os.environ[BECOME_PASSWORD] = getpass("Password for sudo on the nodes: ")


class Progress(Protocol):
    """What long work is told through: numbered steps and the detail of the running one."""

    def step(self, title: str) -> None:
        """Begin the next step, which ends the one before."""

    def detail(self, text: str) -> None:
        """Say what the running step is doing."""

    def ask(self, question: str) -> bool:
        """Ask for a yes in the middle of the work."""


def _seconds(value: float) -> str:
    minutes, seconds = divmod(value, 60)
    return f"{int(minutes)}m{seconds:04.1f}s" if minutes else f"{seconds:.1f}s"


class _Steps:
    """Step i of n with elapsed times: a spinner on a terminal, plain lines elsewhere."""

    def __init__(self, total: int, console: Console) -> None:
        self._total, self._console = total, console
        self._number, self._title = 0, ""
        self._began = self._step_began = time.monotonic()
        self._status: Status | None = None
        self._live = console.is_terminal and not os.environ.get("CI")

    def _label(self) -> str:
        return f"[{self._number}/{self._total}] {self._title}"

    def finish(self, mark: str) -> None:
        if not self._title:
            return
        if self._status:
            self._status.stop()
            self._status = None
        took = _seconds(time.monotonic() - self._step_began)
        total = _seconds(time.monotonic() - self._began)
        self._console.print(f"{self._label()} {mark} {took} (total {total})", markup=False)
        self._title = ""

    def step(self, title: str) -> None:
        from rich.text import Text

        self.finish("done in")
        self._number += 1
        self._title, self._step_began = title, time.monotonic()
        if self._live:
            self._status = self._console.status(Text(self._label()))
            self._status.start()
        else:
            self._console.print(self._label(), markup=False)

    def detail(self, text: str) -> None:
        from rich.text import Text

        if self._status:
            self._status.update(Text(f"{self._label()}: {text}"))
        else:
            self._console.print(f"    {text}", markup=False)

    def ask(self, question: str) -> bool:
        # A running spinner swallows a line that has not ended, and a question is one.
        if self._status:
            self._status.stop()
        answer = confirm(question)
        if self._status:
            self._status.start()
        return answer


@contextmanager
def progress(total: int) -> Iterator[Progress]:
    """Show `total` numbered steps; the running one is marked as failed when the block raises."""
    steps = _Steps(total, _console(stderr=True))
    try:
        yield steps
    except BaseException:
        steps.finish("FAILED after")
        raise
    steps.finish("done in")


def list_losses(plan: Plan) -> None:
    """List the machines that would be removed or replaced."""
    for action in plan.losses:
        note(f"{action.kind} {action.name}: {action.reason}")
