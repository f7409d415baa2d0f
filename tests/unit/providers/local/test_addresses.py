from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from mesosdeploy.errors import ProviderError
from mesosdeploy.nodes import NodeRequest
from mesosdeploy.providers.local.addresses import POOL, allocate, choose_subnet, parse_subnet
from mesosdeploy.providers.local.network import parse_routes

SUBNET = IPv4Network("10.210.3.0/24")


def request(name: str, group: str, index: int) -> NodeRequest:
    return NodeRequest(cluster="c", name=name, group=group, index=index, roles=frozenset())


def requests(**counts: int) -> list[NodeRequest]:
    return [
        request(f"{group}-{index}", group, index)
        for group, count in counts.items()
        for index in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    ("group", "index", "address"),
    [
        pytest.param("masters", 1, "10.210.3.11", id="first master"),
        pytest.param("masters", 5, "10.210.3.15", id="fifth master"),
        pytest.param("zookeepers", 1, "10.210.3.41", id="zookeeper"),
        pytest.param("schedulers", 2, "10.210.3.62", id="scheduler"),
        pytest.param("monitors", 1, "10.210.3.81", id="monitor"),
        pytest.param("agents", 1, "10.210.3.101", id="agent"),
        pytest.param("gpu", 1, "10.210.3.201", id="group of another name"),
    ],
)
def test_address_is_fixed_by_group_and_index(group: str, index: int, address: str) -> None:
    assert allocate([request("n", group, index)], {}, SUBNET) == {"n": address}


def test_no_two_nodes_share_an_address() -> None:
    wanted = requests(masters=35, agents=120, gpu=30, fpga=30, monitors=2)
    addresses = allocate(wanted, {}, SUBNET)
    assert len(set(addresses.values())) == len(wanted) == 217
    assert not {"10.210.3.0", "10.210.3.1", "10.210.3.255"} & set(addresses.values())


def test_scaling_out_moves_no_node() -> None:
    before = allocate(requests(masters=3, agents=2, gpu=1), {}, SUBNET)
    after = allocate(requests(masters=5, agents=90, gpu=4), before, SUBNET)
    assert {name: after[name] for name in before} == before


def test_a_taken_place_is_left_to_its_node() -> None:
    taken = {"old": "10.210.3.101"}
    assert allocate([request("agent-1", "agents", 1)], taken, SUBNET) == {"agent-1": "10.210.3.102"}


def test_a_full_subnet_is_an_error_that_names_the_node() -> None:
    taken = {f"n{host}": f"10.210.3.{host}" for host in range(11, 255)}
    with pytest.raises(ProviderError, match=r"no address is left in 10\.210\.3\.0/24 for node x"):
        allocate([request("x", "agents", 1)], taken, SUBNET)


@pytest.mark.parametrize(
    ("used", "chosen"),
    [
        pytest.param([], "10.210.0.0/24", id="nothing used"),
        pytest.param(["10.210.0.0/24", "10.210.1.0/24"], "10.210.2.0/24", id="next free"),
        pytest.param(["10.210.0.128/25"], "10.210.1.0/24", id="partial overlap"),
        pytest.param(["10.210.0.0/17"], "10.210.128.0/24", id="larger network"),
        pytest.param(["0.0.0.0/0", "192.168.0.0/16"], "10.210.0.0/24", id="default route"),
    ],
)
def test_subnet_overlaps_nothing_in_use(used: list[str], chosen: str) -> None:
    assert choose_subnet(map(IPv4Network, used)) == IPv4Network(chosen)


def test_an_exhausted_pool_asks_for_a_subnet() -> None:
    with pytest.raises(ProviderError) as caught:
        choose_subnet([POOL])
    assert "subnet:" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("10.0.0.0/25", "has 128 addresses, 256 are needed", id="too small"),
        pytest.param("10.0.0.1/24", "is not an IPv4 network", id="host bits"),
        pytest.param("ten", "is not an IPv4 network", id="nonsense"),
    ],
)
def test_a_useless_subnet_is_refused(text: str, message: str) -> None:
    with pytest.raises(ProviderError, match=message):
        parse_subnet(text)


def test_routes_are_read_without_the_default_route() -> None:
    routes = [
        {"dst": "default", "gateway": "192.0.2.1", "dev": "eth0", "flags": []},
        {"dst": "192.0.2.0/24", "dev": "eth0", "protocol": "kernel", "scope": "link"},
        {"dst": "169.254.169.254", "dev": "eth0"},
    ]
    assert parse_routes(routes) == [IPv4Network("192.0.2.0/24"), IPv4Network("169.254.169.254/32")]


def test_route_of_a_vpn_to_half_of_the_world_takes_no_address() -> None:
    halves = [IPv4Network("0.0.0.0/1"), IPv4Network("128.0.0.0/1")]
    assert choose_subnet(halves) == choose_subnet([])
