"""Claims about what a node's answer to a purge becomes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mesosdeploy.errors import DeployError
from mesosdeploy.workflow import purge

ANSWER = {
    "found": [
        ["package", "mesos"],
        ["unit", "mesos-agent.service"],
        ["file", "/etc/mesos"],
        ["file", "/etc/mesos/mesos-agent.env"],
        ["data", "/var/lib/mesos"],
        ["data", "/var/lib/mesos/agent"],
    ],
    "kept": {"package curl": "it was here before the cluster"},
    "errors": [],
}


def holding(tmp_path: Path, **changes: object) -> purge.Holding:
    path = tmp_path / "agent-1.json"
    path.write_text(json.dumps({**ANSWER, **changes}))
    return purge.Holding.read(path)


def test_data_comes_first_and_nothing_is_said_twice(tmp_path: Path) -> None:
    assert list(holding(tmp_path).lines()) == [
        "    data: /var/lib/mesos",
        "    unit: mesos-agent.service",
        "    package: mesos",
        "    file: /etc/mesos",
        "    stays: package curl (it was here before the cluster)",
    ]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"left": [["file", "/etc/mesos"]]}, "  agent-1: file /etc/mesos"),
        ({"left": [], "errors": ["rm: busy"]}, "  agent-1: rm: busy"),
    ],
    ids=["left", "error"],
)
def test_what_is_left_is_an_error(tmp_path: Path, changes: dict[str, object], line: str) -> None:
    with pytest.raises(DeployError) as caught:
        purge._require_gone({"agent-1": holding(tmp_path, **changes)})
    assert line in caught.value.message.splitlines()


def test_nothing_left_is_none(tmp_path: Path) -> None:
    purge._require_gone({"agent-1": holding(tmp_path, left=[])})
