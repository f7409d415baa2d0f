"""Reading a lock file's YAML: which keys there are, and every problem with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from mesosdeploy.errors import SpecError

FORMAT = 1
SOURCE_KEYS = {"package-index": "project", "url": "url", "file": "path"}
Fields = dict[str, Any]

_MAX_BYTES = 1_000_000
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~:-]*")
_TEXT: dict[str, tuple[re.Pattern[str], str]] = {
    "name": (_WORD, "a word such as mesos"),
    "version": (_WORD, "a version such as 1.11.0 (in quotes when it looks like a number)"),
    "flavour": (_WORD, "a word such as lab"),
    "platform": (_WORD, "a platform such as linux-x86_64"),
    "licence": (re.compile(r".+"), "an SPDX expression such as Apache-2.0"),
    "kind": (re.compile("file|built|operator"), "one of file, built, operator"),
    "filename": (re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]*"), "a file name without directories"),
    "sha256": (re.compile(r"[0-9a-f]{64}"), "64 hexadecimal digits in lower case"),
    "builder": (_WORD, "the name of a builder, such as lab"),
    "from": (_WORD, "the name of the artifact that it is built from"),
    "package_version": (_WORD, "the version of the Debian package"),
}
_OTHER = ("size", "sources")
_REQUIRED = {
    "file": ("filename", "sha256", "sources"),
    "built": ("builder", "from"),
    "operator": (),
}
_ALWAYS = ("name", "version", "flavour", "kind", "licence")
_PATTERN_OF_SOURCE = {
    "package-index": (_WORD, "the name of a project"),
    "url": (re.compile(r"(https?|file)://\S+"), "an http, https or file URL"),
    "file": (re.compile(r".+"), "a path, relative to the lock file"),
}


@dataclass
class _Reader:
    """One lock file: collects the problems found while its data is picked up."""

    path: Path
    problems: list[str] = field(default_factory=list)

    def problem(self, place: tuple[int, int], where: str, what: str) -> None:
        line, column = place
        self.problems.append(f"{self.path}:{line + 1}:{column + 1}: {where}: {what}")

    def fields(self, item: Any, where: str, place: tuple[int, int]) -> Fields:
        """Return the item's known and well-formed fields; the rest become problems."""
        if not isinstance(item, CommentedMap):
            self.problem(place, where, f"must be a mapping, is {item!r}")
            return {}
        good: Fields = {}
        for key, value in item.items():
            spot, dotted = item.lc.key(key), f"{where}.{key}"
            if key in _TEXT:
                good |= self._text(key, value, dotted, spot)
            elif key == "size":
                good |= self._size(value, dotted, spot)
            elif key == "sources":
                good[key] = self._sources(value, dotted, spot)
            else:
                self._unknown(str(key), (*_TEXT, *_OTHER), dotted, spot)
        self._missing(item, where, place)
        return good

    def _text(self, key: str, value: Any, where: str, place: tuple[int, int]) -> Fields:
        pattern, form = _TEXT[key]
        if isinstance(value, str) and pattern.fullmatch(value):
            return {key: str(value)}
        self.problem(place, where, f"must be {form}, is {value!r}")
        return {}

    def _size(self, value: Any, where: str, place: tuple[int, int]) -> Fields:
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return {"size": int(value)}
        self.problem(place, where, f"must be a number of bytes, is {value!r}")
        return {}

    def _sources(self, value: Any, where: str, place: tuple[int, int]) -> Sequence[Fields]:
        if not isinstance(value, CommentedSeq) or not value:
            self.problem(place, where, f"must be a list of at least one source, is {value!r}")
            return ()
        rows = ((item, f"{where}[{i}]", value.lc.item(i)) for i, item in enumerate(value))
        return [source for row in rows for source in self._source(*row)]

    def _source(self, item: Any, where: str, place: tuple[int, int]) -> Iterator[Fields]:
        kind = item.get("kind") if isinstance(item, CommentedMap) else None
        if not isinstance(kind, str) or kind not in SOURCE_KEYS:
            self.problem(place, where, f"needs `kind`, one of {', '.join(SOURCE_KEYS)}")
            return
        key = SOURCE_KEYS[kind]
        for other in set(item) - {"kind", key}:
            self._unknown(str(other), ("kind", key), f"{where}.{other}", item.lc.key(other))
        pattern, form = _PATTERN_OF_SOURCE[kind]
        value = item.get(key)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            self.problem(place, f"{where}.{key}", f"must be {form}, is {value!r}")
            return
        yield {"kind": str(kind), key: str(value)}

    def _unknown(
        self, key: str, known: Sequence[str], where: str, place: tuple[int, int]
    ) -> None:
        close = get_close_matches(key, known, n=1)
        advice = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
        self.problem(place, where, f"is not a key of a lock file; {advice}")

    def _missing(self, item: CommentedMap, where: str, place: tuple[int, int]) -> None:
        kind = item.get("kind")
        needed = (*_ALWAYS, *_REQUIRED.get(kind if isinstance(kind, str) else "", ()))
        for key in needed:
            if key not in item:
                self.problem(place, where, f"`{key}` is missing")


def read(path: Path) -> list[Fields]:
    """Return the entries of a lock file, checked.

    Raises SpecError with every problem, each as `file:line:column: path: what is wrong`.
    """
    reader = _Reader(path)
    document = _document(path)
    if not isinstance(document, CommentedMap) or document.get("format") != FORMAT:
        raise _refusal([f"{path}:1:1: must be a mapping that begins with `format: {FORMAT}`"])
    items = document.get("artifacts")
    if set(document) - {"format", "artifacts"} or not isinstance(items, CommentedSeq):
        raise _refusal([f"{path}:1:1: needs the keys `format` and `artifacts` (a list), no other"])
    entries: list[Fields] = []
    seen: set[tuple[Any, ...]] = set()
    for index, item in enumerate(items):
        where, place = f"artifacts[{index}]", items.lc.item(index)
        entry = reader.fields(item, where, place)
        identity = tuple(entry.get(key) for key in ("name", "version", "flavour", "platform"))
        if identity in seen:
            reader.problem(place, where, "is there twice (name, version, flavour, platform)")
        seen.add(identity)
        entries.append(entry)
    if reader.problems:
        raise _refusal(reader.problems)
    return entries


def _document(path: Path) -> Any:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise _refusal([f"{path}:1:1: is larger than {_MAX_BYTES} bytes"])
        return YAML(typ="rt", pure=True).load(path.read_text(encoding="utf-8"))
    except MarkedYAMLError as exc:
        mark = exc.problem_mark
        place = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
        raise _refusal([f"{path}:{place}: {exc.problem}"]) from exc
    except (OSError, UnicodeDecodeError, YAMLError, RecursionError) as exc:
        raise _refusal([f"{path}:1:1: cannot be read: {exc}"]) from exc


def _refusal(problems: Sequence[str]) -> SpecError:
    return SpecError(
        "\n".join(problems), hint="docs/artifacts.md describes the lock file, with examples"
    )
