"""What is wrong with a spec: one problem, its place in the file, and the error that carries all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from mesosdeploy.errors import SpecError

DottedPath = tuple[str | int, ...]

ABSENT: Final = object()
"""The value of a problem that has none: a key that is missing, a file that cannot be read."""

_LONGEST_VALUE = 60
_MOST_SHOWN = 100
_LONGEST_LINE = 120


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong: where, what, with which value, and the remedy.

    Rules yield it with `path` alone (keys and list indexes from the top of the file); `locate`
    adds the place. `line` and `column` count from 1 (0: the file as a whole); `source` is the
    text of that line. `at_key` points at the key rather than at its value.
    """

    path: DottedPath
    message: str
    remedy: str
    value: object = ABSENT
    at_key: bool = False
    file: str = ""
    line: int = 0
    column: int = 0
    source: str = ""

    @property
    def dotted(self) -> str:
        """Return the path as people write it: `groups.agents.resources.ports[0]`."""
        text = ""
        for part in self.path:
            text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
        return text

    @property
    def sentence(self) -> str:
        """Return the path, what is wrong and the value, in one line."""
        subject = f"{self.dotted}: " if self.path else ""
        value = "" if self.value is ABSENT else f" (value {shown(self.value)})"
        return f"{subject}{self.message}{value}"

    def rendered(self) -> str:
        """Return `file:line:column: sentence`, the source line with a caret, and the remedy."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        lines = [f"{place}: {self.sentence}"]
        if self.source.strip():
            source, column = _window(self.source, self.column)
            lines += [f"    {source}", f"    {' ' * (column - 1)}^"]
        lines.append(f"  remedy: {self.remedy}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, object]:
        """Return the problem for `--output json`."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "path": self.dotted,
            "message": self.message,
            "value": None if self.value is ABSENT else shown(self.value),
            "remedy": self.remedy,
        }


class InvalidSpecError(SpecError):
    """Everything that is wrong with one spec; `problems` holds each for programs."""

    def __init__(self, problems: Iterable[Problem], *, hint: str | None = None) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        count = len(self.problems)
        heading = [f"{self.problems[0].file}: {count} problems"] if count > 1 else []
        blocks = [each.rendered() for each in self.problems[:_MOST_SHOWN]]
        rest = [f"… and {count - _MOST_SHOWN} more"] if count > _MOST_SHOWN else []
        super().__init__("\n".join([*heading, *blocks, *rest]), hint=hint)


def shown(value: object) -> str:
    """Return a value as one short line of JSON, cut where it is long."""
    if isinstance(value, Mapping) and not value:
        return "{}"
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError):
        text = _shown_by_python(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def _shown_by_python(value: object) -> str:
    """Return Python's own text of a value; an integer of thousands of digits has none."""
    try:
        return repr(value)
    except ValueError:
        return f"a {type(value).__name__} too long to print"


def closest(word: object, known: Sequence[str]) -> str | None:
    """Return the known word that was most likely meant, or None."""
    matches = get_close_matches(str(word).lower(), known, n=1, cutoff=0.6)
    return matches[0] if matches else None


def did_you_mean(word: object, known: Sequence[str], *, otherwise: str | None = None) -> str:
    """Return "did you mean …?" with the list of what is known, in the order given."""
    listed = otherwise or f"known: {', '.join(known)}"
    match = closest(word, known)
    return f'did you mean "{match}"? {listed}' if match else listed


def _window(source: str, column: int) -> tuple[str, int]:
    """Cut a very long line around the caret; return the part and the caret's column in it."""
    text = source.replace("\t", " ").rstrip()
    if len(text) <= _LONGEST_LINE:
        return text, min(column, len(text) + 1)
    start = max(0, column - _LONGEST_LINE // 2)
    return text[start : start + _LONGEST_LINE], column - start
