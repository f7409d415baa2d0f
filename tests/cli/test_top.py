"""`mesosdeploy top` prints once where nobody looks on, and says what it does not know."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy import resources
from mesosdeploy.monitoring import client
from tests.unit.monitoring.fake import INVENTORY, PROMETHEUS, FakeMonitoring

Command = Callable[..., Any]
FIGURES = {"up": 1.0, "registered": 1.0, "cpus_capacity": 4.0, "cpus_given": 1.0, "tasks": 2.0}


@pytest.fixture
def fake(demo: Path, monkeypatch: pytest.MonkeyPatch) -> FakeMonitoring:
    directory = resources.state_dir() / "demo"
    directory.mkdir(parents=True)
    (directory / "inventory.json").write_text(json.dumps(INVENTORY))
    made = FakeMonitoring()
    made.series = [
        ({"node": node, "figure": name}, value * weight)
        for node, weight in (("agent-1", 1.0), ("agent-2", 2.0))
        for name, value in FIGURES.items()
    ]
    monkeypatch.setattr(client, "open_http", made.http)
    return made


def test_table_is_printed_once_without_a_terminal(fake: FakeMonitoring, command: Command) -> None:
    ended = command("top", "-i", "demo")
    assert (ended.code, ended.stderr) == (0, "")
    assert "demo: agents 2, frameworks 0, tasks 6 (told by Prometheus)\ncpus -/3/12" in ended.stdout
    assert "\x1b" not in ended.stdout


def test_json_is_sorted_as_wished(fake: FakeMonitoring, command: Command) -> None:
    data = json.loads(command("top", "-i", "demo", "-o", "json", "--sort", "tasks").stdout)
    assert [(one["node"], one["tasks"]) for one in data["agents"]] == [
        ("agent-2", 4),
        ("agent-1", 2),
    ]
    assert (data["source"], data["problems"]) == ("Prometheus", [])


def test_unknown_column_is_corrected(fake: FakeMonitoring, command: Command) -> None:
    ended = command("top", "-i", "demo", "--sort", "cpu")
    assert (ended.code, ended.stdout) == (2, "")
    assert "--sort 'cpu' is no column" in ended.stderr
    assert 'did you mean "cpus"?' in ended.stderr


def test_silent_cluster_is_an_error(fake: FakeMonitoring, command: Command) -> None:
    fake.down = {PROMETHEUS, "10.0.0.1:5050", "10.0.0.2:5050", "10.0.0.11:5051", "10.0.0.12:5051"}
    ended = command("top", "-i", "demo", "--once")
    assert (ended.code, ended.stdout) == (5, "")
    assert "no master leads" in ended.stderr


def test_cluster_that_is_not_up_says_so(demo: Path, command: Command) -> None:
    assert command("top", "-i", "demo").code == 7
