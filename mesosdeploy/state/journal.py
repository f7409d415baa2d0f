"""`journal.jsonl`: what was about to be done and what was done, a line each, synced to disk."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from mesosdeploy.errors import StateError
from mesosdeploy.state.record import writing

FILE = "journal.jsonl"


def now() -> str:
    """Return the present time in ISO 8601, to the millisecond, in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True, kw_only=True)
class Unfinished:
    """A step of an earlier run that began and never ended."""

    run: str
    operation: str
    step: str
    time: str


@dataclass
class Journal:
    """Append entries for one run of one operation; safe to use from several threads."""

    directory: Path
    operation: str
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    _lock: Lock = field(default_factory=Lock, repr=False)

    def write(self, event: str, **details: Any) -> None:
        """Append one entry and wait until it is on disk."""
        entry = {"time": now(), "run": self.run, "operation": self.operation, "event": event}
        line = json.dumps({**entry, **details}, default=str) + "\n"
        path = self.directory / FILE
        with self._lock, writing(path):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, mode=0o600)
            try:
                os.write(handle, line.encode())
                os.fsync(handle)
            finally:
                os.close(handle)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Journal a step before and after; a failure is journaled and raised again."""
        self.write("begin", step=name)
        try:
            yield
        except BaseException as exc:
            self.write("fail", step=name, error=f"{type(exc).__name__}: {exc}")
            raise
        self.write("end", step=name)


def entries(directory: Path) -> list[dict[str, Any]]:
    """Return all entries, oldest first; a last line that was cut off by a crash is left out.

    Raises StateError when the file exists and cannot be read.
    """
    try:
        lines = (directory / FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    except OSError as exc:
        raise StateError(
            f"{directory / FILE} cannot be read: {exc.strerror or exc}",
            hint="correct the path, its owner and its mode",
        ) from exc
    found = []
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            found.append(entry)
    return found


def unfinished(directory: Path) -> Unfinished | None:
    """Return the step in which the last run was cut off, or None when it ended in order."""
    last: Unfinished | None = None
    for entry in entries(directory):
        step = entry.get("step")
        if entry.get("event") == "begin" and step:
            last = Unfinished(
                run=str(entry.get("run")),
                operation=str(entry.get("operation")),
                step=str(step),
                time=str(entry.get("time")),
            )
        elif entry.get("event") == "end" and _ends(entry, last):
            last = None
    return last


def _ends(entry: Mapping[str, Any], step: Unfinished | None) -> bool:
    return step is not None and (entry.get("run"), entry.get("step")) == (step.run, step.step)
