"""The doctor: what a probe saw → findings that name cause and remedy."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.doctor import judge
from mesosdeploy.doctor.signatures import SIGNATURES, matches

HEALTHY: dict[str, Any] = {
    "time": 0.0,
    "hostname": "agent-1",
    "addresses": ["10.0.0.1"],
    "units": {"mesos-agent": {"ActiveState": "active", "LoadState": "loaded", "NRestarts": "2"}},
    "journals": {"mesos-agent": ""},
    "disks": {"/": {"free_mb": 9000.0, "used_percent": 10.0, "inodes_free_percent": 90.0}},
    "memory_mb": 4096.0,
    "memory_available_mb": 2048.0,
}
ROLES = frozenset({"mesos_agent"})
FAILED = {"ActiveState": "failed", "SubState": "failed", "LoadState": "loaded", "Result": "x"}


def bad(seen: dict[str, Any], skew: float = 0.0) -> dict[str, tuple[str, str]]:
    found = judge.node(seen, ROLES, clock_skew=skew)
    assert found
    return {f.check: (f.message, f.remedy) for f in found if not f.ok}


def test_healthy_node_has_no_bad_finding() -> None:
    assert bad(HEALTHY) == {}


@pytest.mark.parametrize(
    ("change", "skew", "check", "words"),
    [
        pytest.param(
            {"disks": {"/": {"free_mb": 1.0, "used_percent": 99.0, "inodes_free_percent": 50.0}}},
            0.0,
            "disk /",
            "99 % used",
            id="full-disk",
        ),
        pytest.param(
            {"disks": {"/": {"free_mb": 900.0, "used_percent": 9.0, "inodes_free_percent": 1.0}}},
            0.0,
            "disk /",
            "no inodes",
            id="no-inodes",
        ),
        pytest.param({}, 3.0, "clock", "+3.00 s", id="clock-ahead"),
        pytest.param({}, -3.0, "clock", "-3.00 s", id="clock-behind"),
        pytest.param({"addresses": ["127.0.1.1"]}, 0.0, "host name", "127.0.1.1", id="loopback"),
        pytest.param({"addresses": []}, 0.0, "host name", "nothing", id="no-address"),
        pytest.param({"memory_available_mb": 10.0}, 0.0, "memory", "10 of 4096", id="no-memory"),
        pytest.param({"units": {}}, 0.0, "unit mesos-agent", "not installed", id="no-unit"),
    ],
)
def test_one_broken_thing_is_one_finding_with_a_remedy(
    change: dict[str, Any], skew: float, check: str, words: str
) -> None:
    found = bad({**HEALTHY, **change}, skew)
    assert list(found) == [check]
    assert words in found[check][0]
    assert found[check][1]


def test_stopped_unit_is_explained_by_its_journal() -> None:
    journal = "starting\nE1122 Incompatible agent info detected.\nmore"
    seen = {**HEALTHY, "units": {"mesos-agent": FAILED}, "journals": {"mesos-agent": journal}}
    message, remedy = bad(seen)["unit mesos-agent"]
    assert "resources or attributes changed" in message
    assert "rm /var/lib/mesos/agent/meta/slaves/latest" in remedy
    assert "mesosdeploy up --converge" in remedy


def test_stopped_unit_without_a_known_cause_shows_its_last_line() -> None:
    seen = {**HEALTHY, "units": {"mesos-agent": FAILED}, "journals": {"mesos-agent": "a\nodd\n"}}
    assert "last line: odd" in bad(seen)["unit mesos-agent"][0]


def test_every_signature_has_cause_and_remedy() -> None:
    assert SIGNATURES
    assert all(s.fragment and s.cause and s.remedy for s in SIGNATURES)


def test_signature_shows_the_last_line_that_matches() -> None:
    found = list(matches("x: Address already in use (1)\ny: address already in use (2)\nz"))
    assert [line for _signature, line in found] == ["y: address already in use (2)"]
