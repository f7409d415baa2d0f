"""Files to app definitions: JSON or YAML, apps, lists, groups, several documents, all located."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mesosdeploy.errors import SpecError
from mesosdeploy.marathon.normal import sendable
from mesosdeploy.spec.problems import ABSENT, DottedPath, InvalidSpecError, Problem
from mesosdeploy.spec.source import Source, parse

STDIN = "-"
_MARKER = re.compile(r"^---(?=\s|$)")
_EXAMPLE = "describe an app: inventories/local/apps/hello.yml is an example"
_SOURCE_LIMIT = 1024 * 1024
_GROUP_KEYS = frozenset({"id", "apps", "groups", "dependencies", "version"})


class InvalidDefinitionError(SpecError):
    """Everything that is wrong with the definitions; `problems` holds each for programs."""

    def __init__(self, problems: Sequence[Problem], *, hint: str | None = None) -> None:
        self.problems = tuple(problems)
        files = dict.fromkeys(problem.file for problem in problems)
        texts = [
            InvalidSpecError([each for each in problems if each.file == file]).message
            for file in files
        ]
        super().__init__("\n".join(texts), hint=hint or "nothing was sent to Marathon")


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One app as a file gives it: the JSON to send, and where in the file it stands.

    `body` has an absolute `id`; what a group hands down to its apps is in it, too. What Marathon
    tells of an app, but does not take back, is left out: a file may be what it once answered.
    """

    body: dict[str, Any]
    source: Source
    path: DottedPath

    @property
    def id(self) -> str:
        """Return the absolute id."""
        return str(self.body["id"])

    def located(
        self, path: DottedPath, message: str, remedy: str, *, at_key: bool = False
    ) -> Problem:
        """Return a problem with the value at `path` of the body, placed in the file.

        The value is shown unless it is long, is what the key stands for, or is in the message.
        """
        value: Any = self.body
        for part in path:
            try:
                value = value[part]
            except (LookupError, TypeError):
                value = ABSENT
                break
        told = at_key or isinstance(value, (dict, list)) or " but is " in message
        return self.source.locate(
            Problem(
                path=(*self.path, *path),
                message=message,
                remedy=remedy,
                value=ABSENT if told else value,
                at_key=at_key,
            )
        )


def load(files: Iterable[str]) -> list[Definition]:
    """Return the apps of all files in order; `-` is standard input.

    Raises InvalidDefinitionError with everything that keeps the files from being read as apps.
    """
    found: list[Definition] = []
    problems: list[Problem] = []
    for file in files:
        shown, known = "<stdin>" if file == STDIN else file, (len(found), len(problems))
        try:
            for source in _documents(_text(file), shown):
                problems += source.problems
                found += _apps(source, problems)
        except InvalidSpecError as exc:
            problems += exc.problems
        if known == (len(found), len(problems)):
            problem = Problem(path=(), message="has no app in it", remedy=_EXAMPLE, file=shown)
            problems.append(problem)
    problems += _twice(found)
    if problems:
        raise InvalidDefinitionError(problems)
    return found


def _text(file: str) -> str:
    def wrong(message: str, remedy: str) -> InvalidSpecError:
        return InvalidSpecError([Problem(path=(), message=message, remedy=remedy, file=file)])

    try:
        content = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as exc:
        reason = exc.strerror or str(exc)
        raise wrong(f"cannot be read: {reason}", "name a file, or - for standard input") from exc
    except UnicodeDecodeError as exc:
        raise wrong("is not UTF-8 text", "save the file as UTF-8; a binary is no app") from exc
    if len(content) > _SOURCE_LIMIT:
        raise wrong("is larger than 1 MiB, too large for app definitions", "split the file")
    if not text.strip():
        raise wrong("is empty", _EXAMPLE)
    return text


def _documents(text: str, file: str) -> Iterator[Source]:
    """Parse each YAML document by itself; the blank lines before it keep its places right.

    A line that begins with `---` is a document marker wherever it stands (YAML 1.2.2, 9.1.2).
    """
    lines = text.splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if _MARKER.match(line)]
    bounds = sorted({0, *starts})
    for start, end in zip(bounds, [*bounds[1:], len(lines)], strict=True):
        body = "".join(lines[start:end])
        if _says_something(body):
            yield parse("\n" * start + body, file=file)


def _says_something(document: str) -> bool:
    lines = (_MARKER.sub("", line).split("#")[0].strip() for line in document.splitlines())
    return any(line and not line.startswith(("%", "...")) for line in lines)


