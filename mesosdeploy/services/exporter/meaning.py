"""Says what a key of /metrics/snapshot is called for Prometheus, its type and what it means.

known.toml has the types and meanings; names follow one rule for known and unknown keys alike.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from mesosdeploy.services.exporter.model import Kind, Type

_TABLE: Final = Path(__file__).with_name("known.toml")
_OWN: Final = {Kind.MASTER: "master/", Kind.AGENT: "slave/"}
_MEGABYTE: Final = 2**20
_MILLISECOND: Final = 1e-3
_SECTIONS: Final = {"gauge": Type.GAUGE, "counter": Type.COUNTER, "megabytes": Type.GAUGE}
_QUANTILES: Final = {
    "min": "0", "p25": "0.25", "p50": "0.5", "p75": "0.75", "p90": "0.9", "p95": "0.95",
    "p99": "0.99", "p999": "0.999", "p9999": "0.9999", "max": "1",
}  # fmt: skip
_OF_A_TIMER: Final = re.compile(r"(?P<timer>.*_ms)/(?P<part>count|min|max|p\d+)")
_LABEL: Final = re.compile(r"<(\w+)>")
_UNKNOWN: Final = "Figure {key} of Mesos, which this exporter does not know"
# Unknown keys below these must not become names of their own: they hold IDs and names of users.
_FAMILIES: Final = (
    "master/frameworks/<framework>/<framework_id>/<rest>",
    "allocator/mesos/roles/<role>/<rest>",
    "allocator/mesos/offer_filters/roles/<role>/<rest>",
    "allocator/mesos/quota/roles/<role>/resources/<rest>",
    "resource_providers/<provider>/<rest>",
)


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What a key is: `factor` makes base units of Mesos' value; `known`: known.toml has it."""

    name: str
    type: Type
    help: str
    labels: Mapping[str, str] = field(default_factory=dict)
    factor: float = 1.0
    known: bool = True


@dataclass(frozen=True, kw_only=True)
class _Entry:
    pattern: re.Pattern[str]
    stem: str
    type: Type
    help: str
    factor: float


@lru_cache(maxsize=16384)
def meaning(key: str, kind: Kind) -> Meaning:
    """Return what a key of a master's or an agent's snapshot means."""
    timer = _timers().get(key)
    if timer:
        return _last(key, kind, timer)
    of_a_timer = _OF_A_TIMER.fullmatch(key)
    if of_a_timer:
        return _part(of_a_timer["timer"], of_a_timer["part"], kind)
    for entry in _entries():
        if found := entry.pattern.fullmatch(key):
            name = _full(entry.stem, kind, entry.type)
            labels = _labels(found.groupdict())
            factor = entry.factor * _factor(entry.stem)
            return Meaning(
                name=name, type=entry.type, help=entry.help, labels=labels, factor=factor
            )
    return _unknown(key, kind)


def known_keys() -> Iterator[str]:
    """Yield every key of the table, each timer as its 99th percentile."""
    for section in _table().values():
        yield from section
    yield from (f"{timer}/p99" for timer in _timers())


def _last(key: str, kind: Kind, text: str) -> Meaning:
    stem = f"{_seconds(key)}_last"
    name = _full(stem.replace("_seconds_last", "_last_seconds"), kind, Type.GAUGE)
    help_ = f"{text}: the newest"
    return Meaning(name=name, type=Type.GAUGE, help=help_, factor=_MILLISECOND)


def _part(timer: str, part: str, kind: Kind) -> Meaning:
    text = _timers().get(timer)
    known, text = text is not None, text or _UNKNOWN.format(key=timer)
    stem = _seconds(timer)
    if part == "count":
        name = _full(f"{stem.removesuffix('_seconds')}_samples", kind, Type.GAUGE)
        help_ = f"{text}: how many there are in the window of the quantiles"
        return Meaning(name=name, type=Type.GAUGE, help=help_, known=known)
    # A summary without sum and count: what Mesos counts is the window, which does not only grow.
    quantile = _QUANTILES.get(part) or f"0.{part[1:]}"
    return Meaning(
        name=_full(stem, kind, Type.SUMMARY),
        type=Type.SUMMARY,
        help=f"{text}: quantiles over a window (0: the least, 1: the greatest)",
        labels={"quantile": quantile},
        factor=_MILLISECOND,
        known=known,
    )


