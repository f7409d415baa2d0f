"""Top asks Prometheus where it answers with figures, and Mesos itself where it does not."""

from __future__ import annotations

import pytest

from mesosdeploy.monitoring import client, usage_prometheus
from mesosdeploy.monitoring.usage import Usage
from mesosdeploy.monitoring.usage_mesos import Observer
from mesosdeploy.workflow.top import Top
from tests.unit.monitoring.fake import INVENTORY, PROMETHEUS, UNWATCHED, FakeMonitoring

OF_MESOS = Usage(cluster="demo", source="Mesos", agents=(), frameworks=())


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeMonitoring:
    made = FakeMonitoring()
    made.series = [({"node": "agent-1", "figure": "up"}, 1.0)]
    monkeypatch.setattr(client, "open_http", made.http)
    return made


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return when Mesos was looked at."""
    seen: list[float] = []

    def look(_self: Observer, *, timeout: float, at: float) -> Usage:
        assert timeout > 0
        seen.append(at)
        return OF_MESOS

    monkeypatch.setattr(Observer, "look", look)
    return seen


def test_figures_are_prometheus_where_it_has_any(fake: FakeMonitoring, looks: list[float]) -> None:
    found = Top(INVENTORY).once()
    assert (found.source, found.agents[0].state) == ("Prometheus", "not registered")
    assert looks == []
    expressions = [request.content for request in fake.requests]
    assert len(expressions) == 2


@pytest.mark.parametrize(
    ("down", "series", "problem"),
    [
        ({PROMETHEUS}, [({"node": "agent-1", "figure": "up"}, 1.0)], "Prometheus does not answer"),
        (set(), [], "Prometheus has figures of no agent"),
    ],
    ids=["down", "empty"],
)
def test_mesos_is_asked_where_prometheus_knows_nothing(
    fake: FakeMonitoring,
    looks: list[float],
    down: set[str],
    series: list[tuple[dict[str, str], float]],
    problem: str,
) -> None:
    fake.down, fake.series = down, list(series)
    found = Top(INVENTORY).look()
    assert (found.source, len(looks)) == ("Mesos", 1)
    assert problem in found.problems[0]


def test_mesos_is_looked_at_twice_for_rates_that_are_shown_once(
    fake: FakeMonitoring, looks: list[float]
) -> None:
    pauses: list[float] = []
    found = Top(UNWATCHED).once(pause=pauses.append)
    assert (found.problems, len(looks), len(pauses)) == ((), 2, 1)
    assert fake.requests == []


def test_each_figure_has_an_expression_of_its_own() -> None:
    for expression in (usage_prometheus.AGENTS, usage_prometheus.FRAMEWORKS):
        parts = expression.split(" or label_replace(")
        names = {part.rpartition('"figure", "')[2].partition('"')[0] for part in parts}
        assert len(names) == len(parts) > 10
