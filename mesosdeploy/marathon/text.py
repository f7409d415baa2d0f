"""Definitions as text for people: YAML with sorted keys, one line of a command on one line."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

_NEVER_FOLD = 2**20
_BLANKS = {ord("\n"): " ", ord("\t"): " "}


def text(definition: Mapping[str, Any]) -> str:
    """Return a definition as YAML that `app deploy` would read again as the same."""
    yaml = YAML()
    yaml.width = _NEVER_FOLD
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(_readable(definition), stream)
    return stream.getvalue()


def _readable(value: Any) -> Any:
    """Sort keys, and let text of several lines stand as such where YAML can write it so."""
    if isinstance(value, Mapping):
        return {key: _readable(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_readable(one) for one in value]
    if isinstance(value, str) and "\n" in value and value.translate(_BLANKS).isprintable():
        return LiteralScalarString(value)
    return value
