"""`mesosdeploy alerts` shows what fires, tells programs by its exit code if asked, and silences."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy import resources
from mesosdeploy.monitoring import client
from tests.unit.monitoring.fake import (
    ALERTMANAGER,
    INVENTORY,
    PROMETHEUS,
    UNWATCHED,
    FakeMonitoring,
    known,
    managed,
)

Command = Callable[..., Any]


@pytest.fixture
def record(demo: Path) -> Callable[[dict[str, Any]], None]:
    def write(inventory: dict[str, Any]) -> None:
        directory = resources.state_dir() / "demo"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "inventory.json").write_text(json.dumps(inventory))

    write(INVENTORY)
    return write


@pytest.fixture
def fake(record: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> FakeMonitoring:
    made = FakeMonitoring()
    monkeypatch.setattr(client, "open_http", made.http)
    return made


def test_quiet_cluster_has_no_table(fake: FakeMonitoring, command: Command) -> None:
    ended = command("alerts", "-i", "demo")
    assert (ended.code, ended.stdout, ended.stderr) == (0, "", "no alert fires\n")


@pytest.mark.parametrize(
    "said",
    ["critical", "NodeDown", "agent-1", "NodeDown it is", "docs/runbooks/NodeDown.md"],
)
def test_alert_is_shown_with_all_that_helps(
    fake: FakeMonitoring, command: Command, said: str
) -> None:
    fake.managed = [managed("NodeDown")]
    ended = command("alerts", "-i", "demo")
    assert (ended.code, ended.stderr) == (0, "")
    assert said in ended.stdout


def test_all_shows_pending_and_silenced_ones(fake: FakeMonitoring, command: Command) -> None:
    fake.known.append(known("MesosAgentDown", state="pending"))
    fake.managed = [managed("NodeDown", silencedBy=["s1"])]
    few = json.loads(command("alerts", "-i", "demo", "-o", "json").stdout)
    every = json.loads(command("alerts", "-i", "demo", "--all", "-o", "json").stdout)
    assert few["alerts"] == []
    assert [(one["name"], one["state"]) for one in every["alerts"]] == [
        ("MesosAgentDown", "pending"),
        ("NodeDown", "silenced"),
        ("Watchdog", "firing"),
    ]


@pytest.mark.parametrize(
    ("severity", "code"), [("critical", 6), ("warning", 6), ("info", 0)], ids=str
)
def test_exit_code_tells_of_urgent_alerts_if_asked(
    fake: FakeMonitoring, command: Command, severity: str, code: int
) -> None:
    fake.managed = [managed("NodeDown", severity=severity)]
    ended = command("alerts", "-i", "demo", "--exit-code")
    assert ended.code == code
    assert ("alerts fire: NodeDown on agent-1" in ended.stderr) == (code == 6)


def test_doubts_are_told_beside_the_list(fake: FakeMonitoring, command: Command) -> None:
    fake.down = {ALERTMANAGER}
    ended = command("alerts", "-i", "demo")
    assert ended.code == 0
    assert "silences are not known" in ended.stderr


@pytest.mark.parametrize("arguments", [[], ["--exit-code"], ["-o", "json"]], ids=str)
def test_silent_monitoring_is_an_error_and_not_a_quiet_cluster(
    fake: FakeMonitoring, command: Command, arguments: list[str]
) -> None:
    fake.down = {PROMETHEUS, ALERTMANAGER}
    ended = command("alerts", "-i", "demo", *arguments)
    assert (ended.code, ended.stdout) == (5, "")
    assert "Prometheus does not answer" in ended.stderr


@pytest.mark.parametrize("arguments", [[], ["--watch"]], ids=["once", "watch"])
def test_unwatched_cluster_is_told(
    fake: FakeMonitoring, record: Callable[..., None], command: Command, arguments: list[str]
) -> None:
    record(UNWATCHED)
    ended = command("alerts", "-i", "demo", *arguments)
    assert ended.code == 7
    assert "was made without monitoring" in ended.stderr


def test_silence_is_made_and_ended(fake: FakeMonitoring, command: Command) -> None:
    words = ("NodeDown", "-i", "demo", "--node", "agent-1", "--for", "30m", "--comment", "disk")
    made = command("alerts", "silence", *words)
    assert (made.code, made.stdout) == (0, "s1\n")
    assert "next: mesosdeploy alerts unsilence s1 -i demo" in made.stderr
    assert fake.silences[0]["comment"] == "disk"
    assert command("alerts", "unsilence", "NodeDown", "-i", "demo").code == 0
    assert fake.silences == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--watch", "--exit-code", "-i", "demo"], "do not go together"),
        (["-i", "demo", "silence", "NodeDown"], "-i stands before silence"),
        (["silence", "NodeDwn", "-i", "demo"], 'did you mean "NodeDown"?'),
        (["unsilence", "NodeDown", "-i", "demo"], "no silence of 'NodeDown' is in force"),
    ],
    ids=["endless", "wrong cluster", "misspelt", "no silence"],
)
def test_wrong_use_is_told(
    fake: FakeMonitoring, command: Command, arguments: list[str], said: str
) -> None:
    ended = command("alerts", *arguments)
    assert (ended.code, ended.stdout) == (2, "")
    assert said in ended.stderr


def test_watching_without_a_terminal_tells_changes(
    fake: FakeMonitoring, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    fake.managed = [managed("NodeDown")]
    changes = "mesosdeploy.workflow.alerts.changes"
    from mesosdeploy.workflow import alerts

    original = alerts.changes
    monkeypatch.setattr(changes, lambda *a, **k: original(*a, **k, pause=interrupted))
    ended = command("alerts", "-i", "demo", "--watch", "-o", "json")
    (line,) = ended.stdout.splitlines()
    data = json.loads(line)
    assert (data["event"], data["alert"]["name"]) == ("begins", "NodeDown")
    assert ended.code == 0
