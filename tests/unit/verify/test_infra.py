"""Claims about what the infra tests' conftest works with."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mesosdeploy.verify import infra

INVENTORY: dict[str, Any] = {
    "_meta": {"hostvars": {"master-1": {"ansible_host": "10.0.0.1"}, "agent-1": {}}},
    "all": {"vars": {"mesosdeploy_cluster": "demo"}},
    "mesos": {"children": ["mesos_agent"]},
    "mesos_agent": {"hosts": ["agent-1"]},
}


def nodes(*only: str) -> infra.Nodes:
    return infra.Nodes(inventory=INVENTORY, ssh_config=None, only=only)


@pytest.mark.parametrize(
    ("directory", "names"),
    [
        ("common", ["master-1", "agent-1"]),
        ("mesos", ["agent-1"]),
        ("mesos_agent", ["agent-1"]),
        ("zookeeper", []),
    ],
)
def test_a_directory_asks_the_group_of_its_name(directory: str, names: list[str]) -> None:
    assert nodes().of(directory) == names


def test_a_selection_narrows_the_nodes() -> None:
    assert nodes("master-1").of("common") == ["master-1"]
    assert nodes("master-1").of("mesos_agent") == []


@pytest.mark.parametrize(
    ("directory", "fixture", "unit"),
    [
        ("zookeeper", "node", "zookeeper.service"),
        ("mesos_master", "node", "mesos-master.service"),
        ("common", "node", ""),
        ("cluster", "agent", "mesos-agent.service"),
        ("cluster", "zookeeper", "zookeeper.service"),
        ("cluster", "", ""),
    ],
)
def test_a_failure_is_explained_by_the_unit_it_is_about(
    directory: str, fixture: str, unit: str
) -> None:
    assert infra.unit_behind(directory, fixture) == unit


def test_only_an_error_of_ssh_itself_is_a_lost_connection() -> None:
    lost = SimpleNamespace(rc=255, stderr="banner\nssh: connect to host x port 22: refused\n")
    assert infra.said(RuntimeError(lost)) == "ssh: connect to host x port 22: refused"
    assert infra.said(RuntimeError(SimpleNamespace(rc=1, stderr="no"))) == ""
    assert infra.said(RuntimeError("other")) == ""
    assert infra.said(AssertionError("x")) == ""


def test_the_environment_names_the_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "inventory.json"
    path.write_text(json.dumps(INVENTORY))
    monkeypatch.setenv(infra.INVENTORY, str(path))
    monkeypatch.setenv(infra.SSH_CONFIG, "/s/ssh_config")
    monkeypatch.setenv(infra.NODES, "agent-1")
    found = infra.Nodes.from_environment()
    assert found == infra.Nodes(
        inventory=INVENTORY, ssh_config=Path("/s/ssh_config"), only=("agent-1",)
    )
    assert found.expected("agent-1") == {"mesosdeploy_cluster": "demo"}
