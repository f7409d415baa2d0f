"""What is wrong with a definition before it is sent, and where a refusal belongs in its file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from mesosdeploy.marathon.definitions import Definition, InvalidDefinitionError
from mesosdeploy.marathon.failures import Detail, RejectedError
from mesosdeploy.spec.problems import DottedPath, Problem

LAB = "lab"

_NUMBER, _TEXT, _LIST, _MAPPING = "a number", "text", "a list", "a mapping"
_KINDS: dict[str, tuple[type, ...]] = {
    _NUMBER: (int, float),
    _TEXT: (str,),
    _LIST: (list,),
    _MAPPING: (dict,),
}
_FIELDS = {
    "cmd": _TEXT,
    "args": _LIST,
    "user": _TEXT,
    "env": _MAPPING,
    "labels": _MAPPING,
    "container": _MAPPING,
    "cpus": _NUMBER,
    "mem": _NUMBER,
    "disk": _NUMBER,
    "gpus": _NUMBER,
    "instances": _NUMBER,
    "fetch": _LIST,
    "constraints": _LIST,
    "dependencies": _LIST,
    "healthChecks": _LIST,
    "portDefinitions": _LIST,
    "networks": _LIST,
    "upgradeStrategy": _MAPPING,
    "backoffSeconds": _NUMBER,
    "backoffFactor": _NUMBER,
    "maxLaunchDelaySeconds": _NUMBER,
}
_SEGMENT = re.compile(
    r"^(([a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])\.)*([a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])$"
)
_AS_MARATHON_SAYS = "correct it as the message says; docs/apps.md lists the fields"
_QUOTE = 'put it in quotes: Marathon takes text only, "80" rather than 80'


def require_valid(definitions: Iterable[Definition], *, flavour: str) -> None:
    """Raise InvalidDefinitionError with all that is wrong.

    The lab scheduler's own validation is at hand, so nothing that it refuses is sent to it; of
    another Marathon only the JSON types are checked that are the same in all versions.
    """
    check = by_lab_scheduler if flavour == LAB else structure
    problems = [problem for one in definitions for problem in check(one)]
    if problems:
        raise InvalidDefinitionError(
            sorted(problems, key=lambda each: (each.file, each.line, each.column))
        )


def structure(definition: Definition) -> Iterator[Problem]:
    """Yield the fields whose JSON type cannot be right, and the ids that no Marathon takes."""
    body = definition.body
    if not all(_SEGMENT.match(segment) for segment in definition.id.strip("/").split("/")):
        remedy = "use small letters, digits and - between slashes, as in /shop/web"
        yield definition.located(("id",), "is not a valid id", remedy)
    for field, kind in _FIELDS.items():
        value = body.get(field)
        right = isinstance(value, _KINDS[kind]) and not isinstance(value, bool)
        if value is not None and not right:
            yield definition.located((field,), f"must be {kind}", f"give {kind}")
        elif kind == _NUMBER and value is not None and value < 0:
            yield definition.located((field,), "must not be negative", "give 0 or more")
    yield from _texts(definition)
    given = [name for name in ("cmd", "args") if body.get(name)]
    if len(given) == 2:
        yield definition.located(("args",), "stands beside cmd", "keep one of cmd and args")
    if not given and not body.get("container"):
        remedy = "give cmd (a shell command), args (a list of words) or a container"
        yield definition.located((), "the app has nothing to run", remedy)


def _texts(definition: Definition) -> Iterator[Problem]:
    """Yield labels and variables that are no text: YAML reads 80, yes and null as others."""
    for field, also in (("labels", ()), ("env", (dict,))):
        entries = definition.body.get(field)
        for name, value in entries.items() if isinstance(entries, dict) else ():
            if not isinstance(value, (str, *also)):
                yield definition.located((field, name), "must be text", _QUOTE)


def by_lab_scheduler(definition: Definition) -> Iterator[Problem]:
    """Yield what the lab scheduler's own validation finds."""
    from mesosdeploy.services.marathon import validation

    try:
        validation.check_app(definition.body)
    except validation.InvalidError as exc:
        for found in exc.details:
            yield from _problems(definition, Detail(path=found.path, errors=found.errors))


def located(refusal: RejectedError, definitions: list[Definition]) -> Exception:
    """Return Marathon's refusal with the place of each detail in the files.

    Of several apps a path begins with the index of one; what cannot be placed stays as it is.
    """
    problems: list[Problem] = []
    for detail in refusal.details:
        parts = _parts(detail.path)
        owner, rest = definitions[0], parts
        if len(definitions) > 1:
            index = next((each for each in parts[:2] if each.isdigit()), "")
            if not index or int(index) >= len(definitions):
                return refusal
            owner, rest = definitions[int(index)], parts[parts.index(index) + 1 :]
        problems += _problems(owner, Detail(path="/".join(rest), errors=detail.errors))
    if not problems:
        return refusal
    return InvalidDefinitionError(problems, hint="Marathon refused it, nothing was changed")


def _problems(definition: Definition, detail: Detail) -> Iterator[Problem]:
    for text in detail.errors:
        path = _path(definition.body, _parts(detail.path))
        remedy = _QUOTE if path[:1] in {("labels",), ("env",)} else _AS_MARATHON_SAYS
        yield definition.located(path, text, remedy, at_key=text.startswith("unknown field"))


def _parts(path: str) -> list[str]:
    """Split the path of a detail: `/healthChecks(0)/path`, also with `/0/` and `[0]`."""
    return re.findall(r"[^/()\[\]]+", path)


def _path(data: Any, parts: list[str]) -> DottedPath:
    """Return the parts with indexes as numbers where the data has a list."""
    path: list[str | int] = []
    for part in parts:
        key = int(part) if isinstance(data, list) and part.isdigit() else part
        path.append(key)
        try:
            data = data[key]
        except (LookupError, TypeError):
            data = None
    return tuple(path)
