"""The JSON Schema of app definitions: its text, the defaults it holds, what it ignores."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError

Json = dict[str, Any]


def schema() -> Json:
    """Return the schema (2020-12); `x-refused` says why a field may only be empty."""
    return copy.deepcopy(_schema())


@cache
def _schema() -> Json:
    loaded: Json = json.loads(Path(__file__).with_name("app.schema.json").read_text("utf-8"))
    return loaded


def violations(data: object) -> Iterator[ValidationError]:
    """Yield how `data` breaks the schema, which requires none of the top fields."""
    yield from _validator().iter_errors(data)


@cache
def _validator() -> Any:
    checker = Draft202012Validator.TYPE_CHECKER.redefine("number", _is_number)
    extend: Any = validators.extend  # has no types of its own
    return extend(Draft202012Validator, type_checker=checker)(_schema())


def _is_number(_checker: object, value: object) -> bool:
    """Tell whether a value is a number of JSON's, which Python's reader extends by NaN."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def pruned(data: Json) -> Json:
    """Leave out what says nothing: null, read-only fields, unsupported ones without a value."""
    result: Json = _pruned(data, _schema())
    return result


def _pruned(value: Any, node: Json) -> Any:
    node = _resolved(node)
    if isinstance(value, dict) and "properties" in node:
        fields = node["properties"]
        return {
            name: _pruned(given, fields.get(name, {}))
            for name, given in value.items()
            if given is not None and not _says_nothing(given, fields.get(name, {}))
        }
    if isinstance(value, list) and "items" in node:
        return [_pruned(item, node["items"]) for item in value]
    return value


def _says_nothing(value: Any, node: Json) -> bool:
    allowed = node.get("enum", ())
    return bool(node.get("readOnly")) or (None in allowed and value in allowed)


def with_defaults(data: Json, *, partial: bool = False) -> Json:
    """Return `data` with the schema's defaults in all objects; `partial`: but for the top one."""
    fields = _schema()["properties"]
    if partial:
        return {name: _filled(value, fields.get(name, {})) for name, value in data.items()}
    result: Json = _filled(data, _schema())
    return result


def _filled(value: Any, node: Json) -> Any:
    node = _resolved(node)
    if isinstance(value, dict) and "properties" in node:
        fields = node["properties"]
        missing = {
            name: copy.deepcopy(field["default"])
            for name, field in fields.items()
            if name not in value and "default" in field
        }
        return {
            name: _filled(given, fields.get(name, {}))
            for name, given in {**value, **missing}.items()
        }
    if isinstance(value, list) and "items" in node:
        return [_filled(item, node["items"]) for item in value]
    return value


def _resolved(node: Json) -> Json:
    """Return a node with what it refers to (`$ref`, or the `then` of its only case) put in."""
    if "$ref" in node:
        return {**_schema()["$defs"][node["$ref"].rpartition("/")[2]], **node}
    if "then" in node:
        return {**_resolved(node["then"]), **node}
    return node
