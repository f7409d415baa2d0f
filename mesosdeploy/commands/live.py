"""A view that is drawn again and again until the user has seen enough: q, Ctrl-C, end of input."""

from __future__ import annotations

import os
import select
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mesosdeploy.errors import MesosDeployError

if TYPE_CHECKING:
    from rich.console import RenderableType

Look = Callable[[int], "RenderableType"]
"""What makes the view anew, given the lines that it may take; it may raise MesosDeployError."""

_BEAT_SECONDS = 0.1
_KEYS_THAT_END = (b"q", b"Q", b"\x03", b"\x04", b"\x1b")


def is_terminal() -> bool:
    """Tell whether there is somebody to look at a view that changes."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def watch(look: Look, *, interval: float, title: str) -> None:
    """Show what `look` gives, every `interval` seconds, on the whole terminal, until it ends.

    A look that fails is told in place of the view, and repeated.
    """
    from rich.live import Live

    from mesosdeploy.console import terminal

    screen = terminal()
    try:
        with _keys() as key, Live(console=screen, screen=True, auto_refresh=False) as live:
            looking = _Looking(look)
            while True:
                looking.begin(screen.height - 1)
                began = time.monotonic()
                while looking.is_busy or time.monotonic() - began < interval:
                    if key(_BEAT_SECONDS) in _KEYS_THAT_END:
                        return
                    if (view := looking.taken()) is not None:
                        live.update(_framed(view, f"{title}   q: quit"), refresh=True)
    except KeyboardInterrupt:
        return  # the usual way to end it


def _framed(view: RenderableType, title: str) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    return Group(Text(f"{time.strftime('%H:%M:%S')}  {title}", style="dim"), view)


@dataclass
class _Looking:
    """One look at a time, in a thread: a dead node must not keep the keyboard waiting."""

    look: Look
    is_busy: bool = False
    _found: list[RenderableType] = field(default_factory=list)

    def begin(self, lines: int) -> None:
        self.is_busy = True
        threading.Thread(target=self._run, args=(lines,), daemon=True, name="look").start()

    def taken(self) -> RenderableType | None:
        """Return a view that is new; None when there is none."""
        return self._found.pop() if self._found else None

    def _run(self, lines: int) -> None:
        from rich.text import Text

        try:
            self._found.append(self.look(lines))
        except MesosDeployError as exc:
            hint = f"\nhint: {exc.hint}" if exc.hint else ""
            self._found.append(Text(f"{exc.message}{hint}", style="red"))
        finally:
            self.is_busy = False


@contextmanager
def _keys() -> Iterator[Callable[[float], bytes]]:
    """Give a function that waits some seconds for a key; input that has ended is a `q`."""
    if not sys.stdin.isatty():
        yield _no_key
        return
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)

    def key(seconds: float) -> bytes:
        ready, _, _ = select.select([descriptor], [], [], seconds)
        return (os.read(descriptor, 1) or b"q") if ready else b""

    tty.setcbreak(descriptor)
    try:
        yield key
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _no_key(seconds: float) -> bytes:
    time.sleep(seconds)
    return b""
