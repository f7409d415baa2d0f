"""YAML text to plain data with the place of every value; every YAML error becomes a problem."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from mesosdeploy.spec.problems import ABSENT, DottedPath, InvalidSpecError, Problem

MAX_BYTES = 1024 * 1024
MAX_VALUES = 50_000
MAX_DEPTH = 50

_MERGE = "tag:yaml.org,2002:merge"
_TEXT_TAGS = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:timestamp"}
_SCALAR_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float")}
_TAB_REMEDY = "indent with spaces: YAML forbids tabs there"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a value and its key stand; lines and columns count from 1."""

    key: tuple[int, int]
    value: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A parsed file: its data, the place of each path, and its lines for error messages."""

    file: str
    lines: tuple[str, ...]
    data: object
    places: dict[DottedPath, Place]

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
    return Problem(
        path=problem.path,
        message=problem.message,
        remedy=problem.remedy,
        value=problem.value,
        at_key=problem.at_key,
        file=file,
        line=line,
        column=column,
        source=lines[line - 1] if 0 < line <= len(lines) else "",
    )


def read(path: Path, *, shown_as: str | None = None) -> Source:
    """Parse the file at `path`; raises InvalidSpecError with every problem of its YAML."""
    file = shown_as or str(path)
    return parse(_text(path, file), file=file)


def parse(text: str, *, file: str) -> Source:
    """Parse YAML text; raises InvalidSpecError with every problem of its YAML."""
    lines = tuple(text.splitlines())
    yaml = YAML(typ="safe", pure=True)
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
    walk = _Walk(constructor=yaml.constructor)
    data = walk.value(root, (), (1, 1))
    if walk.problems:
        raise InvalidSpecError(
            placed(problem, file=file, lines=lines, line=line, column=column)
            for problem, (line, column) in walk.problems
        )
    return Source(file=file, lines=lines, data=data, places=walk.places)


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
        remedy="a spec has at most six levels; look for unbalanced brackets",
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
    elif text.startswith("found duplicate anchor"):
        remedy = "give each anchor a name of its own"
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


@dataclass
class _Walk:
    """Turns the node graph into plain data, counting values so that aliases cannot explode."""

    constructor: SafeConstructor
    places: dict[DottedPath, Place] = field(default_factory=dict)
    problems: list[tuple[Problem, tuple[int, int]]] = field(default_factory=list)
    _open: set[int] = field(default_factory=set)
    _count: int = 0

    def _complain(self, node: Node, problem: Problem) -> None:
        self.problems.append((problem, _position(node)))

    def value(self, node: Node, path: DottedPath, key: tuple[int, int]) -> object:
        """Return the node's data; None where a problem was noted."""
        self.places[path] = Place(key=key, value=_position(node))
        if not self._enter(node, path):
            return None
        self._open.add(id(node))
        try:
            if isinstance(node, MappingNode):
                return self._mapping(node, path)
            if isinstance(node, SequenceNode):
                return [
                    self.value(item, (*path, index), _position(item))
                    for index, item in enumerate(node.value)
                ]
            return self._scalar(node, path)
        finally:
            self._open.discard(id(node))

    def _enter(self, node: Node, path: DottedPath) -> bool:
        self._count += 1
        if self._count > MAX_VALUES:
            if self._count == MAX_VALUES + 1:
                message = f"has more than {MAX_VALUES} values once its aliases are expanded"
                self._complain(node, Problem(path=(), message=message, remedy="use fewer aliases"))
            return False
        if id(node) in self._open:
            remedy = "write the value out: an alias cannot stand inside its own anchor"
            self._complain(node, Problem(path=path, message="contains itself", remedy=remedy))
            return False
        if len(path) > MAX_DEPTH:
            self._complain(node, _too_deep(""))
            return False
        return True

    def _mapping(self, node: MappingNode, path: DottedPath) -> dict[str, object]:
        result: dict[str, object] = {}
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                continue
            key = self._key(key_node, path)
            if key is None:
                continue
            inner = (*path, key)
            if key in first:
                message = f"is given twice, first in line {first[key]}"
                remedy = "keep one of the two: YAML would silently use the last"
                self._complain(key_node, Problem(path=inner, message=message, remedy=remedy))
                continue
            first[key] = _position(key_node)[0]
            result[key] = self.value(value_node, inner, _position(key_node))
        for key_node, value_node in _merged(node, self):
            key = self._key(key_node, path)
            if key is not None and key not in result:
                result[key] = self.value(value_node, (*path, key), _position(key_node))
        return result

    def _key(self, node: Node, path: DottedPath) -> str | None:
        if isinstance(node, ScalarNode) and node.tag in _TEXT_TAGS:
            return str(node.value)
        text = node.value if isinstance(node, ScalarNode) else "a list or a mapping"
        remedy = "put the key in quotes" if isinstance(node, ScalarNode) else "use a plain word"
        self._complain(
            node, Problem(path=path, message="has a key that is not text", value=text, remedy=remedy)
        )
        return None

    def _scalar(self, node: Node, path: DottedPath) -> object:
        if node.tag in _TEXT_TAGS:
            return str(node.value)
        if node.tag in _SCALAR_TAGS:
            try:
                return self.constructor.construct_object(node)
            except (YAMLError, ValueError, KeyError, IndexError, ArithmeticError):
                message = f"is not what its tag says ({node.tag.rpartition(':')[2]})"
        else:
            message = f'has the tag "{node.tag}", which a spec does not know'
        remedy = "remove the tag, or put the text in quotes"
        self._complain(node, Problem(path=path, message=message, value=node.value, remedy=remedy))
        return ABSENT


def _merged(node: MappingNode, walk: _Walk) -> Iterator[tuple[Node, Node]]:
    """Yield the pairs that `<<` brings in, those of the first mapping first."""
    for key_node, value_node in node.value:
        if key_node.tag != _MERGE:
            continue
        sources = value_node.value if isinstance(value_node, SequenceNode) else [value_node]
        for source in sources:
            if isinstance(source, MappingNode) and id(source) not in walk._open:  # noqa: SLF001
                yield from (pair for pair in source.value if pair[0].tag != _MERGE)
                yield from _merged(source, walk)
            else:
                remedy = 'give "<<" an alias of a mapping: <<: *name'
                problem = Problem(path=(), message="merges no mapping", remedy=remedy)
                walk._complain(source, problem)  # noqa: SLF001


def _position(node: Node) -> tuple[int, int]:
    return (node.start_mark.line + 1, node.start_mark.column + 1)
