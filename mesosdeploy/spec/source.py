"""YAML text to plain data with the place of every value; every YAML error becomes a problem."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from mesosdeploy.spec.problems import DottedPath, InvalidSpecError, Problem
from mesosdeploy.spec.walk import MAX_DEPTH, Place, TooLargeError, Walk

MAX_BYTES = 256 * 1024
"""Several times the spec of a thousand listed hosts; ruamel.yaml reads some 100 KiB a second."""
_TAB_REMEDY = "indent with spaces: YAML forbids tabs there"


@dataclass(frozen=True, kw_only=True)
class Source:
    """A parsed file: its data, the place of each path, and its lines for error messages.

    `problems` are those of the YAML that leave data to look at: keys given twice, unknown tags.
    """

    file: str
    lines: tuple[str, ...]
    data: object
    places: dict[DottedPath, Place]
    problems: tuple[Problem, ...] = ()

    def locate(self, problem: Problem) -> Problem:
        """Return the problem with file, line, column and source line.

        A path that is not in the file (a missing key) is placed at its nearest ancestor's key.
        """
        path, at_key = problem.path, problem.at_key
        while path and path not in self.places:
            path, at_key = path[:-1], True
        place = self.places.get(path)
        line, column = (place.key if at_key else place.value) if place else (1, 1)
        return placed(problem, file=self.file, lines=self.lines, line=line, column=column)


def placed(
    problem: Problem, *, file: str, lines: tuple[str, ...], line: int, column: int
) -> Problem:
    """Return the problem at `line`:`column` of `file`, with that line's text."""
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    return replace(problem, file=file, line=line, column=column, source=text)


def read(path: Path, *, shown_as: str | None = None) -> Source:
    """Parse the file at `path`; raises InvalidSpecError where there is no data to look at."""
    file = shown_as or str(path)
    return parse(_text(path, file), file=file)


def parse(text: str, *, file: str) -> Source:
    """Parse YAML text; raises InvalidSpecError where there is no data to look at."""
    lines = tuple(text.splitlines())
    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False  # YAML allows it: the nearest one counts
    try:
        root = yaml.compose(text)
    except MarkedYAMLError as exc:
        raise InvalidSpecError([_marked(exc, file, lines)]) from exc
    except ReaderError as exc:
        raise InvalidSpecError([_unreadable_character(exc, text, file, lines)]) from exc
    except RecursionError as exc:
        raise InvalidSpecError([_too_deep(file)]) from exc
    except (YAMLError, ValueError, NotImplementedError) as exc:
        problem = Problem(path=(), message=f"is not YAML: {exc}", remedy="correct it", file=file)
        raise InvalidSpecError([problem]) from exc
    if root is None:
        raise InvalidSpecError([_empty(file)])
    walk = Walk(constructor=yaml.constructor)
    try:
        data = walk.value(root, (), (1, 1))
    except TooLargeError as exc:
        problem = placed(exc.problem, file=file, lines=lines, line=exc.line, column=exc.column)
        raise InvalidSpecError([problem]) from exc
    problems = tuple(
        placed(problem, file=file, lines=lines, line=line, column=column)
        for problem, (line, column) in walk.problems
    )
    return Source(file=file, lines=lines, data=data, places=walk.places, problems=problems)


def _text(path: Path, file: str) -> str:
    """Read the file as UTF-8 text within the size limit."""

    def wrong(message: str, remedy: str) -> InvalidSpecError:
        return InvalidSpecError([Problem(path=(), message=message, remedy=remedy, file=file)])

    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as exc:
        reason = exc.strerror or str(exc)
        raise wrong(f"cannot be read: {reason}", "check the path and its permissions") from exc
    if len(content) > MAX_BYTES:
        raise wrong(
            f"is larger than {MAX_BYTES // 1024} KiB, too large for a cluster's description",
            "check that this is the right file; variables belong in group_vars/*.yml",
        )
    if b"\0" in content:
        raise wrong(
            f"is a binary file (a NUL byte at offset {content.index(0)})",
            "give a YAML text file in UTF-8; `mesosdeploy init` writes one to start from",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        raise wrong(
            f"is not UTF-8 text (byte 0x{content[exc.start]:02x} in line {line})",
            "save the file in UTF-8; a binary file is no spec",
        ) from exc
    if not text.strip():
        raise InvalidSpecError([_empty(file)])
    return text


def _empty(file: str) -> Problem:
    return Problem(
        path=(),
        message="is empty",
        remedy="describe the cluster; `mesosdeploy init NAME` writes a file to start from",
        file=file,
    )


def _too_deep(file: str) -> Problem:
    return Problem(
        path=(),
        message=f"is nested deeper than {MAX_DEPTH} levels",
        remedy="look for unbalanced brackets: a spec has at most six levels",
        file=file,
    )


def _marked(exc: MarkedYAMLError, file: str, lines: tuple[str, ...]) -> Problem:
    """Translate a scanner, parser or composer error."""
    mark = exc.problem_mark or exc.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    text = " ".join(str(exc.problem or exc.context or "not understood").split())
    remedy = "correct the YAML here or in the line before: indentation, quotes, brackets, colons"
    if "'\\t'" in text:
        text, remedy = "a tab where YAML expects spaces", _TAB_REMEDY
    elif text.startswith("found undefined alias"):
        name = text.split("'")[1] if "'" in text else "it"
        text = f'the alias "*{name}" has no anchor'
        remedy = f'write "&{name}" before the value that it stands for, or write the value out'
    elif text.startswith(("but found another document", "found another document")):
        text, remedy = "a second YAML document", 'keep one document per file: remove the "---"'
    problem = Problem(path=(), message=f"is not YAML: {text}", remedy=remedy)
    return placed(problem, file=file, lines=lines, line=line, column=column)


def _unreadable_character(
    exc: ReaderError, text: str, file: str, lines: tuple[str, ...]
) -> Problem:
    position = exc.position if isinstance(exc.position, int) else 0
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    code = ord(text[position]) if position < len(text) else 0
    problem = Problem(
        path=(),
        message=f"is not YAML: the control character U+{code:04X} is not allowed",
        remedy="remove it; a binary file is no spec",
    )
    return placed(problem, file=file, lines=lines, line=line, column=column)
