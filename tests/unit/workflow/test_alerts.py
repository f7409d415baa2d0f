"""Alerts of a cluster: what status says of them, how they change, and who may be silenced."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.errors import StateError, UsageError
from mesosdeploy.monitoring import client
from mesosdeploy.workflow import alerts
from tests.unit.monitoring.fake import (
    ALERTMANAGER,
    INVENTORY,
    PROMETHEUS,
    UNWATCHED,
    FakeMonitoring,
    known,
    managed,
)


class Cluster:
    def __init__(self, inventory: dict[str, Any]) -> None:
        self._inventory = inventory

    def inventory(self) -> dict[str, Any]:
        return self._inventory


class _EnoughError(Exception):
    """The test has seen enough."""


DEMO = Cluster(INVENTORY)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeMonitoring:
    made = FakeMonitoring()
    monkeypatch.setattr(client, "open_http", made.http)
    return made


def test_unwatched_cluster_has_no_alerts_to_show(fake: FakeMonitoring) -> None:
    assert alerts.noted(UNWATCHED, timeout=1) is None
    with pytest.raises(StateError, match="made without monitoring"):
        alerts.run(Cluster(UNWATCHED))
    assert fake.requests == []


def test_status_is_told_of_alerts(fake: FakeMonitoring) -> None:
    fake.managed = [managed("NodeDown")]
    noted = alerts.noted(INVENTORY, timeout=5)
    assert noted is not None
    assert noted.alerts is not None
    assert noted.alerts.counts["critical"] == 1


def test_status_is_told_why_alerts_are_unknown(
    fake: FakeMonitoring, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.down = {PROMETHEUS, ALERTMANAGER}
    noted = alerts.noted(INVENTORY, timeout=5)
    assert noted is not None
    assert "Prometheus does not answer" in noted.problem
    monkeypatch.setenv("MESOSDEPLOY_ALERTMANAGER_CREDENTIALS", "broken")
    noted = alerts.noted(INVENTORY, timeout=5)
    assert noted is not None
    assert "is not of the form" in noted.problem


def test_changes_are_told_as_they_are_seen(fake: FakeMonitoring) -> None:
    told: list[str] = []

    def pause(_seconds: float) -> None:
        """Let the world change between two looks."""
        match len(fake.requests) // 2:
            case 1:
                fake.managed = [managed("NodeDown")]
            case 2:
                fake.managed = [managed("NodeDown", silencedBy=["s1"])]
            case 3 | 4:
                fake.down = {PROMETHEUS, ALERTMANAGER}
            case 5:
                fake.down, fake.managed = set(), []
            case _:
                raise _EnoughError

    seen: list[tuple[str, str, str]] = []
    changes = alerts.changes(DEMO, interval=1, report=told.append, pause=pause)
    with pytest.raises(_EnoughError):
        seen.extend((one.event, one.alert.name, one.alert.state) for one in changes)
    assert seen == [
        ("begins", "Watchdog", "firing"),
        ("begins", "NodeDown", "firing"),
        ("ends", "NodeDown", "firing"),
        ("begins", "NodeDown", "silenced"),
        ("ends", "NodeDown", "silenced"),
    ]
    assert len(told) == 1
    assert "does not answer" in told[0]


def test_alert_is_silenced_and_unsilenced(fake: FakeMonitoring) -> None:
    wish = alerts.Wish(name="NodeDown", node="agent-1", lasts="1h", comment="new disk")
    silence_id, until = alerts.silence(DEMO, wish)
    (silence,) = fake.silences
    assert (silence["id"], silence["comment"]) == (silence_id, "new disk")
    assert silence["endsAt"] == until.isoformat()
    assert alerts.unsilence(DEMO, "NodeDown", "agent-1") == [silence_id]
    assert fake.silences == []


@pytest.mark.parametrize(
    ("wish", "said", "hint"),
    [
        (alerts.Wish(name="NodeDwn"), "no rule has an alert 'NodeDwn'", "NodeDown"),
        (alerts.Wish(name="NodeDown", node="agnt-1"), "no node is called 'agnt-1'", "agent-1"),
        (alerts.Wish(name="NodeDown", lasts="soon"), "--for 'soon' is no duration", "2h"),
    ],
    ids=["alert", "node", "duration"],
)
def test_silence_of_nothing_is_refused(
    fake: FakeMonitoring, wish: alerts.Wish, said: str, hint: str
) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        alerts.silence(DEMO, wish)
    assert hint in (caught.value.hint or "")
    assert fake.silences == []


def test_silence_does_not_wait_for_prometheus(fake: FakeMonitoring) -> None:
    fake.down = {PROMETHEUS}
    alerts.silence(DEMO, alerts.Wish(name="NodeDown"))
    assert len(fake.silences) == 1


def test_silence_that_is_not_there_cannot_end(fake: FakeMonitoring) -> None:
    fake.silences = [
        {
            "id": "old",
            "matchers": [{"name": "alertname", "value": "NodeDown"}],
            "status": {"state": "expired"},
        }
    ]
    with pytest.raises(UsageError, match="no silence of 'NodeDown' on agent-1 is in force"):
        alerts.unsilence(DEMO, "NodeDown", "agent-1")


def test_alert_that_prometheus_knows_only_is_an_alert(fake: FakeMonitoring) -> None:
    fake.known.append(known("NodeDown"))
    assert [one.name for one in alerts.run(DEMO).urgent] == ["NodeDown"]
