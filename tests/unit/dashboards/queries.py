"""Takes PromQL apart as far as tests need it: which metrics it names."""

from __future__ import annotations

import re

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_LABELS = re.compile(r"\{[^}]*\}")
_RANGE = re.compile(r"\[[^]]*\]")
_GROUPING = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_NAME = re.compile(r"[a-zA-Z_:][\w:]*(?!\s*\()\b")
_WORDS = {"and", "or", "unless", "bool", "offset"}
_CALLED = re.compile(r"[a-zA-Z_]\w*(?=\s*\()")


def metrics(expression: str) -> set[str]:
    """Return the names of the metrics that an expression asks for."""
    for part in (_STRING, _LABELS, _RANGE, _GROUPING):
        expression = part.sub(" ", expression)
    return set(_NAME.findall(_CALLED.sub(" ", expression))) - _WORDS
