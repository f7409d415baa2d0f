"""pydantic's vocabulary turned into sentences for operators, with remedies and "did you mean"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from mesosdeploy.spec.fields import LABEL_PATTERN, SENTENCES
from mesosdeploy.spec.problems import ABSENT, DottedPath, Problem, did_you_mean, shown

MISSING = "is missing"

_TYPES: dict[str, tuple[str, str]] = {
    "int_type": ("is not a whole number", "write digits only, without a unit and without quotes"),
    "float_type": ("is not a number", "write a number such as 2 or 0.5, without a unit"),
    "finite_number": ("is not a finite number", "write a number such as 2 or 0.5"),
    "int_from_float": ("is not a whole number", "write digits only, without a fraction"),
    "string_type": ("is not text", "put it in quotes"),
    "bool_type": ("is neither true nor false", "write true or false, without quotes"),
    "model_type": ("is not a mapping", "write `key: value` lines below it, or {key: value}"),
    "dict_type": ("is not a mapping", "write `key: value` lines below it, or {key: value}"),
    "tuple_type": ("is not a list", "write `- item` lines below it, or [item, item]"),
    "list_type": ("is not a list", "write `- item` lines below it, or [item, item]"),
}

_MISNOMERS: dict[str, str] = {
    "mem": "mem_mb",
    "disk": "disk_mb",
    "ram": "memory_mb",
    "port": "ports",
    "size": "count",
    "number": "count",
    "nodes": "count",
    "flavor": "flavour",
    "docker": "docker_containerizer",
    "ssl": "tls",
    "tags": "labels",
    "slaves": "agents",
    "master": "masters",
}
"""Words that other tools use and that no edit distance finds."""

_REMEDIES: dict[str, str] = {
    "count": "give at least 1, or remove the group",
}


def problems(
    errors: Iterable[ErrorDetails], *, model: type[BaseModel], prefix: DottedPath = ()
) -> list[Problem]:
    """Return one problem for each of pydantic's errors; `prefix` is where `model` stands."""
    # A default that was not made only repeats that a field before it is wrong.
    told = (error for error in errors if error["type"] != "default_factory_not_called")
    return [_problem(error, model, prefix) for error in told]


def _problem(error: ErrorDetails, model: type[BaseModel], prefix: DottedPath) -> Problem:
    kind, value = error["type"], error["input"]
    path = prefix + tuple(part for part in error["loc"] if part != "[key]")
    at_key = "[key]" in error["loc"]
    if kind == "missing":
        example = _fields(model, error["loc"][:-1]).get(str(path[-1]))
        remedy = f"add it, for example `{path[-1]}: {shown(example)}`"
        return Problem(path=path, message=MISSING, remedy=remedy)
    if kind == "extra_forbidden":
        known = tuple(_fields(model, error["loc"][:-1]))
        return Problem(
            path=path, message="is not a known key", remedy=_key_remedy(path, known), at_key=True
        )
    message, remedy = _sentence(error, str(path[-1]) if path else "")
    small = value if _is_small(value) else ABSENT
    return Problem(path=path, message=message, remedy=remedy, value=small, at_key=at_key)


def _key_remedy(path: DottedPath, known: tuple[str, ...]) -> str:
    word = str(path[-1])
    meant = _MISNOMERS.get(word.lower())
    listed = f"keys here: {', '.join(known)}" if known else "it takes no keys"
    if meant in known:
        return f'did you mean "{meant}"? {listed}'
    return did_you_mean(word, known, otherwise=listed)


def _sentence(error: ErrorDetails, field: str) -> tuple[str, str]:
    """Return what is wrong and the remedy for a value of the wrong type, range or form."""
    kind, context, value = error["type"], error.get("ctx", {}), error["input"]
    if kind == "string_type" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return "is a number, not text", f'put it in quotes, as it should be read: "{value}"'
    if kind in _TYPES:
        message, remedy = _TYPES[kind]
    elif kind in _RANGES:
        message = _RANGES[kind](context)
        remedy = _REMEDIES.get(field, "give a value in that range")
    elif kind == "string_pattern_mismatch":
        message, remedy = _pattern(str(context.get("pattern")), value)
    elif kind == "literal_error":
        message, remedy = "is not one of the choices", _choices(value, context["expected"])
    else:
        message = error["msg"].removesuffix(".")
        remedy = str(context.get("remedy", "correct the value"))
    return message, remedy


_RANGES: dict[str, Callable[[dict[str, Any]], str]] = {
    "greater_than": lambda context: f"must be greater than {_number(context['gt'])}",
    "greater_than_equal": lambda context: f"must be at least {_number(context['ge'])}",
    "less_than": lambda context: f"must be less than {_number(context['lt'])}",
    "less_than_equal": lambda context: f"must be at most {_number(context['le'])}",
}


def _choices(value: object, expected: str) -> str:
    """Return a remedy from pydantic's list of literals, which reads "'a', 'b' or 'c'"."""
    allowed = tuple(re.findall(r"'([^']*)'", expected))
    return did_you_mean(value, allowed, otherwise=f"choose one of: {', '.join(allowed)}")


def _pattern(pattern: str, value: object) -> tuple[str, str]:
    message, remedy = SENTENCES.get(pattern, (f"does not match {pattern}", "correct the value"))
    repaired = re.sub(r"[\s_.]+", "-", str(value).strip().lower())
    if pattern == LABEL_PATTERN and re.match(pattern, repaired):
        remedy = f'did you mean "{repaired}"? {remedy}'
    return message, remedy


def _fields(model: type[BaseModel], loc: tuple[int | str, ...]) -> dict[str, object]:
    """Return the fields (name -> an example) of the model at `loc` below `model`."""
    here: Any = model
    for part in loc:
        here = _step(here, part)
        if here is None:
            return {}
    found = _model_in(here)
    if found is None:
        return {}
    return {name: (field.examples or [None])[0] for name, field in found.model_fields.items()}


def _step(here: Any, part: int | str) -> Any:
    """Return the annotation one step down: a model's field, or what a container holds."""
    model = _model_in(here) if get_origin(here) is None else None
    if model is not None:
        field = model.model_fields.get(str(part))
        return field.annotation if field else None
    arguments = [each for each in get_args(here) if each not in (Ellipsis, type(None))]
    return arguments[-1] if get_origin(here) in (dict, tuple) and arguments else None


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(each) for each in get_args(annotation))
    return next((each for each in found if each), None)


def _is_small(value: object) -> bool:
    return value is None or isinstance(value, (str, int, float)) or value in ([], {})


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
