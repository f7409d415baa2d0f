"""Claims about where processes are looked for."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.mesos.endpoints import (
    address_of,
    cluster_variables,
    endpoints,
    hops,
    hosts_of,
    variables_of,
)

INVENTORY: dict[str, Any] = {
    "_meta": {
        "hostvars": {
            "master-1": {"mesosdeploy_address": "10.0.0.1", "ansible_host": "203.0.113.1"},
            "agent-1": {"ansible_host": "10.0.0.2", "flavour": "own"},
            "agent-10": {},
        }
    },
    "all": {"vars": {"mesosdeploy_cluster": "demo", "flavour": "all", "quorum": 1}},
    "mesos_master": {"hosts": ["master-1"]},
    "mesos_agent": {"hosts": ["agent-1", "agent-10"], "vars": {"flavour": "group"}},
    "zookeeper": {"hosts": ["master-1"]},
    "mesos": {"children": ["mesos_master", "mesos_agent"]},
}


def test_every_role_has_its_port() -> None:
    where = endpoints(INVENTORY)
    assert [one.authority for one in where.masters] == ["10.0.0.1:5050"]
    assert [one.authority for one in where.agents] == ["10.0.0.2:5051", "agent-10:5051"]
    assert [one.authority for one in where.zookeepers] == ["10.0.0.1:2181"]


def test_the_address_among_nodes_comes_before_the_one_for_ssh() -> None:
    assert address_of(INVENTORY, "master-1") == "10.0.0.1"
    assert address_of(INVENTORY, "agent-1") == "10.0.0.2"


@pytest.mark.parametrize(
    ("location", "node"),
    [
        pytest.param("//master-1:5050", "master-1", id="name"),
        pytest.param(
            "//master-1.demo:5050/master/slaves", "master-1", id="qualified name and path"
        ),
        pytest.param("http://10.0.0.1:5050/", "master-1", id="address"),
        pytest.param("master-1:5050", "master-1", id="without slashes"),
        pytest.param("//elsewhere:5050", "elsewhere:5050", id="unknown host"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_redirect_is_named_by_its_node(location: str, node: str) -> None:
    assert endpoints(INVENTORY).named(location) == node


def test_a_redirect_to_a_node_without_a_master_is_no_master() -> None:
    assert endpoints(INVENTORY).master_at("//agent-1:5050") is None


def test_hosts_of_a_group_include_those_of_its_children() -> None:
    assert hosts_of(INVENTORY, "mesos") == ("master-1", "agent-1", "agent-10")
    assert hosts_of(INVENTORY, "all") == ("master-1", "agent-1", "agent-10")
    assert hosts_of(INVENTORY, "absent") == ()


def test_a_hosts_own_variable_wins_over_its_groups_and_over_all() -> None:
    assert variables_of(INVENTORY, "agent-1")["flavour"] == "own"
    assert variables_of(INVENTORY, "agent-10")["flavour"] == "group"
    assert variables_of(INVENTORY, "master-1")["flavour"] == "all"
    assert variables_of(INVENTORY, "agent-1")["quorum"] == 1


def test_the_clusters_variables_are_found_in_both_shapes_of_an_inventory() -> None:
    assert cluster_variables(INVENTORY)["mesosdeploy_cluster"] == "demo"
    listed = {"_meta": {"hostvars": {"a": {"mesosdeploy_cluster": "listed"}}}, "all": {}}
    assert endpoints(listed).cluster == "listed"
    assert cluster_variables({}) == {}


def behind(*names: str) -> dict[str, Any]:
    """Return the inventory with nodes that only SSH leads to."""
    known = INVENTORY["_meta"]["hostvars"]
    marked = {name: {**known[name], "mesosdeploy_behind_ssh": True} for name in names}
    return {**INVENTORY, "_meta": {"hostvars": {**known, **marked}}}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param((), (), id="none"),
        pytest.param(("agent-10",), ("master-1", "agent-1", "agent-10"), id="one is enough"),
    ],
)
def test_masters_are_the_first_to_be_gone_through(
    names: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert hops(behind(*names)) == expected
