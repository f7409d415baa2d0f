"""Top understands what Prometheus answers, and lives on a terminal until it is told to end."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.alerts.drill import wait_for
from tests.services.monitoring.conftest import Terminal
from tests.services.monitoring.processes import AGENT, FRAMEWORK, MASTER, TASK, Watched

BUSY = f'mesos_agent_task_cpu_seconds_total{{{TASK},mode="user"}}'
ENDS = f'mesos_master_framework_task_ends_total{{{FRAMEWORK},state="failed"}}'


@pytest.fixture
def busy(watched: Watched) -> Iterator[Watched]:
    """Give the cluster with counters that grow, and put them back afterwards."""
    agent, master = watched.agents["agent-1"].figures, watched.masters["master-1"].figures
    agent[BUSY], agent["mesos_agent_tasks_failed_total"], master[ENDS] = 60.0, 10.0, 10.0

    def has_rates() -> bool:
        data = watched.data("top")
        rates = [data["agents"][0]["failed"], data["frameworks"][0]["failed"]]
        return bool(all(rates) and data["agents"][0]["cpus"]["used"])

    wait_for(has_rates, "rates are known")
    yield watched
    agent |= AGENT
    master |= MASTER


def test_figures_are_those_of_the_exporters(watched: Watched) -> None:
    data: dict[str, Any] = watched.data("top")
    assert (data["source"], data["problems"]) == ("Prometheus", [])
    first = data["agents"][0]
    assert (first["node"], first["state"], first["tasks"], first["waiting"]) == (
        "agent-1",
        "registered",
        1,
        1,
    )
    assert (first["cpus"]["capacity"], first["cpus"]["given"]) == (4.0, 1.0)
    assert first["mem_mb"] == {"capacity": 1024.0, "given": 128.0, "used": 64.0}
    assert first["load"] == 0.5


def test_framework_is_counted_by_the_leader_alone(watched: Watched) -> None:
    (framework,) = watched.data("top")["frameworks"]
    assert (framework["name"], framework["id"], framework["state"]) == ("marathon", "F1", "active")
    assert (framework["cpus"]["given"], framework["tasks"], framework["waiting"]) == (2.0, 2, 2)
    assert framework["mem_mb"] == {"capacity": None, "given": 256.0, "used": 128.0}


def test_growth_of_counters_is_shown_as_rates(busy: Watched) -> None:
    data = busy.data("top", "--sort", "cpus")
    first = data["agents"][0]
    assert first["node"] == "agent-1"
    assert first["cpus"]["used"] > 0.1
    assert first["ended"] == first["failed"] > 0
    assert data["frameworks"][0]["cpus"]["used"] == pytest.approx(first["cpus"]["used"], rel=0.2)


KEYS: dict[str, Callable[[Terminal], None]] = {
    "q": lambda screen: screen.type("q"),
    "Ctrl-C": lambda screen: screen.process.send_signal(signal.SIGINT),
    "end of input": lambda screen: screen.type("\x04"),
}


@pytest.mark.parametrize("command", [("top",), ("alerts", "--watch")], ids=" ".join)
@pytest.mark.parametrize("end", KEYS.values(), ids=KEYS)
def test_live_view_ends_well_and_leaves_the_terminal_as_it_was(
    terminal: Callable[..., Terminal],
    command: tuple[str, ...],
    end: Callable[[Terminal], None],
) -> None:
    screen = terminal(*command, "--interval", "1")
    said = "agent-2" if command == ("top",) else "Alerts:"
    wait_for(lambda: screen.shows(said), "the view is drawn")
    end(screen)
    assert screen.ends() == 0
    assert screen.settings == screen.before
    assert screen.shows("\x1b[?1049l"), "the screen of before is shown again"
    assert "Traceback" not in screen.screen


def test_live_view_is_renewed(watched: Watched, terminal: Callable[..., Terminal]) -> None:
    screen = terminal("top", "--interval", "1")
    wait_for(lambda: screen.shows("0.5"), "the load is shown")
    watched.agents["agent-1"].figures["mesos_agent_system_load_1min"] = 7.25
    try:
        wait_for(lambda: screen.shows("7.25"), "the new load is shown")
    finally:
        watched.agents["agent-1"].figures = dict(AGENT)
    screen.type("q")
    assert screen.ends() == 0


def test_pages_are_found(watched: Watched) -> None:
    for page, port in (("prometheus", 9090), ("alerts", 9093)):
        assert watched.run("open", page).stdout == f"http://{watched.monitor}:{port}/\n"