def _unknown(key: str, kind: Kind) -> Meaning:
    for family in _FAMILIES:
        if found := _pattern(family).fullmatch(key):
            parts = found.groupdict()
            stem = f"{_stem(family)}_{parts.pop('rest')}"
            shown = family.replace("<rest>", found["rest"])
            labels = _labels(parts)
            break
    else:
        stem, shown, labels = key, key, {}
    return Meaning(
        name=_full(stem, kind, Type.UNKNOWN),
        type=Type.UNKNOWN,
        help=_UNKNOWN.format(key=shown),
        labels=labels,
        factor=_factor(stem),
        known=False,
    )


def _full(stem: str, kind: Kind, type_: Type) -> str:
    """Return the name for Prometheus of what is called `stem` in Mesos."""
    words = re.sub(r"[^A-Za-z0-9]+", "_", _seconds(stem.removeprefix(_OWN[kind]))).strip("_")
    words = re.sub(r"(?<![a-z])slave", "agent", words.lower())
    words = re.sub(r"_percent$", "_used_ratio", words)
    if type_ is Type.GAUGE:  # in Prometheus _total is for counters
        words = re.sub(r"_total(_bytes)?$", r"_capacity\1", words)
    if type_ is Type.COUNTER:
        words = f"{words.removesuffix('_total')}_total"
    return f"mesos_{kind}_{words}"


def _seconds(stem: str) -> str:
    return re.sub(r"_(ms|secs)$", "_seconds", stem)


def _factor(stem: str) -> float:
    return _MILLISECOND if stem.endswith("_ms") else 1.0


def _labels(parts: Mapping[str, str]) -> dict[str, str]:
    labels = {name: unquote(value) for name, value in parts.items()}
    if labels.get("role") == "":  # to Prometheus a label without a value is none
        labels["role"] = "/"
    return labels


def _stem(key: str) -> str:
    """Return a key without its <parts>, each noun before one in the singular."""
    key = re.sub(r"s/(?=<)", "/", key)
    return "/".join(part for part in key.split("/") if not part.startswith("<"))


def _pattern(key: str) -> re.Pattern[str]:
    parts = _LABEL.split(key)
    for index in range(1, len(parts), 2):
        # Names of roles can hold slashes, and the root of roles has none.
        inside = {"role": ".*", "rest": ".+"}.get(parts[index], "[^/]*")
        parts[index] = f"(?P<{parts[index]}>{inside})"
    parts[::2] = [re.escape(part) for part in parts[::2]]
    return re.compile("".join(parts))


@cache
def _table() -> Mapping[str, Mapping[str, str | Mapping[str, str]]]:
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return {section: table[section] for section in _SECTIONS}


@cache
def _timers() -> Mapping[str, str]:
    timers: Mapping[str, str] = tomllib.loads(_TABLE.read_text(encoding="utf-8"))["timer"]
    return timers


@cache
def _entries() -> tuple[_Entry, ...]:
    """Return the table with the most exact keys first: those with the fewest <parts>."""
    found = [
        _entry(key, section, content)
        for section, entries in _table().items()
        for key, content in entries.items()
    ]
    return tuple(sorted(found, key=lambda entry: entry.pattern.groups))


def _entry(key: str, section: str, content: str | Mapping[str, str]) -> _Entry:
    given = {"help": content} if isinstance(content, str) else content
    megabytes = section == "megabytes"
    return _Entry(
        pattern=_pattern(key),
        stem=given.get("name") or _stem(key) + ("_bytes" if megabytes else ""),
        type=_SECTIONS[section],
        help=given["help"],
        factor=_MEGABYTE if megabytes else 1.0,
    )
