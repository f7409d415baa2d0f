"""`mesosdeploy doctor` names what is wrong on this machine and on each node, with a remedy."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy import ssh

Command = Callable[..., Any]
DOCTOR = ("doctor", "-i", "demo")


@pytest.fixture(autouse=True)
def _room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, **_kwargs: f"/usr/bin/{name}")
    usage = type("Usage", (), {"free": 2**40, "used": 0, "total": 2**40})
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)


def test_machine_without_faults_is_fine(demo: Path, command: Command) -> None:
    ended = command(*DOCTOR, "-o", "json")
    found = json.loads(ended.stdout)
    assert {entry["where"] for entry in found} == {"controller"}
    assert [entry["check"] for entry in found if not entry["ok"]] == []
    assert ended.code == 0


def test_missing_ssh_names_the_package(
    demo: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name, **_kwargs: None)
    ended = command(*DOCTOR, "-o", "json")
    bad = {entry["check"]: entry["remedy"] for entry in json.loads(ended.stdout) if not entry["ok"]}
    assert ended.code == 6
    assert bad["ssh client"] == "apt-get install openssh-client"


def test_silent_node_is_a_finding_and_not_an_error(
    demo: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("up", "-i", "demo")
    monkeypatch.setattr(
        ssh,
        "run",
        lambda _config, node, *_args, **_kwargs: ssh.Answer(
            node=node, code=255, stdout="", stderr="Connection refused"
        ),
    )
    ended = command(*DOCTOR, "-o", "json")
    found = [entry for entry in json.loads(ended.stdout) if entry["where"] == "agent-1"]
    assert ended.code == 6
    assert [(e["check"], e["ok"], e["message"]) for e in found] == [
        ("reachable", False, "Connection refused")
    ]
