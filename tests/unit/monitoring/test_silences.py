"""Silences are of one alert and node, last as long as was said, and are found again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mesosdeploy.errors import UsageError
from mesosdeploy.monitoring.silences import Silence, duration, matching

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "hours"),
    [("30m", 0.5), ("2h", 2), ("1d", 24), ("1d12h", 36), ("1h30m", 1.5)],
    ids=str,
)
def test_duration_is_read(text: str, hours: float) -> None:
    assert duration(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "2", "h", "0h", "-2h", "2 h", "2w", "30m2h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no duration"):
        duration(text)


@pytest.mark.parametrize(
    ("node", "matched"),
    [("", {"alertname": "A"}), ("agent-1", {"alertname": "A", "node": "agent-1"})],
    ids=["everywhere", "node"],
)
def test_silence_matches_alert_and_node_only(node: str, matched: dict[str, str]) -> None:
    silence = Silence(name="A", node=node, until=NOW + timedelta(hours=2), author="me", comment="c")
    body = silence.as_json(NOW)
    assert {one["name"]: one["value"] for one in body["matchers"]} == matched
    assert not any(one["isRegex"] for one in body["matchers"])
    assert (body["startsAt"], body["endsAt"]) == (
        "2026-11-22T20:00:00+00:00",
        "2026-11-22T22:00:00+00:00",
    )


@pytest.mark.parametrize(
    ("wanted", "node", "found"),
    [
        ("A", "", ["1", "2"]),
        ("A", "agent-1", ["2"]),
        ("2", "", ["2"]),
        ("B", "", []),
        ("A", "agent-2", []),
    ],
    ids=["alert", "on a node", "id", "unknown", "elsewhere"],
)
def test_silences_are_found_by_alert_node_or_id(wanted: str, node: str, found: list[str]) -> None:
    alert = {"name": "alertname", "value": "A"}
    silences = [
        {"id": "1", "matchers": [alert]},
        {"id": "2", "matchers": [alert, {"name": "node", "value": "agent-1"}]},
    ]
    assert matching(silences, wanted, node) == found
