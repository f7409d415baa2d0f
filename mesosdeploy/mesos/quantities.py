"""Resources of an agent in the spec's words, and how two sets of them differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WORDS = {"cpus": "cpus", "gpus": "gpus", "mem": "mem_mb", "disk": "disk_mb"}
_TOLERANCE = 0.001  # Mesos keeps scalars with three decimals


def normalized(resources: Mapping[str, Any]) -> dict[str, Any]:
    """Turn Mesos' resources (`{"mem": 64.0, "ports": "[1-2, 5-6]"}`) into the spec's words.

    Scalars become floats (`cpus`, `gpus`, `mem_mb`, `disk_mb`); `ports` a list of "begin-end".
    Zero GPUs are left out: every agent reports them.
    """
    result: dict[str, Any] = {}
    for name, value in resources.items():
        if name == "ports":
            result["ports"] = _ranges(value)
        elif name != "gpus" or value:
            result[_WORDS.get(name, name)] = value
    return result


def _ranges(text: str) -> list[str]:
    return [part.strip() for part in str(text).strip("[]").split(",") if part.strip()]


def differences(promised: Mapping[str, Any], actual: Mapping[str, Any]) -> list[str]:
    """Say how `actual` differs from `promised`; what is not promised may be anything."""
    found = []
    for name, wanted in promised.items():
        given = actual.get(name)
        if wanted is not None and not _equal(wanted, given):
            found.append(f"{name} is {_text(given)}, promised {_text(wanted)}")
    return found


def attribute_differences(promised: Mapping[str, Any], actual: Mapping[str, Any]) -> list[str]:
    """Say which promised attributes an agent lacks, or has with another value."""
    return [
        f"attribute {name} is {actual.get(name, 'missing')}, promised {wanted}"
        for name, wanted in promised.items()
        if name not in actual or not _same(wanted, actual[name])
    ]


def _same(wanted: Any, given: Any) -> bool:
    """Compare as text, or as numbers: `7` is told as `7.0`."""
    if str(wanted) == str(given):
        return True
    try:
        return float(wanted) == float(given)
    except (TypeError, ValueError):
        return False


def _equal(wanted: Any, given: Any) -> bool:
    if isinstance(wanted, list | tuple):
        return _covered(wanted) == _covered(given or ())
    if isinstance(wanted, int | float) and isinstance(given, int | float):
        return abs(float(wanted) - float(given)) < _TOLERANCE
    return bool(wanted == given)


def _covered(ranges: Any) -> list[tuple[int, int]]:
    """Return the ranges sorted and merged, so that two ways to write one set are equal."""
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(_bounds(text) for text in ranges):
        if merged and begin <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


def _bounds(text: str) -> tuple[int, int]:
    begin, _, end = str(text).partition("-")
    return int(begin), int(end or begin)


def _text(value: Any) -> str:
    if value is None:
        return "missing"
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)
    return f"{value:g}" if isinstance(value, int | float) else str(value)
