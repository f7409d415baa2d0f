"""Which subnet a cluster gets and which address a node: fixed by position, never shared. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network

from mesosdeploy.errors import ProviderError
from mesosdeploy.nodes import NodeRequest

POOL = IPv4Network("10.210.0.0/16")
SLICE_PREFIX = 24

_FIRST_OF_GROUP = {
    "masters": 11,
    "zookeepers": 41,
    "schedulers": 61,
    "balancers": 71,
    "monitors": 81,
    "agents": 101,
}
_FIRST_OF_OTHERS = 201
_LOWEST = 11


def choose_subnet(used: Iterable[IPv4Network]) -> IPv4Network:
    """Return the first /24 of the pool that overlaps none of the networks in use.

    `used` are the subnets of other engine networks and the host's routes; a route to half of the
    world or more (a VPN's 0.0.0.0/1) takes nothing.
    """
    taken = [network for network in used if network.prefixlen > 1]
    for candidate in POOL.subnets(new_prefix=SLICE_PREFIX):
        if not any(candidate.overlaps(network) for network in taken):
            return candidate
    raise ProviderError(
        f"no free /{SLICE_PREFIX} is left in {POOL}",
        hint="give the provider a network of your own: `subnet: 192.168.77.0/24`",
    )


def parse_subnet(text: str) -> IPv4Network:
    """Return the network of the option `subnet`; it must have room for the address plan."""
    try:
        network = IPv4Network(text)
    except ValueError as exc:
        raise ProviderError(
            f"provider option subnet: {text!r} is not an IPv4 network ({exc})",
            hint="write it like 10.210.7.0/24",
        ) from exc
    if network.prefixlen > SLICE_PREFIX:
        raise ProviderError(
            f"provider option subnet: {text} has {network.num_addresses} addresses, 256 are needed",
            hint=f"use a /{SLICE_PREFIX} or larger network",
        )
    return network


def allocate(
    requests: Sequence[NodeRequest], taken: Mapping[str, str], subnet: IPv4Network
) -> dict[str, str]:
    """Return node name -> address for every request.

    A node that has an address (`taken`: name -> address) keeps it; a new one gets the place that
    its group and index give, or the next free one after it. So adding nodes moves none.
    """
    result = {r.name: taken[r.name] for r in requests if taken.get(r.name)}
    occupied = set(taken.values())
    for request in requests:
        if request.name in result:
            continue
        address = _free(request, occupied, subnet)
        occupied.add(address)
        result[request.name] = address
    return result


def _free(request: NodeRequest, occupied: set[str], subnet: IPv4Network) -> str:
    """Return the first free address from the node's own place on, going round once.

    Usable offsets are _LOWEST … num_addresses - 2: below are the gateway and room for people,
    the last one is the broadcast address.
    """
    count = subnet.num_addresses - 1 - _LOWEST
    wanted = _FIRST_OF_GROUP.get(request.group, _FIRST_OF_OTHERS) + request.index - 1 - _LOWEST
    for step in range(count):
        offset = _LOWEST + (wanted + step) % count
        address = str(IPv4Address(int(subnet.network_address) + offset))
        if address not in occupied:
            return address
    raise ProviderError(
        f"no address is left in {subnet} for node {request.name}",
        hint="give the provider a larger network: `subnet: 10.220.0.0/20`",
    )
