"""Reading a lock file's YAML: which keys there are, and every problem with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from mesosdeploy.artifacts.check import FILENAME, SHA256
from mesosdeploy.spec import source
from mesosdeploy.spec.problems import DottedPath, InvalidSpecError, Problem, did_you_mean

FORMAT = 1
SOURCE_KEYS = {"package-index": "project", "url": "url", "file": "path"}
Fields = dict[str, Any]


@dataclass(frozen=True)
class _Form:
    """What a text must look like, and how that is said."""

    pattern: str
    description: str

    def fits(self, value: object) -> bool:
        return isinstance(value, str) and re.fullmatch(self.pattern, value) is not None


_WORD = r"[A-Za-z0-9][A-Za-z0-9._+~:-]*"
_TEXTS = {
    "name": _Form(_WORD, "a word such as mesos"),
    "version": _Form(_WORD, "a version such as 1.11.0, in quotes where it looks like a number"),
    "flavour": _Form(_WORD, "a word such as lab"),
    "platform": _Form(_WORD, "a platform such as linux-x86_64"),
    "licence": _Form(r".+", "an SPDX expression such as Apache-2.0"),
    "kind": _Form(r"file|built|image|operator", "one of file, built, image, operator"),
    "filename": _Form(FILENAME.pattern, "a file name without directories"),
    "sha256": _Form(SHA256.pattern, "64 hexadecimal digits in lower case, in quotes"),
    "builder": _Form(_WORD, "the name of a builder such as lab"),
    "from": _Form(_WORD, "the name of the artifact that it is built from"),
    "image": _Form(
        r"[a-z0-9][a-z0-9._:/-]*@sha256:[0-9a-f]{64}", "an image by digest, name@sha256:…"
    ),
    "package_version": _Form(_WORD, "the version of the Debian package"),
}
_SOURCE_VALUES = {
    "package-index": _Form(_WORD, "the name of a project"),
    "url": _Form(r"(https?|file)://\S+", "an http, https or file URL"),
    "file": _Form(r".+", "a path, relative to the lock file"),
}
_KEYS = (*_TEXTS, "size", "sources")
_ALWAYS = ("name", "version", "flavour", "kind", "licence")
_REQUIRED = {"file": ("filename", "sha256", "sources"), "built": ("builder",), "image": ("image",)}


def read(path: Path) -> list[Fields]:
    """Return the entries of a lock file, checked.

    Raises InvalidSpecError (a SpecError) with every problem of the file, each with its place.
    """
    text = source.read(path)
    found = (text.locate(problem) for problem in _document(text.data))
    problems = sorted(
        (*text.problems, *found),
        key=lambda problem: (problem.line, problem.column),
    )
    if problems:
        raise InvalidSpecError(problems, hint="docs/artifacts.md describes the lock file")
    document: Any = text.data
    return list(document["artifacts"])


def written(entries: Iterable[Fields]) -> str:
    """Return the text of a lock file with these entries; same entries, same text."""
    yaml = YAML()
    yaml.default_flow_style = False
    stream = StringIO()
    yaml.dump({"format": FORMAT, "artifacts": list(entries)}, stream)
    return stream.getvalue()


def _document(data: object) -> Iterator[Problem]:
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        yield Problem(
            path=("format",), message="must be 1", remedy=f"begin the file with `format: {FORMAT}`"
        )
        return
    yield from _unknown(data, (), ("format", "artifacts"))
    items = data.get("artifacts")
    if not isinstance(items, list):
        yield Problem(path=("artifacts",), message="must be a list", remedy="list the artifacts")
        return
    seen: set[tuple[object, ...]] = set()
    for index, item in enumerate(items):
        path = ("artifacts", index)
        if not isinstance(item, dict):
            yield Problem(path=path, message="must be a mapping", value=item, remedy="give keys")
            continue
        yield from _entry(item, path)
        identity = tuple(item.get(key) for key in ("name", "version", "flavour", "platform"))
        if identity in seen:
            message = "is there twice: same name, version, flavour and platform"
            yield Problem(path=path, message=message, remedy="keep one of the two")
        seen.add(identity)


def _entry(item: Mapping[str, object], path: DottedPath) -> Iterator[Problem]:
    yield from _unknown(item, path, _KEYS)
    for key, form in _TEXTS.items():
        if key in item and not form.fits(item[key]):
            yield _misshapen((*path, key), form, item[key])
    size = item.get("size", 1)
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        yield _misshapen((*path, "size"), _Form("", "a number of bytes"), size)
    for key in (*_ALWAYS, *_REQUIRED.get(str(item.get("kind")), ())):
        if key not in item:
            remedy = f"give it: {_TEXTS[key].description}" if key in _TEXTS else "list one or more"
            yield Problem(path=(*path, key), message="is missing", remedy=remedy)
    if "sources" in item:
        yield from _sources(item["sources"], (*path, "sources"))


def _sources(value: object, path: DottedPath) -> Iterator[Problem]:
    if not isinstance(value, list) or not value:
        yield _misshapen(path, _Form("", "a list of at least one source"), value)
        return
    for index, item in enumerate(value):
        where = (*path, index)
        kind = item.get("kind") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(kind, str) or kind not in SOURCE_KEYS:
            kinds = ", ".join(SOURCE_KEYS)
            yield _misshapen(where, _Form("", f"a mapping with `kind`, one of {kinds}"), item)
            continue
        key, form = SOURCE_KEYS[kind], _SOURCE_VALUES[kind]
        yield from _unknown(item, where, ("kind", key))
        if not form.fits(item.get(key)):
            yield _misshapen((*where, key), form, item.get(key))


def _unknown(
    item: Mapping[str, object], path: DottedPath, known: tuple[str, ...]
) -> Iterator[Problem]:
    for key in item:
        if key not in known:
            yield Problem(
                path=(*path, key),
                message="is not a key of a lock file",
                remedy=did_you_mean(key, known),
                at_key=True,
            )


def _misshapen(path: DottedPath, form: _Form, value: object) -> Problem:
    return Problem(
        path=path, message=f"must be {form.description}", value=value, remedy="correct it"
    )
