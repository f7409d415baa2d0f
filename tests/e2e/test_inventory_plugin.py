"""Ansible itself reads an environment through the plugin: recorded nodes, variables beside them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy import inventory, resources
from mesosdeploy.nodes import Node, NodeStatus
from mesosdeploy.spec import load

ANSIBLE_INVENTORY = Path(sys.executable).with_name("ansible-inventory")
SPEC = """\
name: demo
provider: {type: fake}
groups:
  masters: {count: 3}
  agents: {count: 1, attributes: {rack: r1}}
  big-agents: {kind: agents, count: 1}
"""


@pytest.fixture
def env(tmp_path: Path) -> Path:
    directory = tmp_path / "env"
    for name, text in {
        "cluster.yml": SPEC,
        "group_vars/all.yml": "colour: red\nmesosdeploy_mesos_flavour: overridden\n",
        "group_vars/big_agents.yml": "size: big\n",
        "host_vars/master-2.yml": "colour: blue\n",
        "README.md": "# not an inventory\n",
    }.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return directory


@pytest.fixture
def recorded(env: Path, tmp_path: Path) -> Path:
    spec = load(env)
    nodes = [
        Node(
            cluster="demo",
            name=request.name,
            group=request.group,
            index=request.index,
            status=NodeStatus.RUNNING,
            provider_id=request.name,
            address=f"10.0.0.{number}",
        )
        for number, request in enumerate(spec.requests(), start=1)
    ]
    context = inventory.InventoryContext(
        state_directory=tmp_path / "state" / "demo",
        private_key=tmp_path / "key",
        mesos_package_file="/cache/mesos.deb",
        mesos_package_version="1.11.0+lab1",
    )
    file = tmp_path / "state" / "demo" / "inventory.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(inventory.build(spec, nodes, context=context)))
    return env


def ask(source: Path, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "ANSIBLE_INVENTORY_ENABLED": "mesosdeploy",
        "ANSIBLE_INVENTORY_PLUGINS": str(resources.ansible_plugins() / "inventory"),
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
        "ANSIBLE_HOME": str(tmp_path / "ansible"),
        "MESOSDEPLOY_STATE_DIR": str(tmp_path / "state"),
        "PYTHONPATH": str(Path(resources.__file__).parents[1]),
        "LC_ALL": "C.UTF-8",
    }
    return subprocess.run(
        [ANSIBLE_INVENTORY, "-i", source, *arguments],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def plain(text: str) -> dict[str, Any]:
    """Return the inventory without ansible-inventory's marks of values that are never templates."""
    data: dict[str, Any] = json.loads(text, object_hook=lambda d: d.get("__ansible_unsafe", d))
    return data


@pytest.mark.parametrize("whole", [True, False], ids=["directory", "file"])
def test_ansible_sees_recorded_nodes_and_the_variables_beside_the_spec(
    recorded: Path, tmp_path: Path, whole: bool
) -> None:
    result = ask(recorded if whole else recorded / "cluster.yml", tmp_path, "--list")
    assert result.returncode == 0, result.stderr
    assert "WARNING" not in result.stderr
    seen = plain(result.stdout)
    assert seen["masters"]["hosts"] == ["master-1", "master-2", "master-3"]
    assert sorted(seen["mesos"]["children"]) == ["mesos_agent", "mesos_master"]
    assert seen["mesos_agent"]["hosts"] == ["agent-1", "big-agents-1"]
    hosts = seen["_meta"]["hostvars"]
    assert hosts["master-1"]["ansible_host"] == "10.0.0.1"
    assert hosts["master-1"]["mesosdeploy_mesos_quorum"] == 2
    assert (hosts["master-1"]["colour"], hosts["master-2"]["colour"]) == ("red", "blue")
    assert (hosts["big-agents-1"]["size"], "size" in hosts["agent-1"]) == ("big", False)
    assert hosts["agent-1"]["mesosdeploy_agent_attributes"] == {"rack": "r1"}


def test_variables_beside_the_spec_win_over_the_computed_ones(
    recorded: Path, tmp_path: Path
) -> None:
    result = ask(recorded, tmp_path, "--host", "agent-1")
    assert plain(result.stdout)["mesosdeploy_mesos_flavour"] == "overridden"


def test_before_the_first_up_ansible_says_what_to_do(env: Path, tmp_path: Path) -> None:
    result = ask(env, tmp_path, "--list")
    assert result.returncode != 0
    told = " ".join(result.stderr.split())
    assert "cluster demo has no inventory yet" in told
    assert f"run: mesosdeploy up -i {env}" in told


def test_problem_of_the_spec_is_told_with_its_place(env: Path, tmp_path: Path) -> None:
    (env / "cluster.yml").write_text(SPEC.replace("count: 3", "count: 2"))
    result = ask(env, tmp_path, "--list")
    assert result.returncode != 0
    assert "cluster.yml:4:20: groups.masters.count: asks for an even" in result.stderr


def test_damaged_record_is_told(recorded: Path, tmp_path: Path) -> None:
    (tmp_path / "state" / "demo" / "inventory.json").write_text("{}")
    result = ask(recorded, tmp_path, "--list")
    assert result.returncode != 0
    assert "inventory.json cannot be read" in " ".join(result.stderr.split())
