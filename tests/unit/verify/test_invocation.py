"""Claims about how pytest is called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mesosdeploy.errors import UsageError
from mesosdeploy.verify.invocation import (
    Selection,
    Target,
    arguments,
    environment,
    roles_to_verify,
    worker_count,
)

INVENTORY: dict[str, Any] = {
    "_meta": {"hostvars": {"master-1": {}, "agent-1": {}}},
    "all": {"vars": {}},
    "zookeeper": {"hosts": ["master-1"]},
    "mesos_agent": {"hosts": ["agent-1"]},
    "marathon": {"hosts": []},
}
AVAILABLE = ["cluster", "common", "marathon", "mesos_agent", "zookeeper"]


@pytest.mark.parametrize(
    ("selection", "roles"),
    [
        pytest.param(
            Selection(), ("common", "zookeeper", "mesos_agent", "cluster"), id="all with a host"
        ),
        pytest.param(
            Selection(nodes=("agent-1",)), ("common", "zookeeper", "mesos_agent"), id="a node"
        ),
        pytest.param(Selection(roles=("zookeeper",)), ("zookeeper",), id="a role"),
        pytest.param(
            Selection(roles=("cluster", "common"), nodes=("agent-1",)),
            ("common", "cluster"),
            id="the cluster by name",
        ),
        pytest.param(Selection(roles=("marathon",)), (), id="a role without a host"),
    ],
)
def test_nodes_are_verified_before_the_cluster(
    selection: Selection, roles: tuple[str, ...]
) -> None:
    assert roles_to_verify(INVENTORY, selection, AVAILABLE) == roles


@pytest.mark.parametrize(
    ("selection", "text"),
    [
        pytest.param(Selection(roles=("mesos_agnet",)), "no role 'mesos_agnet'", id="role"),
        pytest.param(Selection(nodes=("agent-9",)), "no node 'agent-9'", id="node"),
    ],
)
def test_a_misspelt_selection_names_what_exists(selection: Selection, text: str) -> None:
    with pytest.raises(UsageError, match=text) as caught:
        roles_to_verify(INVENTORY, selection, AVAILABLE)
    assert caught.value.hint is not None
    assert "zookeeper" in caught.value.hint or "agent-1" in caught.value.hint


def test_only_the_infra_tests_own_configuration_is_read() -> None:
    argv = arguments(Path("/data/infra"), ["common", "cluster"], workers=2)
    assert argv[argv.index("-c") + 1] == "/data/infra/pytest.ini"
    assert argv[argv.index("--confcutdir") + 1] == "/data/infra"
    assert argv[argv.index("-n") + 1] == "2"
    assert argv[-2:] == ["/data/infra/common", "/data/infra/cluster"]


@pytest.mark.parametrize(
    ("nodes", "cpus", "workers"), [(1, 8, 1), (7, 1, 2), (7, 2, 2), (7, 8, 4), (2, 8, 2)]
)
def test_more_workers_than_processors_do_not_pay(nodes: int, cpus: int, workers: int) -> None:
    assert worker_count(nodes, cpus) == workers


def test_the_users_pytest_settings_do_not_reach_the_infra_tests() -> None:
    target = Target(inventory={}, inventory_json=Path("/s/i.json"), ssh_config=Path("/s/ssh"))
    made = environment(
        {"PYTEST_ADDOPTS": "-x", "HOME": "/root"},
        target,
        Selection(nodes=("a", "b")),
        descriptor=7,
    )
    assert "PYTEST_ADDOPTS" not in made
    assert made["HOME"] == "/root"
    assert made["MESOSDEPLOY_INVENTORY_JSON"] == "/s/i.json"
    assert made["MESOSDEPLOY_VERIFY_NODES"] == "a,b"
    assert made["MESOSDEPLOY_VERIFY_EVENTS"] == "7"
