"""The installed command against OpenStack's own services with machines behind them: containers.

The cloud is named by OpenStack's own variables, and the command is the unchanged one. Nodes have
the addresses that Neutron gave them, and only what its security groups let in reaches them.
"""

from __future__ import annotations

import secrets
import signal
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

import pytest

from mesosdeploy.providers.local.engine import detect
from tests.e2e.conftest import Cluster, MakeCluster, made_clusters
from tests.e2e.interruption import began, cut_off
from tests.e2e.machines.containers import Host
from tests.e2e.machines.surroundings import Surroundings, free_network, open_ports
from tests.e2e.openstack.hosts import Hosts
from tests.services.openstack.conftest import PASSWORD, USER
from tests.services.openstack.conftest import Cloud as ControlPlaneCloud
from tests.services.openstack.control_plane.plane import running

pytestmark = [
    pytest.mark.containers,
    # openstacksdk warns of its own parts.
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]

FLOATING = IPv4Network("198.18.0.0/15")
"""Where floating IPs are: kept for tests, so that no way leads there but those made here."""

PROVIDER = (
    "{{type: openstack, flavor: m1.small, image: {{name: debian-12, user: debian}},"
    " cidr: {cidr}, admin_cidrs: [{controller}/32], access: {access}}}"
)


@dataclass(frozen=True)
class Cloud(ControlPlaneCloud):
    """The control plane, and what it does on this computer."""

    here: Surroundings

    def server(self, node: str) -> Any:
        """Return Nova's description of a node's machine."""
        (found,) = (
            each for each in self.servers() if each.metadata.get("mesosdeploy:node") == node
        )
        return found

    def addresses(self, node: str) -> dict[str, str]:
        """Return the addresses of a node's machine by their kind: fixed, floating."""
        (entries,) = self.server(node).addresses.values()
        return {each["OS-EXT-IPS:type"]: each["addr"] for each in entries}

    def nothing_is_left(self) -> bool:
        """Say whether neither the project nor this computer has anything of a cluster."""
        return (self.kinds(), self.here.containers(), self.here.networks()) == ({}, [], [])


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Start a control plane, whose machines are containers; what is left of them goes with it."""
    prefix = f"neutron-{secrets.token_hex(2)}"
    hosts = Hosts(Host.ready("debian"), prefix)
    root = tmp_path_factory.mktemp("openstack")
    external = free_network(FLOATING, 24)
    try:
        with running(root, external=str(external), follow=hosts.follow) as plane:
            yield Cloud(plane, Surroundings(engine=detect(), prefix=prefix))
    finally:
        hosts.close()


@pytest.fixture(scope="module")
def make(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeCluster]:
    """Return a maker of environments in that cloud; the machines are removed at the end."""
    settings = {
        "OS_AUTH_URL": cloud.plane.auth_url,
        "OS_USERNAME": USER,
        "OS_PASSWORD": PASSWORD,
        "OS_PROJECT_NAME": USER,
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
    }
    with made_clusters(tmp_path_factory) as make_one:

        def make(name: str, *, access: str) -> Cluster:
            cidr = free_network()
            provider = PROVIDER.format(cidr=cidr, controller=cidr[1], access=access)
            cluster = make_one(name, provider=provider)
            inherited = {k: v for k, v in cluster.environment.items() if not k.startswith("OS_")}
            cluster.environment = inherited | settings
            return cluster

        yield make


@pytest.fixture(scope="module")
def cluster(make: MakeCluster) -> Cluster:
    """A cluster of one master and one agent with floating IPs, not yet made."""
    return make("nova", access="floating")


def test_up_ends_in_a_real_and_verified_cluster(cloud: Cloud, cluster: Cluster) -> None:
    done = cluster.run("up", seconds=900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "cluster: " in done.stderr
    assert "checks passed" in done.stderr
    status = cluster.json("status")
    assert status["healthy"]
    assert [agent["registered"] for agent in status["agents"]] == [True]
    assert len(cloud.here.containers()) == len(cloud.servers()) == 2


@pytest.mark.parametrize("node", ["master-1", "agent-1"])
def test_a_node_is_the_machine_that_the_cloud_described(
    cloud: Cloud, cluster: Cluster, node: str
) -> None:
    addresses = cloud.addresses(node)
    known = cluster.json("inventory")["_meta"]["hostvars"][node]
    assert known["ansible_host"] == addresses["floating"]
    own, user, keys = cluster.on(
        node, "hostname -I; id -un; cat ~/.ssh/authorized_keys"
    ).splitlines()
    assert own.split()[0] == addresses["fixed"]
    assert user == "debian"
    (machine,) = (m for m in cloud.plane.machines() if m["id"] == cloud.server(node).id)
    assert machine["key"].strip() == keys
    assert addresses["fixed"] in cluster.on("master-1", f"getent ahosts {node}")


def test_nothing_but_what_a_security_group_lets_in_reaches_a_node(
    cloud: Cloud, cluster: Cluster
) -> None:
    agent, master = (cloud.addresses(node)["fixed"] for node in ("agent-1", "master-1"))
    assert open_ports(cluster, "agent-1", master, (22, 2181, 2888, 5050)) == {2181, 5050}
    assert open_ports(cluster, "master-1", agent, (22, 5051)) == {5051}


def test_up_again_has_nothing_to_do(cluster: Cluster) -> None:
    assert "nothing to do" in cluster.run("up").stderr


def test_a_machine_that_was_stopped_is_started_and_one_more_is_added(
    cloud: Cloud, cluster: Cluster
) -> None:
    path = cluster.inventory / "cluster.yml"
    text = path.read_text()
    assert text.count("    count: 1\n") == 1
    path.write_text(text.replace("    count: 1\n", "    count: 2\n"))
    there = {server.id for server in cloud.servers()}
    cloud.user.compute.stop_server(cloud.server("agent-1"))
    cluster.until("it is off", 60, lambda: cloud.server("agent-1").status == "SHUTOFF")
    cluster.ok("up")
    assert there < {server.id for server in cloud.servers()}
    status = cluster.json("status")
    assert [agent["registered"] for agent in status["agents"]] == [True, True]
    assert status["healthy"]
    assert len(cloud.here.containers()) == 3


def test_a_machine_whose_container_cannot_be_made_has_failed_for_the_cloud_too(
    cloud: Cloud, cluster: Cluster
) -> None:
    network, compute = cloud.user.network, cloud.user.compute
    (taken,) = network.subnets(project_id=cloud.user.current_project_id)
    # Neutron lets networks overlap, this computer does not.
    overlapping = network.create_network(name="overlapping")
    network.create_subnet(network_id=overlapping.id, ip_version=4, cidr=taken.cidr)
    server = compute.create_server(
        name="overlapping",
        flavor_id=compute.find_flavor("m1.small").id,
        image_id=cloud.user.image.find_image("debian-12").id,
        networks=[{"uuid": overlapping.id}],
        user_data=b64encode(b"#cloud-config").decode(),
    )
    cluster.until("it has failed", 60, lambda: compute.get_server(server).status == "ERROR")
    reason = compute.get_server(server).fault["message"]
    compute.delete_server(server)
    compute.wait_for_delete(server)
    network.delete_network(overlapping)
    assert "already used" in reason
    assert len(cloud.here.networks()) == 1


def test_down_leaves_no_container_and_no_object(cloud: Cloud, cluster: Cluster) -> None:
    assert cloud.kinds()["floating IP"] == 3
    assert len(cloud.here.networks()) == 1
    gone = cluster.run("down", "--yes")
    assert gone.returncode == 0, gone.stderr
    assert "nothing is left" in gone.stderr
    assert cloud.nothing_is_left()


def test_killed_while_machines_were_made_it_is_continued_behind_a_bastion(
    cloud: Cloud, make: MakeCluster
) -> None:
    cluster = make("door", access="bastion")

    def one_node_is_made(cluster: Cluster, start: int) -> bool:
        return began("machines")(cluster, start) and len(cloud.servers()) > 1

    killed = cut_off(cluster, signal.SIGKILL, one_node_is_made, 0)
    assert killed.returncode == -signal.SIGKILL
    # This computer is not behind the bastion: everything is asked through it.
    done = cluster.run("up", seconds=900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "checks passed" in done.stderr
    assert cluster.json("status")["healthy"]
    assert len(cloud.here.containers()) == len(cloud.servers()) == 3
    door = cloud.addresses("bastion")
    assert [set(cloud.addresses(n)) for n in ("bastion", "master-1", "agent-1")] == [
        {"fixed", "floating"}, {"fixed"}, {"fixed"},
    ]  # fmt: skip
    came_from, _port, *_rest = cluster.on("agent-1", "echo $SSH_CONNECTION").split()
    assert came_from == door["fixed"]
    assert "nothing to do" in cluster.run("up").stderr
    cluster.ok("down", "--yes")
    assert cloud.nothing_is_left()
