"""`mesosdeploy open` prints URLs, and opens a browser only where it would be seen."""

from __future__ import annotations

import json
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from mesosdeploy import resources
from mesosdeploy.workflow import open as workflow
from tests.unit.monitoring.fake import INVENTORY, PROMETHEUS, FakeMonitoring

Command = Callable[..., Any]
URL = f"http://{PROMETHEUS}/consoles/index.html"


@pytest.fixture
def fake(demo: Path, monkeypatch: pytest.MonkeyPatch) -> FakeMonitoring:
    directory = resources.state_dir() / "demo"
    directory.mkdir(parents=True)
    (directory / "inventory.json").write_text(json.dumps(INVENTORY))
    made = FakeMonitoring()
    made.answers[f"GET {PROMETHEUS}/-/ready"] = httpx.Response(200)
    monkeypatch.setattr(workflow, "client", made.http)
    return made


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the URLs that were opened in a browser."""
    opened: list[str] = []

    def open_url(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", open_url)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return opened


@pytest.mark.parametrize(
    ("display", "terminal", "arguments", "opens"),
    [
        (False, True, [], False),
        (True, False, [], False),
        (True, True, [], True),
        (True, True, ["--no-browser"], False),
        (False, False, ["--browser"], True),
    ],
    ids=["no display", "pipe", "desktop", "not wanted", "wanted"],
)
def test_browser_is_opened_where_it_is_seen_or_wanted(
    fake: FakeMonitoring,
    browser: list[str],
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    display: bool,
    terminal: bool,
    arguments: list[str],
    opens: bool,
) -> None:
    if display:
        monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    ended = command("open", "dashboards", "-i", "demo", *arguments)
    assert (ended.code, ended.stdout) == (0, f"{URL}\n")
    assert browser == ([URL] if opens else [])


def test_machine_without_a_browser_is_told(
    fake: FakeMonitoring, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda _url: False)
    ended = command("open", "dashboards", "-i", "demo", "--browser")
    assert (ended.code, ended.stdout) == (0, f"{URL}\n")
    assert "no browser was found" in ended.stderr


def test_pages_are_listed_with_what_is_wrong(fake: FakeMonitoring, command: Command) -> None:
    listed = json.loads(command("open", "-i", "demo", "-o", "json").stdout)
    assert {one["page"]: bool(one["problem"]) for one in listed} == {
        "mesos": True,
        "marathon": True,
        "lb": True,
        "dashboards": False,
        "prometheus": False,
        "alerts": True,
    }
    table = command("open", "-i", "demo").stdout
    assert URL in table
    assert "no master leads" in table


def test_json_of_a_page_is_an_object(fake: FakeMonitoring, command: Command) -> None:
    data = json.loads(command("open", "prometheus", "-i", "demo", "-o", "json").stdout)
    assert (data["url"], data["node"]) == (f"http://{PROMETHEUS}/", "monitor-1")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["dashbords"], 2, 'did you mean "dashboards"?'),
        (["--browser"], 2, "--browser needs a page"),
        (["grafana"], 7, "has no page 'grafana'"),
        (["mesos"], 5, "no master leads"),
    ],
    ids=["misspelt", "which", "not installed", "no leader"],
)
def test_what_cannot_be_opened_is_told(
    fake: FakeMonitoring, command: Command, arguments: list[str], code: int, said: str
) -> None:
    ended = command("open", "-i", "demo", *arguments)
    assert (ended.code, ended.stdout) == (code, "")
    assert said in ended.stderr