@dataclass(frozen=True, kw_only=True)
class _Scope:
    """Where a group stands in its document, its id, and what its apps depend on through it."""

    source: Source
    path: DottedPath = ()
    base: str = "/"
    dependencies: tuple[str, ...] = ()


def _apps(source: Source, problems: list[Problem]) -> Iterator[Definition]:
    """Yield the apps of a document: one app, a list, `apps:`, or a group with groups in it."""
    scope = _Scope(source=source)
    if isinstance(source.data, list):
        yield from _listed(source.data, scope, (), problems)
    elif isinstance(source.data, dict) and {"apps", "groups"} & set(source.data):
        yield from _group(source.data, scope, problems)
    else:
        yield from _one(source.data, scope, (), problems)


def _group(data: dict[str, Any], scope: _Scope, problems: list[Problem]) -> Iterator[Definition]:
    for key in sorted(set(data) - _GROUP_KEYS):
        remedy = (
            f"a group has {', '.join(sorted(_GROUP_KEYS - {'version'}))}; pods are not deployed"
        )
        problem = Problem(path=(*scope.path, key), message="is no key of a group", remedy=remedy)
        problems.append(scope.source.locate(replace(problem, at_key=True)))
    base = absolute(str(data.get("id", "")), scope.base)
    needed = _dependencies(data, scope, problems)
    upper = base.rpartition("/")[0]
    inherited = (*scope.dependencies, *(absolute(one, upper) for one in needed))
    scope = replace(scope, base=base, dependencies=inherited)
    yield from _listed(data.get("apps"), scope, (*scope.path, "apps"), problems)
    groups = data.get("groups") or []
    if not isinstance(groups, list):
        problems.append(_not_a(scope, (*scope.path, "groups"), "a list of groups"))
        return
    for index, group in enumerate(groups):
        path: DottedPath = (*scope.path, "groups", index)
        if isinstance(group, dict):
            yield from _group(group, replace(scope, path=path), problems)
        else:
            problems.append(_not_a(scope, path, "a group"))


def _dependencies(data: dict[str, Any], scope: _Scope, problems: list[Problem]) -> Iterable[str]:
    given = data.get("dependencies") or []
    if isinstance(given, list) and all(isinstance(one, str) for one in given):
        return given
    problems.append(_not_a(scope, (*scope.path, "dependencies"), "a list of ids"))
    return ()


def _listed(
    data: Any, scope: _Scope, path: DottedPath, problems: list[Problem]
) -> Iterator[Definition]:
    if data is not None and not isinstance(data, list):
        problems.append(_not_a(scope, path, "a list of apps"))
        return
    for index, app in enumerate(data or ()):
        yield from _one(app, scope, (*path, index), problems)


def _one(
    data: Any, scope: _Scope, path: DottedPath, problems: list[Problem]
) -> Iterator[Definition]:
    if not isinstance(data, dict):
        problems.append(_not_a(scope, path, "an app"))
        return
    app_id = data.get("id")
    if not isinstance(app_id, str) or not app_id.strip("/"):
        message = "is missing" if app_id is None else "is not the name of an app"
        problem = Problem(
            path=(*path, "id"),
            message=message,
            remedy='give the app a name: "id": "/hello"',
            value=ABSENT if app_id is None else app_id,
        )
        problems.append(scope.source.locate(problem))
        return
    body = {**sendable(data), "id": absolute(app_id, scope.base)}
    own = body.get("dependencies") or []
    if scope.dependencies and isinstance(own, list):
        body["dependencies"] = [*own, *(each for each in scope.dependencies if each not in own)]
    yield Definition(body=body, source=scope.source, path=path)


def absolute(app_id: str, base: str = "/") -> str:
    """Return an id as Marathon makes it absolute: relative to `base`, with `.` and `..`."""
    parts = [] if app_id.startswith("/") else [part for part in base.split("/") if part]
    for part in app_id.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in {"", "."}:
            parts.append(part)
    return "/" + "/".join(parts)


def _not_a(scope: _Scope, path: DottedPath, what: str) -> Problem:
    remedy = "give a JSON object or YAML mapping; docs/apps.md shows each form"
    if what.startswith("a list"):
        remedy = 'give a list: in YAML one "- " for each entry'
    return scope.source.locate(Problem(path=path, message=f"is not {what}", remedy=remedy))


def _twice(found: Sequence[Definition]) -> Iterator[Problem]:
    first: dict[str, Definition] = {}
    for one in found:
        other = first.setdefault(one.id, one)
        if other is not one:
            there = other.located(("id",), "", "")
            message = f"the app {one.id} is defined twice, first in {there.file}:{there.line}"
            yield one.located(("id",), message, "keep one of the two")
