"""Makes figures of what a ZooKeeper server's AdminServer says of itself (/commands/monitor).

ZooKeeper has a provider of metrics for Prometheus, but Debian's package comes without it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from mesosdeploy.services.exporter.mesos import NoAnswerError
from mesosdeploy.services.exporter.model import Figure, Type

_TABLE: Final = Path(__file__).with_name("zookeeper.toml")
_MILLISECOND: Final = 1e-3
_SECTIONS: Final = {
    "gauge": (Type.GAUGE, "", 1.0),
    "milliseconds": (Type.GAUGE, "", _MILLISECOND),
    "counter": (Type.COUNTER, "_total", 1.0),
}


def of_monitor(answer: Mapping[str, Any]) -> list[Figure]:
    """Return the figures of a server; NoAnswerError when it has no quorum and serves nobody."""
    if answer.get("error"):
        raise NoAnswerError("not_serving", str(answer["error"]))
    return [*_plain(answer), *_durations(answer), *_about(answer)]


def explained(error: NoAnswerError) -> NoAnswerError:
    """Say what status 500 means: `monitor` of 3.8 fails so in a server without a quorum."""
    if error.reason != "http_500":
        return error
    return NoAnswerError("not_serving", "it serves nobody, as it has no quorum (status 500)")


def _plain(answer: Mapping[str, Any]) -> Iterator[Figure]:
    for section, (type_, suffix, factor) in _SECTIONS.items():
        for key, entry in _table()[section].items():
            if key in answer:
                value = float(answer[key]) * factor
                yield _figure(f"{entry['name']}{suffix}", type_, entry["help"], value)


def _durations(answer: Mapping[str, Any]) -> Iterator[Figure]:
    for key, entry in _table()["durations"].items():
        if f"cnt_{key}" in answer:
            name, text, count = entry["name"], entry["help"], float(answer[f"cnt_{key}"])
            seconds = float(answer[f"sum_{key}"]) * _MILLISECOND
            yield _figure(f"{name}_count", Type.SUMMARY, text, count)
            yield _figure(f"{name}_sum", Type.SUMMARY, text, seconds)


def _about(answer: Mapping[str, Any]) -> Iterator[Figure]:
    state, version = str(answer["server_state"]), str(answer["version"]).partition(",")[0]
    text = "1, with what the server is: leader, follower, observer or standalone"
    yield _figure("server_state", Type.GAUGE, text, 1.0, state=state)
    yield _figure("build_info", Type.GAUGE, "1, with the version", 1.0, version=version)


def _figure(name: str, type_: Type, text: str, value: float, **labels: str) -> Figure:
    return Figure(name=f"zookeeper_{name}", type=type_, help=text, value=value, labels=labels)


@cache
def _table() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    return tomllib.loads(_TABLE.read_text(encoding="utf-8"))
