"""YAML nodes to plain data: places, keys given twice, tags, merges, and bounds for aliases."""

from __future__ import annotations

from dataclasses import dataclass, field

from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from mesosdeploy.spec.problems import ABSENT, DottedPath, Problem

MAX_VALUES = 20_000
MAX_DEPTH = 50

_MERGE = "tag:yaml.org,2002:merge"
_TEXT_TAGS = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:timestamp"}
_SCALAR_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float")}

_Pairs = list[tuple[Node, Node]]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a value and its key stand; lines and columns count from 1."""

    key: tuple[int, int]
    value: tuple[int, int]


class TooLargeError(Exception):
    """The data is deeper or larger than any spec: nothing more is looked at."""

    def __init__(self, problem: Problem, node: Node) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.line, self.column = _position(node)


@dataclass
class Walk:
    """Turns the node graph into plain data, counting values so that aliases cannot explode.

    `places` has the place of each path; `problems` what is wrong, with line and column.
    """

    constructor: SafeConstructor
    places: dict[DottedPath, Place] = field(default_factory=dict)
    problems: list[tuple[Problem, tuple[int, int]]] = field(default_factory=list)
    _open: set[int] = field(default_factory=set)
    _count: int = 0

    def value(self, node: Node, path: DottedPath, key: tuple[int, int]) -> object:
        """Return the node's data; ABSENT where a problem was noted. Raises TooLargeError."""
        self.places[path] = Place(key=key, value=_position(node))
        self._bound(node, len(path))
        if id(node) in self._open:
            remedy = "write the value out: an alias cannot stand inside its own anchor"
            self._complain(node, Problem(path=path, message="contains itself", remedy=remedy))
            return ABSENT
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

    def _complain(self, node: Node, problem: Problem) -> None:
        self.problems.append((problem, _position(node)))

    def _bound(self, node: Node, depth: int) -> None:
        self._count += 1
        if self._count > MAX_VALUES:
            message = f"has more than {MAX_VALUES} values, counting each use of an alias"
            remedy = "use fewer aliases and entries: no spec is that large"
            raise TooLargeError(Problem(path=(), message=message, remedy=remedy), node)
        if depth > MAX_DEPTH:
            message = f"is nested deeper than {MAX_DEPTH} levels"
            remedy = "look for unbalanced brackets: a spec has at most six levels"
            raise TooLargeError(Problem(path=(), message=message, remedy=remedy), node)

    def _mapping(self, node: MappingNode, path: DottedPath) -> dict[str, object]:
        result: dict[str, object] = {}
        first: dict[str, int] = {}
        own, merged = self._pairs(node, path, depth=len(path))
        for key_node, value_node in own:
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
        for key_node, value_node in merged:
            key = self._key(key_node, path)
            if key is not None and key not in result:
                result[key] = self.value(value_node, (*path, key), _position(key_node))
        return result

    def _pairs(self, node: MappingNode, path: DottedPath, *, depth: int) -> tuple[_Pairs, _Pairs]:
        """Return the mapping's own pairs, and those that `<<` brings in, the first one first."""
        self._bound(node, depth)
        own = [pair for pair in node.value if pair[0].tag != _MERGE]
        merged: _Pairs = []
        for key_node, value_node in node.value:
            if key_node.tag != _MERGE:
                continue
            several = isinstance(value_node, SequenceNode)
            for source in value_node.value if several else [value_node]:
                if isinstance(source, MappingNode):
                    theirs, inherited = self._pairs(source, path, depth=depth + 1)
                    merged += [*theirs, *inherited]
                else:
                    remedy = 'give "<<" an alias of a mapping: <<: *name'
                    problem = Problem(path=path, message="merges no mapping", remedy=remedy)
                    self._complain(source, problem)
        return own, merged

    def _key(self, node: Node, path: DottedPath) -> str | None:
        if isinstance(node, ScalarNode) and node.tag in _TEXT_TAGS:
            return str(node.value)
        plain = isinstance(node, ScalarNode)
        problem = Problem(
            path=path,
            message="has a key that is not text",
            value=node.value if plain else ABSENT,
            remedy="put the key in quotes" if plain else "use a plain word as the key",
        )
        self._complain(node, problem)
        return None

    def _scalar(self, node: Node, path: DottedPath) -> object:
        if node.tag in _TEXT_TAGS:
            return str(node.value)
        if node.tag in _SCALAR_TAGS:
            try:
                return self.constructor.construct_object(node)
            except (YAMLError, ValueError, LookupError, ArithmeticError):
                message = f"is not what its tag says ({str(node.tag).rpartition(':')[2]})"
        else:
            message = f'has the tag "{node.tag}", which a spec does not know'
        remedy = "remove the tag, or put the text in quotes"
        self._complain(node, Problem(path=path, message=message, value=node.value, remedy=remedy))
        return ABSENT


def _position(node: Node) -> tuple[int, int]:
    return (node.start_mark.line + 1, node.start_mark.column + 1)
