"""Machines in OpenStack: made once, marked at once, spread, found again, removed without a rest."""

from __future__ import annotations

import base64
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from mesosdeploy.errors import ProviderError
from mesosdeploy.nodes import NodeRequest, NodeStatus
from mesosdeploy.providers.local.identity import make_host_key
from tests.services.openstack.conftest import PUBLIC_KEY, Cloud, Provide, quiet
from tests.services.openstack.control_plane.configuration import REGION

Requests = tuple[NodeRequest, ...]
ZONES = ["az1", "az2", "az3"]


def test_a_cluster_comes_up_and_goes_without_a_rest(
    cloud: Cloud, provide: Provide, requests: Requests
) -> None:
    provider = provide(zones=ZONES, region=REGION)
    assert all(finding.ok for finding in provider.check())
    assert {each.action for each in provider.foresee(requests)} == {"make"}
    provider.prepare(requests, quiet)
    with ThreadPoolExecutor(len(requests)) as pool:
        nodes = list(pool.map(lambda request: provider.create(request, quiet), requests))
    assert [node.name for node in nodes] == [request.name for request in requests]
    assert all(node.status is NodeStatus.RUNNING for node in nodes)
    assert all(node.address.startswith("10.60.") for node in nodes)
    assert all(node.ssh_host.startswith("203.0.113.") for node in nodes)
    assert {node.ssh_user for node in nodes} == {"debian"}
    assert [node.labels for node in nodes] == [request.labels for request in requests]
    found = provide(region=REGION).list()
    assert sorted(found, key=lambda n: n.name) == sorted(nodes, key=lambda n: n.name)
    given = {machine["name"]: machine for machine in cloud.plane.machines()}
    for node in nodes:
        machine = given[f"c1-{node.name}"]
        assert machine["addresses"] == [node.address]
        assert machine["key"].strip() == PUBLIC_KEY
        assert str(node.host_key) in base64.b64decode(machine["user_data"]).decode()
    masters = {given[f"c1-master-{number}"]["zone"] for number in (1, 2, 3)}
    assert masters == set(ZONES)
    assert [node.zone for node in nodes] == [given[f"c1-{node.name}"]["zone"] for node in nodes]
    assert {node.region for node in nodes} == {REGION}
    assert {each.action for each in provider.foresee(requests)} == {"keep"}
    assert provider.create(requests[0], quiet) == nodes[0]
    provider.authorize(nodes[0], PUBLIC_KEY)
    with pytest.raises(ProviderError, match="no other can be let in"):
        provider.authorize(nodes[0], make_host_key().public)
    assert len(cloud.servers()) == len(requests)
    for node in nodes:
        provider.destroy(node, quiet)
    assert "floating IP" not in cloud.kinds()
    provider.cleanup(quiet)
    assert (provider.list(), provider.leftovers(), cloud.kinds()) == ([], [], {})


def test_behind_a_bastion_only_it_has_a_floating_ip(
    cloud: Cloud, provide: Provide, requests: Requests
) -> None:
    provider = provide(access="bastion", ttl_hours=8)
    provider.prepare(requests, quiet)
    node = provider.create(requests[0], quiet)
    assert node.ssh_host == node.address
    assert node.jump is not None
    assert node.jump.host.startswith("203.0.113.")
    assert str(node.jump.host_key).startswith("ssh-ed25519 ")
    assert [each.name for each in provider.list()] == [node.name]
    assert cloud.kinds()["floating IP"] == 1
    (remains,) = provider.clusters()
    assert remains.cluster == "c1"
    assert remains.expires is not None
    assert Counter(item.kind for item in remains.objects) == {
        "machine": 2, "floating IP": 1, "router": 1, "subnet": 1, "network": 1,
        "security group": 4, "key pair": 1,
    }  # fmt: skip
    provider.cleanup(quiet)
    assert (provider.leftovers(), cloud.kinds()) == ([], {})


def test_a_network_that_exists_is_used_and_stays(
    cloud: Cloud, provide: Provide, requests: Requests
) -> None:
    network = cloud.user.network.create_network(name="mine")
    subnet = cloud.user.network.create_subnet(
        network_id=network.id, ip_version=4, cidr="10.9.0.0/24"
    )
    try:
        provider = provide(network="mine", access="direct")
        provider.prepare(requests, quiet)
        node = provider.create(requests[0], quiet)
        assert node.address == node.ssh_host
        assert node.address.startswith("10.9.0.")
        provider.cleanup(quiet)
        assert provider.leftovers() == []
    finally:
        left = cloud.kinds()
        cloud.user.network.delete_subnet(subnet)
        cloud.user.network.delete_network(network)
    assert left == {"network": 1, "subnet": 1}


def test_clusters_in_one_project_do_not_see_each_other(
    cloud: Cloud, provide: Provide, requests: Requests
) -> None:
    mine, other = provide(), provide("c2")
    mine.prepare(requests, quiet)
    other.prepare(requests, quiet)
    before = list(other.leftovers())
    mine.cleanup(quiet)
    assert mine.leftovers() == []
    assert list(other.leftovers()) == before
    assert cloud.kinds()["network"] == 1
