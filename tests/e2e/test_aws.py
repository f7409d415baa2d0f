"""The installed command against AWS' interface with machines behind it: moto's and containers.

What is AWS here answers at AWS_ENDPOINT_URL, and the command is the unchanged one. Nodes have the
addresses that the cloud gave them, and only what the security groups let in reaches them.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy.providers.local.engine import Engine, detect
from mesosdeploy.providers.local.network import parse_routes
from tests.e2e.conftest import SPEC, WITHOUT_SERVICES, Cluster
from tests.e2e.interruption import began, cut_off
from tests.services.aws.conftest import CANARY_ID, CANARY_SECRET, REGION, Aws

pytestmark = pytest.mark.containers

POOL = IPv4Network("10.211.0.0/16")
"""Where the networks of these clusters are: beside the pool of the local provider."""

PROVIDER = """\
provider:
  type: aws
  region: {region}
  cidr: {cidr}
  admin_cidrs: [{controller}/32]
  access: {access}
  image: {{name: "debian-12-amd64-*", owner: self, user: admin}}"""


@dataclass(frozen=True, kw_only=True)
class Cloud(Aws):
    """The server, and what it does on this computer."""

    engine: Engine

    def containers(self) -> list[str]:
        """Return the names of the containers that stand for machines."""
        return self._names("ps", "--all", "--filter", "label=org.mesosdeploy.node", "{{.Names}}")

    def networks(self) -> list[str]:
        """Return the names of the container networks that stand for networks of the cloud."""
        return self._names("network", "ls", "{{.Name}}")

    def machine(self, node: str) -> dict[str, Any]:
        """Return AWS' description of a node's instance."""
        (found,) = (
            each
            for each in self.alive()
            if {"Key": "mesosdeploy:node", "Value": node} in each["Tags"]
        )
        return found

    def objects(self) -> list[str]:
        """Return the ids of everything in the region that was not there from the beginning."""
        ec2 = self.ec2
        networks = [v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]]
        groups = ec2.describe_security_groups()["SecurityGroups"]
        subnets = ec2.describe_subnets()["Subnets"]
        return [
            *(each["InstanceId"] for each in self.alive()),
            *networks,
            *(each["GroupId"] for each in groups if each["GroupName"] != "default"),
            *(each["SubnetId"] for each in subnets if not each["DefaultForAz"]),
            *(each["KeyName"] for each in ec2.describe_key_pairs()["KeyPairs"]),
            *(each["VolumeId"] for each in ec2.describe_volumes()["Volumes"]),
            *(each["AllocationId"] for each in ec2.describe_addresses()["Addresses"]),
            *(
                each["NetworkInterfaceId"]
                for each in ec2.describe_network_interfaces()["NetworkInterfaces"]
            ),
            *(
                each["InternetGatewayId"]
                for each in ec2.describe_internet_gateways()["InternetGateways"]
            ),
            *(
                each["NatGatewayId"]
                for each in ec2.describe_nat_gateways()["NatGateways"]
                if each["State"] != "deleted"
            ),
            *(
                each["RouteTableId"]
                for each in ec2.describe_route_tables()["RouteTables"]
                if any(
                    route.get("NatGatewayId") or route.get("GatewayId", "local") != "local"
                    for route in each["Routes"]
                )
            ),
        ]

    def _names(self, *words: str) -> list[str]:
        *command, form = words
        found = self.engine.run(*command, "--format", form).split()
        return [name for name in found if name.startswith("mesosdeploy-vpc-")]


MakeCluster = Callable[..., Cluster]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Start the server, with Debian's image in it; what is left of its containers goes with it."""
    log = tmp_path_factory.mktemp("aws") / "server.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.aws.server"],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=Path(__file__).parents[2],
        ) as process,
        pytest.MonkeyPatch.context() as patch,
    ):
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port, log.read_text()
        patch.setenv("AWS_ACCESS_KEY_ID", CANARY_ID)
        patch.setenv("AWS_SECRET_ACCESS_KEY", CANARY_SECRET)
        found = Cloud(url=f"http://127.0.0.1:{port}", engine=detect())
        found.ec2.register_image(Name="debian-12-amd64-20260101", RootDeviceName="/dev/xvda")
        yield found
        process.terminate()


