"""The unchanged command against a cloud that only OpenStack's own settings name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from mesosdeploy.nodes import NodeStatus
from mesosdeploy.state import record
from tests.services.aws.test_product import command, make_machines
from tests.services.openstack.conftest import Cloud


@pytest.fixture
def inventory(cloud: Cloud, tmp_path: Path, options: dict[str, Any]) -> Path:
    """Return an environment in OpenStack."""
    assert cloud.kinds() == {}
    target = tmp_path / "inventory"
    target.mkdir()
    data = {
        "name": "c1",
        "provider": {"type": "openstack", "ttl_hours": 8, **options},
        "groups": {"masters": {"count": 1}, "agents": {"count": 2}, "monitors": {"count": 1}},
    }
    YAML().dump(data, target / "cluster.yml")
    return target


def test_up_makes_the_machines_and_down_proves_that_none_is_left(
    cloud: Cloud, inventory: Path
) -> None:
    planned = json.loads(command("plan", "-i", str(inventory), "-o", "json").stdout)
    assert {action["action"] for action in planned["actions"]} == {"create"}
    assert {each["action"] for each in planned["around_them"]} == {"make"}
    assert cloud.kinds() == {}
    environment = make_machines(inventory)
    assert len(cloud.servers()) == 4
    state = record.load(environment.directory)
    assert state is not None
    assert {entry.node.status for entry in state.nodes.values()} == {NodeStatus.RUNNING}
    planned = json.loads(command("plan", "-i", str(inventory), "-o", "json").stdout)
    assert {action["action"] for action in planned["actions"]} == {"keep"}
    assert {each["action"] for each in planned["around_them"]} == {"keep"}
    found = json.loads(command("gc", "-i", str(inventory), "-o", "json").stdout)
    assert [(each["cluster"], each["expired"]) for each in found] == [("c1", False)]
    ended = command("down", "-i", str(inventory), "--yes")
    assert ended.returncode == 0, ended.stderr
    assert cloud.kinds() == {}
    assert not environment.directory.exists()


def test_what_is_left_without_a_state_is_collected(cloud: Cloud, inventory: Path) -> None:
    environment = make_machines(inventory)
    (environment.directory / "state.json").unlink()
    ended = command("gc", "-i", str(inventory), "--cluster", "c1", "--yes")
    assert ended.returncode == 0, ended.stderr
    assert cloud.kinds() == {}
