"""Alerts of Prometheus and Alertmanager become one list, and doubts about it are told."""

from __future__ import annotations

import pytest

from mesosdeploy.monitoring import alerts, client, table
from mesosdeploy.monitoring.alerts import Alerts, merge
from mesosdeploy.monitoring.client import MonitoringError
from tests.unit.monitoring.fake import (
    ALERTMANAGER,
    INVENTORY,
    PROMETHEUS,
    FakeMonitoring,
    known,
    managed,
)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeMonitoring:
    made = FakeMonitoring()
    monkeypatch.setattr(client, "open_http", made.http)
    return made


def states(found: Alerts) -> list[tuple[str, str, str]]:
    return [(one.name, one.node, one.state) for one in found.alerts]


def test_alert_that_both_know_is_listed_once() -> None:
    found = merge([known("NodeDown")], [managed("NodeDown")])
    assert [(one.name, one.state, one.since) for one in found] == [
        ("NodeDown", "firing", "2026-11-22T20:00:00+00:00")
    ]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({"silencedBy": ["s1"]}, "silenced"),
        ({"inhibitedBy": ["f1"]}, "inhibited"),
        ({}, "firing"),
    ],
    ids=["silenced", "inhibited", "active"],
)
def test_state_is_alertmanagers(status: dict[str, list[str]], state: str) -> None:
    assert [one.state for one in merge([known("A")], [managed("A", **status)])] == [state]


def test_same_alert_of_another_node_is_another() -> None:
    found = merge([known("A", node="agent-2", state="pending")], [managed("A")])
    assert [(one.node, one.state) for one in found] == [
        ("agent-1", "firing"),
        ("agent-2", "pending"),
    ]


def test_severest_come_first_and_unknown_severities_last() -> None:
    severities = ("none", "odd", "info", "critical", "warning")
    found = merge([known(each, severity=each) for each in severities], [])
    assert [one.severity for one in found] == ["critical", "warning", "info", "none", "odd"]


def test_alert_without_annotations_or_severity_is_shown() -> None:
    bare = {"labels": {"alertname": "A"}, "state": "firing", "activeAt": "2026-11-22T20:00:00Z"}
    (view,) = merge([bare], [])
    assert (view.severity, view.node, view.summary, view.place) == ("", "", "", "A")


def test_only_what_fires_is_active_and_counted() -> None:
    found = Alerts(
        alerts=merge(
            [
                known("Watchdog", severity="none", node=""),
                known("B", state="pending"),
                known("C", severity="warning"),
                known("D", severity="info"),
            ],
            [managed("A"), managed("S", silencedBy=["s1"])],
        )
    )
    assert [one.name for one in found.active] == ["A", "C", "D"]
    assert [one.name for one in found.urgent] == ["A", "C"]
    assert found.counts == {"critical": 1, "warning": 1, "info": 1}
    assert found.only_active().alerts == found.active


def test_both_programs_are_asked(fake: FakeMonitoring) -> None:
    fake.known.append(known("NodeDown", state="pending"))
    fake.managed = [managed("MesosAgentDown", node="agent-2")]
    found = alerts.read(INVENTORY, timeout=5)
    assert states(found) == [
        ("MesosAgentDown", "agent-2", "firing"),
        ("NodeDown", "agent-1", "pending"),
        ("Watchdog", "", "firing"),
    ]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("down", "listed", "doubt"),
    [
        (ALERTMANAGER, "Pending", "silences are not known"),
        (PROMETHEUS, "Managed", "alerts may be old"),
    ],
    ids=["Alertmanager", "Prometheus"],
)
def test_one_program_is_enough_and_the_other_is_missed(
    fake: FakeMonitoring, down: str, listed: str, doubt: str
) -> None:
    fake.known.append(known("Pending", state="pending"))
    fake.managed = [managed("Managed")]
    fake.down = {down}
    found = alerts.read(INVENTORY, timeout=5)
    assert listed in {one.name for one in found.alerts}
    (problem,) = found.problems
    assert doubt in problem
    assert "does not answer: monitor-1" in problem


def test_silence_of_both_is_an_error_and_not_an_empty_list(fake: FakeMonitoring) -> None:
    fake.down = {PROMETHEUS, ALERTMANAGER}
    with pytest.raises(MonitoringError) as caught:
        alerts.read(INVENTORY, timeout=5)
    assert "Prometheus does not answer" in caught.value.message
    assert "Alertmanager does not answer" in caught.value.message


def test_silent_watchdog_is_told(fake: FakeMonitoring) -> None:
    fake.known = []
    assert "rules are not evaluated" in alerts.read(INVENTORY, timeout=5).problems[0]


@pytest.mark.parametrize(
    ("found", "problem", "said"),
    [
        (merge([known("Watchdog", severity="none")], []), "", "Alerts: none"),
        (
            merge([known("NodeDown"), known("C", severity="warning")], []),
            "",
            "Alerts: 1 critical, 1 warning: NodeDown on agent-1",
        ),
        (None, "no answer", "Alerts: not known: no answer"),
    ],
    ids=["none", "some", "unknown"],
)
def test_one_line_tells_counts_and_critical_names(
    found: tuple[alerts.AlertView, ...] | None, problem: str, said: str
) -> None:
    seen = None if found is None else Alerts(alerts=found)
    assert table.noted(seen, problem).plain == said
