"""Writes the tables of docs/metrics.md (`python tests/unit/services/exporter/metrics_doc.py`)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

from mesosdeploy.services.exporter import zookeeper
from mesosdeploy.services.exporter.meaning import known_keys, meaning
from mesosdeploy.services.exporter.model import Kind

DOC = Path(__file__).resolve().parents[4] / "docs" / "metrics.md"
BEGIN = "<!-- metrics: written by tests/unit/services/exporter/metrics_doc.py -->"
END = "<!-- /metrics -->"

_OF_AGENTS = ("slave/", "containerizer/", "gc/", "resource_provider", "volume_gid_manager/")
_LABELS = {
    "framework": ("framework", "framework_id"),
    "task": ("task", "name", "framework", "framework_id"),
}
_OTHER_ENDPOINTS = {"framework": "/state-summary", "task": "/containers"}
_HEAD = ["| metric | type | of | meaning |", "|---|---|---|---|"]
_SUFFIX = {"gauge": "", "milliseconds": "", "counter": "_total", "durations": ""}
_TYPE = {"milliseconds": "gauge", "durations": "summary"}


def tables() -> str:
    """Return every metric as Markdown, by what it is of."""
    masters = [key for key in known_keys() if not key.startswith((*_OF_AGENTS, "task/"))]
    agents = [key for key in known_keys() if key.startswith((*_OF_AGENTS, "system/"))]
    tasks = [key for key in known_keys() if key.startswith("task/")]
    parts = [
        ("Masters", _rows(masters, Kind.MASTER)),
        ("Agents", _rows(agents, Kind.AGENT)),
        ("Tasks on an agent", _rows(tasks, Kind.AGENT)),
        ("ZooKeeper", _zookeeper()),
    ]
    return "\n\n".join(f"### {title}\n\n" + "\n".join([*_HEAD, *rows]) for title, rows in parts)


def current() -> str:
    """Return the document as it must be."""
    head, begin, rest = DOC.read_text(encoding="utf-8").partition(BEGIN)
    _old, end, tail = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{DOC} lacks the marks {BEGIN} and {END}")
    return f"{head}{BEGIN}\n\n{tables()}\n\n{END}{tail}"


def _rows(keys: list[str], kind: Kind) -> Iterator[str]:
    for key in sorted(keys):
        found = meaning(key, kind)
        group = key.partition("/")[0]
        labels = ",".join([*_LABELS.get(group, ()), *found.labels])
        name = f"{found.name}{{{labels}}}" if labels else found.name
        of = key.removesuffix("/p99") if "quantile" in found.labels else key
        if group in _LABELS:
            of = f"{'/state' if key.endswith('_allocated') else _OTHER_ENDPOINTS[group]}"
        cells = (f"`{name}`", found.type.value, f"`{of}`", found.help)
        yield f"| {' | '.join(cells)} |"


def _zookeeper() -> Iterator[str]:
    table = tomllib.loads(
        Path(zookeeper.__file__).with_name("zookeeper.toml").read_text(encoding="utf-8")
    )
    for section, entries in table.items():
        for key, entry in entries.items():
            name = f"zookeeper_{entry['name']}{_SUFFIX[section]}"
            of = f"sum_{key}`, `cnt_{key}" if section == "durations" else key
            cells = (f"`{name}`", _TYPE.get(section, section), f"`{of}`", entry["help"])
            yield f"| {' | '.join(cells)} |"
    yield "| `zookeeper_server_state{state}` | gauge | `server_state` | 1, with its role |"
    yield "| `zookeeper_build_info{version}` | gauge | `version` | 1, with the version |"


if __name__ == "__main__":
    DOC.write_text(current(), encoding="utf-8")
