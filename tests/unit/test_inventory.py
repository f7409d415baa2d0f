"""The inventory says to Ansible and to ssh what the spec and the machines are."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy import inventory
from mesosdeploy.errors import DeployError
from mesosdeploy.inventory import InventoryContext
from mesosdeploy.nodes import Jump, Node, NodeRole, NodeStatus
from mesosdeploy.spec import Spec
from mesosdeploy.spec.load import check
from mesosdeploy.spec.software import Versions

CONTEXT = InventoryContext(
    state_directory=Path("/state/demo"),
    private_key=Path("/state/demo/ssh/id_ed25519"),
    mesos_package_file="/cache/mesos.deb",
    mesos_package_version="1.11.0+lab1",
    packages={"marathon": inventory.Package(file="/cache/marathon.deb", version="1.11.24+lab.0")},
)


def spec_of(**groups: dict[str, Any]) -> Spec:
    spec, problems = check({"name": "demo", "provider": {"type": "fake"}, "groups": groups})
    assert problems == []
    assert spec is not None
    return spec


def nodes_of(spec: Spec) -> list[Node]:
    return [
        Node(
            cluster=request.cluster,
            name=request.name,
            group=request.group,
            index=request.index,
            status=NodeStatus.RUNNING,
            provider_id=f"id-{request.name}",
            address=f"10.0.0.{number}",
            ssh_host="127.0.0.1",
            ssh_port=2200 + number,
            host_key=f"ssh-ed25519 KEY{number}",
        )
        for number, request in enumerate(spec.requests(), start=1)
    ]


@pytest.fixture
def spec() -> Spec:
    resources = {"cpus": 2, "ports": ["31000-32000"]}
    return spec_of(
        masters={"count": 3},
        agents={"count": 1, "attributes": {"rack": "r1"}, "resources": resources},
        **{"big-agents": {"kind": "agents", "count": 1}},
        monitors={"count": 1},
    )


@pytest.fixture
def built(spec: Spec) -> dict[str, Any]:
    return inventory.build(spec, nodes_of(spec), context=CONTEXT)


def test_groups_are_those_of_the_spec_the_roles_and_mesos(built: dict[str, Any]) -> None:
    masters, agents = ["master-1", "master-2", "master-3"], ["agent-1", "big-agents-1"]
    assert {name: group for name, group in built.items() if name not in ("_meta", "all")} == {
        "masters": {"hosts": masters},
        "agents": {"hosts": ["agent-1"]},
        "big_agents": {"hosts": ["big-agents-1"]},
        "monitors": {"hosts": ["monitor-1"]},
        "zookeeper": {"hosts": masters},
        "mesos_master": {"hosts": masters},
        "mesos_agent": {"hosts": agents},
        "marathon": {"hosts": masters},
        "mesos_dns": {"hosts": ["master-1", "master-2"]},
        "haproxy": {"hosts": ["monitor-1"]},
        "balancer": {"hosts": ["monitor-1"]},
        "resolver": {"hosts": [*masters, *agents, "monitor-1"]},
        "prometheus": {"hosts": ["monitor-1"]},
        "alertmanager": {"hosts": ["monitor-1"]},
        "blackbox": {"hosts": ["monitor-1"]},
        "grafana": {"hosts": []},
        "mesos_exporter": {"hosts": [*masters, *agents]},
        "node_exporter": {"hosts": [*masters, *agents, "monitor-1"]},
        "mesos": {"children": ["mesos_master", "mesos_agent"]},
    }
    assert set(built["all"]["children"]) == set(built) - {"_meta", "all"}


def test_groups_of_roles_exist_even_when_they_are_empty() -> None:
    spec = spec_of(masters={"count": 1}, agents={"count": 1})
    built = inventory.build(spec, nodes_of(spec), context=CONTEXT)
    assert built["prometheus"] == {"hosts": []}
    assert {str(role) for role in NodeRole} <= set(built)


def test_variables_of_the_cluster(built: dict[str, Any]) -> None:
    names = ["master-1", "master-2", "master-3", "agent-1", "big-agents-1", "monitor-1"]
    hosts = [{"name": name, "address": f"10.0.0.{n}"} for n, name in enumerate(names, start=1)]
    assert built["all"]["vars"] == {
        "mesosdeploy_cluster": "demo",
        "mesosdeploy_region": "",
        "mesosdeploy_hosts": hosts,
        "mesosdeploy_zookeeper_servers": [
            {"id": n, **host} for n, host in enumerate(hosts[:3], start=1)
        ],
        "mesosdeploy_zookeeper_url": "zk://10.0.0.1:2181,10.0.0.2:2181,10.0.0.3:2181/mesos",
        "mesosdeploy_mesos_quorum": 2,
        "mesosdeploy_master_count": 3,
        "mesosdeploy_mesos_package_file": "/cache/mesos.deb",
        "mesosdeploy_mesos_version": "1.11.0",
        "mesosdeploy_mesos_flavour": "lab",
        "mesosdeploy_mesos_package_version": "1.11.0+lab1",
        "mesosdeploy_master_servers": hosts[:3],
        "mesosdeploy_marathon_servers": hosts[:3],
        "mesosdeploy_marathon_flavour": "lab",
        "mesosdeploy_marathon_version": "1.11.24",
        "mesosdeploy_marathon_image": "",
        "mesosdeploy_marathon_package_file": "/cache/marathon.deb",
        "mesosdeploy_marathon_package_version": "1.11.24+lab.0",
        "mesosdeploy_marathon_zookeeper_url": "zk://10.0.0.1:2181,10.0.0.2:2181,10.0.0.3:2181/marathon",
        "mesosdeploy_balancers": [{"name": "monitor-1", "address": "10.0.0.6"}],
        "mesosdeploy_balancer_package_file": "",
        "mesosdeploy_balancer_package_version": "",
        "mesosdeploy_dns_servers": ["10.0.0.1", "10.0.0.2"],
        "mesosdeploy_dns_flavour": "lab",
        "mesosdeploy_dns_package_file": "",
        "mesosdeploy_dns_package_version": "",
        "mesosdeploy_exporter_package_file": "",
        "mesosdeploy_exporter_package_version": "",
        "mesosdeploy_grafana_package_file": "",
        "mesosdeploy_grafana_package_version": "",
        "mesosdeploy_alertmanagers": ["10.0.0.6:9093"],
        "mesosdeploy_prometheus_jobs": [
            job("node", 9100, *hosts),
            job("mesos_master", 9105, *hosts[:3]),
            job("mesos_agent", 9106, *hosts[3:5]),
            job("zookeeper", 9107, *hosts[:3]),
            job("marathon", 8080, *hosts[:3]) | {"path": "/metrics/prometheus"},
            job("haproxy", 8404, hosts[5]),
            job("balancer", 8405, hosts[5]),
            job("mesos_dns", 8123, *hosts[:2]),
            job("prometheus", 9090, hosts[5]),
            job("alertmanager", 9093, hosts[5]),
            {
                "job": "probe_http",
                "module": "http",
                "targets": [
                    {"url": "http://10.0.0.6:5050/health", "node": "monitor-1"},
                    {"url": "http://10.0.0.6:8080/ping", "node": "monitor-1"},
                ],
            },
            {
                "job": "probe_dns",
                "module": "dns",
                "targets": [
                    {"url": "10.0.0.1:53", "node": "master-1"},
                    {"url": "10.0.0.2:53", "node": "master-2"},
                ],
            },
        ],
    }


def job(name: str, port: int, *hosts: dict[str, str]) -> dict[str, Any]:
    """Return what Prometheus is to ask at one port of these hosts."""
    targets = [{"address": each["address"], "port": port, "node": each["name"]} for each in hosts]
    return {"job": name, "targets": targets}


def test_official_mesos_dns_is_not_asked_for_metrics() -> None:
    spec = spec_of(
        masters={"count": 1},
        agents={"count": 1},
        monitors={"count": 1},
    ).model_copy(
        update={"versions": Versions.model_validate({"mesos_dns": {"flavour": "official"}})}
    )
    jobs = inventory.build(spec, nodes_of(spec), context=CONTEXT)["all"]["vars"]  # type: ignore[index]
    names = [each["job"] for each in jobs["mesosdeploy_prometheus_jobs"]]
    assert "mesos_master" in names
    assert "mesos_dns" not in names


def test_exporters_of_a_node_measure_what_it_carries(built: dict[str, Any]) -> None:
    hosts = built["_meta"]["hostvars"]
    assert hosts["agent-1"]["mesosdeploy_exporter_instances"] == [
        {"kind": "agent", "url": "http://10.0.0.4:5051", "port": 9106}
    ]
    assert "mesosdeploy_exporter_instances" not in hosts["monitor-1"]


def test_variables_of_a_master(built: dict[str, Any]) -> None:
    assert built["_meta"]["hostvars"]["master-2"] == {
        "ansible_host": "127.0.0.1",
        "ansible_port": 2202,
        "ansible_user": "root",
        "ansible_ssh_private_key_file": "/state/demo/ssh/id_ed25519",
        "ansible_ssh_common_args": "-o UserKnownHostsFile=/state/demo/known_hosts "
        "-o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes",
        "ansible_python_interpreter": "/usr/bin/python3",
        "mesosdeploy_node": "master-2",
        "mesosdeploy_group": "masters",
        "mesosdeploy_address": "10.0.0.2",
        "mesosdeploy_behind_ssh": True,
        "mesosdeploy_zookeeper_id": 2,
        "mesosdeploy_exporter_instances": [
            {"kind": "master", "url": "http://10.0.0.2:5050", "port": 9105},
            {"kind": "zookeeper", "url": "http://127.0.0.1:18080", "port": 9107},
        ],
    }


def test_agents_have_attributes_and_resources_and_no_zookeeper(built: dict[str, Any]) -> None:
    hosts = built["_meta"]["hostvars"]
    assert hosts["agent-1"]["mesosdeploy_agent_attributes"] == {"rack": "r1"}
    assert hosts["agent-1"]["mesosdeploy_agent_resources"] == {
        "cpus": 2.0,
        "ports": ["31000-32000"],
    }
    assert hosts["big-agents-1"]["mesosdeploy_agent_resources"] == {}
    assert "mesosdeploy_zookeeper_id" not in hosts["agent-1"]
    assert "mesosdeploy_agent_resources" not in hosts["monitor-1"]


def test_order_of_the_machines_changes_nothing(spec: Spec) -> None:
    nodes = nodes_of(spec)
    assert json.dumps(inventory.build(spec, nodes, context=CONTEXT)) == json.dumps(
        inventory.build(spec, nodes[::-1], context=CONTEXT)
    )


def test_ids_of_zookeeper_count_through_all_its_groups() -> None:
    spec = spec_of(
        masters={"count": 1},
        agents={"count": 1},
        zookeepers={"count": 1},
        **{"zk-b": {"kind": "zookeepers", "count": 2}},
    )
    servers = inventory.build(spec, nodes_of(spec), context=CONTEXT)["all"]["vars"]  # type: ignore[index]
    assert [
        (server["id"], server["name"]) for server in servers["mesosdeploy_zookeeper_servers"]
    ] == [(1, "zookeeper-1"), (2, "zk-b-1"), (3, "zk-b-2")]


def test_machine_that_is_not_in_the_spec_is_left_out(spec: Spec) -> None:
    stray = replace(nodes_of(spec)[0], name="agent-9")
    built = inventory.build(spec, [*nodes_of(spec), stray], context=CONTEXT)
    assert "agent-9" not in json.dumps(built)


@pytest.mark.parametrize("missing", ["absent", "without address"])
def test_hole_is_refused(spec: Spec, missing: str) -> None:
    *nodes, last = nodes_of(spec)
    if missing == "without address":
        nodes.append(replace(last, address="", ssh_host=""))
    with pytest.raises(DeployError, match="cluster demo: no machine with an address for monitor-1"):
        inventory.build(spec, nodes, context=CONTEXT)


def test_known_hosts_has_one_line_for_each_pinned_key(spec: Spec) -> None:
    first, second, third, *_ = nodes_of(spec)
    nodes = [replace(first, ssh_port=22, ssh_host=""), second, replace(third, host_key=None)]
    assert inventory.known_hosts(nodes) == (
        "10.0.0.1 ssh-ed25519 KEY1\n[127.0.0.1]:2202 ssh-ed25519 KEY2\n"
    )


def test_ssh_config_knows_a_node_by_both_names() -> None:
    spec = spec_of(masters={"count": 1}, agents={"count": 1})
    text = inventory.ssh_config(spec, nodes_of(spec), CONTEXT)
    control = next(line for line in text.splitlines() if "ControlPath" in line)
    assert text.split("\nHost ")[0] == (
        "Host master-1 master-1.demo\n"
        "    HostName 127.0.0.1\n"
        "    Port 2201\n"
        "    User root\n"
        "    IdentityFile /state/demo/ssh/id_ed25519\n"
        "    IdentitiesOnly yes\n"
        "    UserKnownHostsFile /state/demo/known_hosts\n"
        "    GlobalKnownHostsFile /dev/null\n"
        "    StrictHostKeyChecking yes\n"
        f"{control}\n"
        "    ControlMaster auto\n"
        "    ControlPersist 60s\n"
        "    BatchMode yes\n"
        "    ConnectTimeout 10\n"
        "    ServerAliveInterval 15\n"
        "    ServerAliveCountMax 3\n"
    )
    assert control.split()[1].startswith("/state/demo/ssh/")


def test_connections_of_two_nodes_are_shared_separately(spec: Spec) -> None:
    text = inventory.ssh_config(spec, nodes_of(spec), CONTEXT)
    paths = [line for line in text.splitlines() if "ControlPath" in line]
    assert len(paths) == len(set(paths)) == len(spec.requests())


def test_connections_are_not_shared_where_the_path_is_too_long_for_a_socket(spec: Spec) -> None:
    context = replace(CONTEXT, state_directory=Path("/" + "x" * 100))
    text = inventory.ssh_config(spec, nodes_of(spec), context)
    assert "ControlPath" not in text
    assert "ControlMaster no" in text
    short = replace(context, control_directory=Path("/run/user/0"))
    assert "ControlPath /run/user/0/" in inventory.ssh_config(spec, nodes_of(spec), short)


def test_paths_with_blanks_and_percent_signs_survive(spec: Spec) -> None:
    context = replace(CONTEXT, state_directory=Path("/my state/100%"))
    text = inventory.ssh_config(spec, nodes_of(spec), context)
    assert '    UserKnownHostsFile "/my state/100%%/known_hosts"\n' in text
    built: dict[str, Any] = inventory.build(spec, nodes_of(spec), context=context)
    assert built["_meta"]["hostvars"]["master-1"]["ansible_ssh_common_args"].startswith(
        "-o 'UserKnownHostsFile=\"/my state/100%%/known_hosts\"' -o Global"
    )


def test_ssh_goes_through_a_jump_with_the_cluster_s_key_and_pinned_host_keys(spec: Spec) -> None:
    jump = Jump(host="203.0.113.9", user="admin", host_key="ssh-ed25519 JUMP")
    nodes = [replace(node, jump=jump, ssh_port=22) for node in nodes_of(spec)]
    home = replace(CONTEXT, state_directory=Path("/a 1%"), private_key=Path("/a 1%/key"))
    options = shlex.split(
        inventory.build(spec, nodes, context=home)["_meta"]["hostvars"]["master-1"][  # type: ignore[index]
            "ansible_ssh_common_args"
        ]
    )
    (proxy,) = [each for each in options if each.startswith("ProxyCommand=")]
    words = shlex.split(proxy.removeprefix("ProxyCommand="))
    assert words[:3] == ["ssh", "-F", "none"]
    assert words[-3:] == ["-W", "%h:%p", "203.0.113.9"]
    assert words[words.index("-i") + 1] == "/a 1%%/key"
    assert "StrictHostKeyChecking=yes" in words
    assert 'UserKnownHostsFile="/a 1%%%%/known_hosts"' in words
    assert f"    ProxyCommand {proxy.removeprefix('ProxyCommand=')}" in (
        inventory.ssh_config(spec, nodes, home).splitlines()
    )
    assert "203.0.113.9 ssh-ed25519 JUMP\n" in inventory.known_hosts(nodes)


def test_key_of_a_node_opens_it_and_its_jump_unless_that_has_another(spec: Spec) -> None:
    jump = Jump(host="203.0.113.9", user="admin")
    own = Jump(host="203.0.113.9", user="admin", private_key="/jump")
    nodes = [replace(node, jump=jump, private_key="/own") for node in nodes_of(spec)]
    nodes[0] = replace(nodes[0], jump=own)
    built: Any = inventory.build(spec, nodes, context=CONTEXT)
    first, second = (built["_meta"]["hostvars"][node.name] for node in nodes[:2])
    assert first["ansible_ssh_private_key_file"] == "/own"
    assert "-i /jump " in first["ansible_ssh_common_args"]
    assert "-i /own " in second["ansible_ssh_common_args"]
    assert inventory.ssh_config(spec, nodes, CONTEXT).count("    IdentityFile /own\n") == len(nodes)


def test_without_a_jump_no_other_machine_is_in_between(built: dict[str, Any]) -> None:
    assert "ProxyCommand" not in json.dumps(built)


@pytest.mark.parametrize(
    ("changes", "marked"),
    [
        pytest.param({"ssh_host": "10.0.0.1"}, False, id="the same address"),
        pytest.param({"ssh_host": ""}, False, id="the only address"),
        pytest.param({"ssh_host": "203.0.113.7"}, True, id="another address"),
        pytest.param(
            {"ssh_host": "10.0.0.1", "jump": Jump(host="203.0.113.9", user="admin")},
            True,
            id="a jump",
        ),
    ],
)
def test_nodes_whose_processes_only_ssh_leads_to_are_marked(
    spec: Spec, changes: dict[str, Any], marked: bool
) -> None:
    first, *others = nodes_of(spec)
    built = inventory.build(spec, [replace(first, **changes), *others], context=CONTEXT)
    variables = built["_meta"]["hostvars"][first.name]  # type: ignore[index]
    assert variables.get("mesosdeploy_behind_ssh", False) is marked


def zoned(spec: Spec, zones: dict[str, str], region: str = "") -> dict[str, Any]:
    nodes = [replace(one, zone=zones.get(one.name, ""), region=region) for one in nodes_of(spec)]
    built: dict[str, Any] = inventory.build(spec, nodes, context=CONTEXT)
    return built


ALL_ZONED = {"master-1": "a", "master-2": "b", "master-3": "c", "agent-1": "a"}


@pytest.mark.parametrize(
    ("zones", "region", "expected"),
    [
        pytest.param(ALL_ZONED, "north", "north", id="zones of a region"),
        pytest.param(ALL_ZONED, "", "demo", id="a region without a name is the cluster"),
        pytest.param({"agent-1": "a"}, "north", "", id="no master has a zone: no agent gets one"),
        pytest.param({}, "north", "", id="no zones"),
    ],
)
def test_fault_domains_are_for_clusters_whose_masters_have_zones(
    spec: Spec, zones: dict[str, str], region: str, expected: str
) -> None:
    built = zoned(spec, zones, region)
    assert built["all"]["vars"]["mesosdeploy_region"] == expected
    told = {
        name: values["mesosdeploy_zone"]
        for name, values in built["_meta"]["hostvars"].items()
        if "mesosdeploy_zone" in values
    }
    assert told == zones


def test_a_master_without_a_zone_beside_others_is_refused(spec: Spec) -> None:
    with pytest.raises(DeployError, match="master-3 without a zone, beside masters that have"):
        zoned(spec, {"master-1": "a", "master-2": "b"})
