"""The unchanged command against a cloud that only OpenStack's own settings name."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from mesosdeploy import resources
from mesosdeploy.nodes import NodeStatus
from mesosdeploy.state import record
from tests.services.aws.test_product import command, make_machines
from tests.services.openstack.conftest import Cloud


@pytest.fixture
def inventory(cloud: Cloud, tmp_path: Path) -> Path:
    """Return the example of an environment in OpenStack, with one machine in each group."""
    assert cloud.kinds() == {}
    target = tmp_path / "inventory"
    shutil.copytree(resources.sample_inventories() / "openstack", target)
    yaml, file = YAML(), target / "cluster.yml"
    data = yaml.load(file)
    data["name"] = "c1"
    for group in data["groups"].values():
        group["count"] = 1
    yaml.dump(data, file)
    return target


def test_up_makes_the_machines_and_down_proves_that_none_is_left(
    cloud: Cloud, inventory: Path
) -> None:
    planned = json.loads(command("plan", "-i", str(inventory), "-o", "json").stdout)
    assert {action["action"] for action in planned["actions"]} == {"create"}
    assert {each["action"] for each in planned["around_them"]} == {"make"}
    assert cloud.kinds() == {}
    environment = make_machines(inventory, 0.5)
    assert len(cloud.servers()) == 3 + 1  # the bastion
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
    environment = make_machines(inventory, 0.5)
    (environment.directory / "state.json").unlink()
    # Somebody removed the machines by hand: the bastion's floating IP stays, and costs.
    for server in cloud.servers():
        cloud.user.compute.delete_server(server)
        cloud.user.compute.wait_for_delete(server)
    found = json.loads(command("gc", "-i", str(inventory), "-o", "json").stdout)
    kinds = Counter(item["kind"] for each in found for item in each["objects"])
    assert kinds == {
        "floating IP": 1, "security group": 4,
        "router": 1, "subnet": 1, "network": 1, "key pair": 1,
    }  # fmt: skip
    assert [(each["cluster"], bool(each["expires"])) for each in found] == [("c1", True)]
    ended = command("gc", "-i", str(inventory), "--cluster", "c1", "--yes")
    assert ended.returncode == 0, ended.stderr
    assert cloud.kinds() == {}
