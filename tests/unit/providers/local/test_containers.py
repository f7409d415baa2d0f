from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from mesosdeploy.nodes import NodeRequest, NodeRole, NodeStatus
from mesosdeploy.providers.local.containers import (
    ContainerSpec,
    Platform,
    create_argv,
    labels,
    network_argv,
    parse_node,
    parse_subnets,
    volume_argv,
)

HOST_KEY = "ssh-ed25519 AAAAC3Nz"
PODMAN = Platform(is_podman=True, runtime="runc", ulimits={"nofile": 20000, "nproc": 32768})
DOCKER = Platform(is_podman=False, ulimits={"nofile": 20000})


def spec(**changes: Any) -> ContainerSpec:
    request = {
        "cluster": "c1",
        "name": "agent-2",
        "group": "agents",
        "index": 2,
        "roles": frozenset({NodeRole.MESOS_AGENT}),
        "labels": {"team": "x"},
    }
    return ContainerSpec(
        request=NodeRequest(**{**request, **changes}),
        address="10.210.0.102",
        network="mesosdeploy-c1",
        image="localhost/mesosdeploy-node:abc",
        host_key=HOST_KEY,
    )


def master() -> ContainerSpec:
    roles = frozenset({NodeRole.ZOOKEEPER, NodeRole.MESOS_MASTER})
    return spec(name="master-1", group="masters", index=1, roles=roles)


def pairs(argv: list[str], option: str) -> list[str]:
    return [value for word, value in pairwise(argv) if word == option]


def inspected(made: ContainerSpec, status: str) -> dict[str, Any]:
    """What `podman container inspect` (4.3) and `docker container inspect` agree on."""
    return {
        "Id": "2fc4773a8e62ff85f2152742053bfb448783598e80d69d5eb449e32550bbca11",
        "Name": made.container,
        "State": {"Status": status, "Running": status == "running", "Pid": 20290},
        "Config": {"Labels": labels(made)},
    }


def test_podman_command_line_is_complete() -> None:
    argv = create_argv(master(), PODMAN)
    given = " ".join(argv[: argv.index("--label")])
    assert given == (
        "--runtime runc create --name mesosdeploy-c1-master-1 --hostname master-1 --privileged "
        "--cgroupns private --stop-timeout 20 --network mesosdeploy-c1 --ip 10.210.0.102 "
        "--mac-address 0a:58:0a:d2:00:66 --pids-limit -1 --systemd always --no-hosts "
        "--ulimit nofile=20000:20000 --ulimit nproc=32768:32768"
    )
    assert argv[-2:] == ["localhost/mesosdeploy-node:abc", "/sbin/init"]


def test_docker_gets_what_podman_does_by_itself() -> None:
    argv = create_argv(master(), DOCKER)
    assert argv[0] == "create"
    assert pairs(argv, "--stop-signal") == ["SIGRTMIN+3"]
    assert pairs(argv, "--tmpfs") == ["/run", "/run/lock", "/tmp:exec"]
    assert not {"--systemd", "--no-hosts", "--runtime"} & set(argv)


def test_only_agents_have_a_volume() -> None:
    assert pairs(create_argv(spec(), PODMAN), "--volume") == [
        "mesosdeploy-c1-agent-2:/var/lib/mesos"
    ]
    assert pairs(create_argv(master(), PODMAN), "--volume") == []
    assert volume_argv(spec()) == [
        *("volume", "create", "--label", "org.mesosdeploy.cluster=c1"),
        *("--label", "org.mesosdeploy.node=agent-2", "mesosdeploy-c1-agent-2"),
    ]


def test_limits_of_the_request_become_limits_of_the_container() -> None:
    argv = create_argv(spec(cpus=1.5, memory_mb=2048), PODMAN)
    assert pairs(argv, "--cpus") == ["1.5"]
    assert pairs(argv, "--memory") == ["2048m"]
    unlimited = create_argv(spec(), PODMAN)
    assert not {"--cpus", "--memory"} & set(unlimited)


def test_nothing_secret_is_on_the_command_line() -> None:
    assert "PRIVATE KEY" not in " ".join(create_argv(spec(), PODMAN))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("running", NodeStatus.RUNNING),
        ("restarting", NodeStatus.PENDING),
        ("exited", NodeStatus.STOPPED),
        ("stopped", NodeStatus.STOPPED),
        ("paused", NodeStatus.STOPPED),
        ("created", NodeStatus.STOPPED),
        ("configured", NodeStatus.STOPPED),
        ("dead", NodeStatus.FAILED),
        ("removing", NodeStatus.FAILED),
        ("", NodeStatus.FAILED),
    ],
)
def test_status_is_told_in_the_words_of_the_plan(status: str, expected: NodeStatus) -> None:
    assert parse_node(inspected(spec(), status)).status is expected


def test_labels_are_enough_to_rebuild_the_node() -> None:
    node = parse_node(inspected(spec(), "running"))
    assert (node.cluster, node.name, node.group, node.index) == ("c1", "agent-2", "agents", 2)
    assert (node.address, node.ssh_host, node.ssh_port) == ("10.210.0.102", "10.210.0.102", 22)
    assert node.host_key == HOST_KEY
    assert node.labels == {"team": "x"}
    assert node.provider_id == "2fc4773a8e62"


def test_a_container_without_labels_is_a_nameless_node() -> None:
    strange = {
        "Id": "a" * 64,
        "Name": "x",
        "State": {"Status": "exited"},
        "Config": {"Labels": None},
    }
    assert parse_node(strange).name == ""


def test_roles_are_labels_in_stable_order() -> None:
    roles = [key for key in labels(master()) if ".role." in key]
    assert roles == ["org.mesosdeploy.role.mesos_master", "org.mesosdeploy.role.zookeeper"]


def test_podman_network_has_no_dns_plugin() -> None:
    words = network_argv("c1", "10.210.0.0/24", "10.210.0.1", is_podman=True)
    assert " ".join(words) == (
        "network create --subnet 10.210.0.0/24 --gateway 10.210.0.1 "
        "--label org.mesosdeploy.cluster=c1 --disable-dns mesosdeploy-c1"
    )
    assert "--disable-dns" not in network_argv("c1", "s", "g", is_podman=False)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            {"name": "n", "subnets": [{"subnet": "10.1.0.0/24", "gateway": "10.1.0.1"}]},
            id="podman with netavark",
        ),
        pytest.param({"Name": "n", "IPAM": {"Config": [{"Subnet": "10.1.0.0/24"}]}}, id="docker"),
        pytest.param(
            {"name": "n", "plugins": [{"ipam": {"ranges": [[{"subnet": "10.1.0.0/24"}]]}}, {}]},
            id="podman with CNI",
        ),
    ],
)
def test_subnets_are_read_from_every_engine(answer: dict[str, Any]) -> None:
    assert parse_subnets([answer]) == ["10.1.0.0/24"]


def test_networks_without_subnets_have_none() -> None:
    assert parse_subnets([{"Name": "host", "IPAM": {"Config": None}}, {"name": "none"}]) == []


def test_zone_is_read_back_from_the_container() -> None:
    zoned = replace(spec(), zone="b")
    assert parse_node(inspected(zoned, "running")).zone == "b"
    assert parse_node(inspected(spec(), "running")).zone == ""
