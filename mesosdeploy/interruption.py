"""How work in other threads learns that its command was interrupted: pauses end, no call begins."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar
from threading import Event
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_cut_off: ContextVar[Event | None] = ContextVar("cut_off", default=None)


class Interrupted(BaseException):
    """The command was interrupted: no failure, so that nothing that handles failures takes it."""


def bound(work: Callable[[T], R], cut_off: Event) -> Callable[[T], R]:
    """Return `work` as it is done in a thread: it ends soon after `cut_off` is set."""

    def run(item: T) -> R:
        token = _cut_off.set(cut_off)
        try:
            return work(item)
        finally:
            _cut_off.reset(token)

    return run


def check() -> None:
    """Raise Interrupted when the command was; called where nothing is half done."""
    cut_off = _cut_off.get()
    if cut_off and cut_off.is_set():
        raise Interrupted


def pause(seconds: float) -> None:
    """Wait; raise Interrupted as soon as the command is."""
    cut_off = _cut_off.get()
    if cut_off is None:
        time.sleep(seconds)
    elif cut_off.wait(seconds):
        raise Interrupted
