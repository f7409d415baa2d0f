"""Violations of the app definition's schema in words, at paths as Marathon writes them."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from jsonschema.exceptions import ValidationError

_SENTENCES = {
    "type": "must be {wanted}, but is {value}",
    "enum": "must be one of {wanted}, but is {value}",
    "minimum": "must be >= {wanted}, but is {value}",
    "maximum": "must be <= {wanted}, but is {value}",
    "minLength": "must not be empty",
    "maxLength": "must have at most {wanted} characters, but is {value}",
    "maxItems": "must have at most {wanted} item(s), but is {value}",
    "uniqueItems": "must not name anything twice, but is {value}",
}
_ARTICLES = {"array": "an array", "integer": "an integer", "object": "an object"}


def path_text(parts: Iterable[str | int]) -> str:
    """Write a place in a definition: `/healthChecks(0)/portIndex`; the whole is `/`."""
    text = "".join(f"({part})" if isinstance(part, int) else f"/{part}" for part in parts)
    return text or "/"


def problems(error: ValidationError) -> Iterator[tuple[str, str]]:
    """Yield path and sentence for each problem that one violation stands for."""
    place = list(error.absolute_path)
    value: Any = error.instance
    if error.validator == "additionalProperties":
        node: Any = error.schema
        known = node["properties"]
        for name in value:
            if name not in known:
                yield path_text([*place, name]), _unknown(name, known)
    elif error.validator == "required":
        required: Any = error.validator_value
        for name in required:
            if name not in value:
                yield path_text([*place, name]), "is required"
    else:
        yield path_text(place), _sentence(error)


def _unknown(name: str, known: Iterable[str]) -> str:
    by_lower_case = {field.lower(): field for field in known}
    near = difflib.get_close_matches(name.lower(), by_lower_case, n=1)
    return f'unknown field, did you mean "{by_lower_case[near[0]]}"?' if near else "unknown field"


def _sentence(error: ValidationError) -> str:
    node: Any = error.schema
    wanted: Any = error.validator_value
    value = shown(error.instance)
    if "x-message" in node:
        return f"{node['x-message']}, but is {value}"
    if "x-refused" in node and error.validator == "enum":
        return _refusal(wanted, node["x-refused"], value)
    match error.validator:
        case "type":
            wanted = _ARTICLES.get(wanted, f"a {wanted}")
        case "enum":
            wanted = ", ".join(shown(item) for item in wanted)
    # A rule without a sentence here is a gap in this table; a test goes through the schema's rules.
    return _SENTENCES[str(error.validator)].format(wanted=wanted, value=value)


def _refusal(allowed: list[Any], reason: str, value: str) -> str:
    if None in allowed:
        return f"is not supported: {reason}"
    return f"must be {shown(allowed[0])}, but is {value}: {reason}"


def shown(value: object) -> str:
    """Write a value as JSON, cut off where it would drown the sentence."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:77]}..."