@pytest.fixture(scope="module")
def make(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeCluster]:
    """Return a maker of environments in that cloud; the machines are removed at the end."""
    made: list[Cluster] = []

    def make_one(name: str, access: str) -> Cluster:
        root = tmp_path_factory.mktemp(name)
        inventory = root / "inventory"
        inventory.mkdir()
        network = free_network()
        provider = PROVIDER.format(
            region=REGION, cidr=network, controller=network.network_address + 1, access=access
        )
        spec = SPEC.format(name=name, masters=1, agents=1) + WITHOUT_SERVICES
        text = spec.replace("provider: {type: local}", provider)
        (inventory / "cluster.yml").write_text(text)
        made.append(Cluster(inventory=inventory, state=root / "state", name=name))
        made[-1].environment |= {
            "AWS_ENDPOINT_URL": cloud.url,
            "AWS_ACCESS_KEY_ID": CANARY_ID,
            "AWS_SECRET_ACCESS_KEY": CANARY_SECRET,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        return made[-1]

    yield make_one
    for cluster in made:
        cluster.ok("down", "--yes")


@pytest.fixture(scope="module")
def cluster(make: MakeCluster) -> Cluster:
    """A cluster of one master and one agent with public addresses, not yet made."""
    return make("ec2", "public")


def free_network() -> IPv4Network:
    """Return a network to which this computer has no way yet."""
    done = subprocess.run(["ip", "-json", "-4", "route"], capture_output=True, check=True)
    taken = parse_routes(json.loads(done.stdout))
    return next(
        part
        for part in POOL.subnets(new_prefix=22)
        if not any(part.overlaps(route) for route in taken)
    )


def inventory_of(cluster: Cluster) -> dict[str, Any]:
    found: dict[str, Any] = cluster.json("inventory")["_meta"]["hostvars"]
    return found


def test_up_ends_in_a_real_and_verified_cluster(cloud: Cloud, cluster: Cluster) -> None:
    done = cluster.run("up", seconds=900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "cluster: " in done.stderr
    assert "checks passed" in done.stderr
    assert cluster.json("status")["healthy"]
    assert [agent["registered"] for agent in cluster.json("status")["agents"]] == [True]
    assert len(cloud.containers()) == len(cloud.alive()) == 2


@pytest.mark.parametrize("node", ["master-1", "agent-1"])
def test_a_node_is_the_machine_that_the_cloud_described(
    cloud: Cloud, cluster: Cluster, node: str
) -> None:
    machine = cloud.machine(node)
    assert machine["PublicIpAddress"] != machine["PrivateIpAddress"]
    assert inventory_of(cluster)[node]["ansible_host"] == machine["PublicIpAddress"]
    address, user = cluster.on(node, "hostname -I; id -un").splitlines()
    assert address.split()[0] == machine["PrivateIpAddress"]
    assert user == "admin"
    assert machine["PrivateIpAddress"] in cluster.on("master-1", f"getent ahosts {node}")


def test_nothing_but_what_a_security_group_lets_in_reaches_a_node(cluster: Cluster) -> None:
    agent, master = (inventory_of(cluster)[node] for node in ("agent-1", "master-1"))
    knock = "timeout 3 bash -c 'exec 3<>/dev/tcp/{}/{}' && echo open || echo shut"
    words = {
        port: cluster.on("agent-1", knock.format(master["mesosdeploy_address"], port)).strip()
        for port in (22, 2181, 2888, 5050)
    }
    assert words == {22: "shut", 2181: "open", 2888: "shut", 5050: "open"}
    back = knock.format(agent["mesosdeploy_address"], 5051)
    assert cluster.on("master-1", back).strip() == "open"


def test_up_again_has_nothing_to_do(cluster: Cluster) -> None:
    assert "nothing to do" in cluster.run("up").stderr


def test_a_machine_that_was_stopped_is_started_and_found_at_its_new_address(
    cloud: Cloud, cluster: Cluster
) -> None:
    before = cloud.machine("agent-1")
    cloud.ec2.stop_instances(InstanceIds=[before["InstanceId"]])
    cluster.ok("up")
    after = cloud.machine("agent-1")
    assert after["InstanceId"] == before["InstanceId"]
    assert after["PublicIpAddress"] != before["PublicIpAddress"]
    assert cluster.json("status")["healthy"]


def test_one_more_agent_is_added(cloud: Cloud, cluster: Cluster) -> None:
    path = cluster.inventory / "cluster.yml"
    text = path.read_text()
    assert text.count("    count: 1\n") == 1
    path.write_text(text.replace("    count: 1\n", "    count: 2\n"))
    there = {each["InstanceId"] for each in cloud.alive()}
    cluster.ok("up")
    assert there < {each["InstanceId"] for each in cloud.alive()}
    status = cluster.json("status")
    assert [agent["registered"] for agent in status["agents"]] == [True, True]
    assert status["healthy"]
    assert len(cloud.containers()) == 3


def test_down_leaves_no_container_and_no_object(cloud: Cloud, cluster: Cluster) -> None:
    assert cloud.objects()
    assert cloud.networks()
    gone = cluster.run("down", "--yes")
    assert gone.returncode == 0, gone.stderr
    assert "nothing is left" in gone.stderr
    assert cloud.containers() == []
    assert cloud.networks() == []
    assert cloud.objects() == []


def test_killed_while_machines_were_made_it_is_continued_behind_a_bastion(
    cloud: Cloud, make: MakeCluster
) -> None:
    cluster = make("door", "bastion")

    def one_node_is_made(cluster: Cluster, start: int) -> bool:
        return began("machines")(cluster, start) and len(cloud.alive()) > 1

    killed = cut_off(cluster, signal.SIGKILL, one_node_is_made, 0)
    assert killed.returncode == -signal.SIGKILL
    cluster.ok("up", seconds=900)
    assert len(cloud.containers()) == len(cloud.alive()) == 3
    door = cloud.machine("bastion")
    nodes = [cloud.machine(node) for node in ("master-1", "agent-1")]
    assert "PublicIpAddress" in door
    assert not any("PublicIpAddress" in node for node in nodes)
    came_from, _port, *_rest = cluster.on("agent-1", "echo $SSH_CONNECTION").split()
    assert came_from == door["PrivateIpAddress"]
    status = cluster.json("status")
    assert status["healthy"]
    assert [agent["registered"] for agent in status["agents"]] == [True]
    assert "nothing to do" in cluster.run("up").stderr
    cluster.ok("down", "--yes")
    assert (cloud.containers(), cloud.networks(), cloud.objects()) == ([], [], [])
