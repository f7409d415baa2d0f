"""What must hold between the provider's options and the rest of a spec."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from mesosdeploy.spec.model import Spec
from mesosdeploy.spec.ports import clashes
from mesosdeploy.spec.problems import Problem, did_you_mean
from mesosdeploy.spec.provider_options import known_types

_Hosts = dict[str, list[dict[str, object]]]

LONGEST_PREFIX = 24
"""The local provider's places for groups reach beyond .201: it needs 256 addresses."""

KEPT_FREE = 12
"""Addresses that no node gets: .0 to .10 (network, gateway, room for people) and the last."""


def known_provider(spec: Spec) -> Iterator[Problem]:
    """Refuse a provider that is neither built in nor installed."""
    known = known_types()
    if spec.provider.type not in known:
        yield Problem(
            path=("provider", "type"),
            message="is not a provider that is installed",
            value=spec.provider.type,
            remedy=did_you_mean(spec.provider.type, known),
        )


def local_subnet(spec: Spec) -> Iterator[Problem]:
    """Refuse a local network that is smaller than a /24, or has too few addresses for the nodes."""
    subnet = spec.provider.options().get("subnet") if spec.provider.type == "local" else None
    if not isinstance(subnet, str):
        return
    nodes = sum(group.count for group in spec.groups.values())
    network = ipaddress.IPv4Network(subnet)
    fitting = min(LONGEST_PREFIX, 32 - (nodes + KEPT_FREE - 1).bit_length())
    if network.prefixlen > fitting:
        room = network.num_addresses - KEPT_FREE
        yield Problem(
            path=("provider", "subnet"),
            message=f"has {network.num_addresses} address(es), and 256 are needed"
            if network.prefixlen > LONGEST_PREFIX
            else f"has room for {room} nodes, not for {nodes}",
            value=subnet,
            remedy=f"use a prefix length of at most {fitting}",
        )


def static_hosts(spec: Spec) -> Iterator[Problem]:
    """Refuse hosts that are missing, too many, of no group, or used twice."""
    if spec.provider.type != "static":
        return
    hosts: _Hosts = spec.provider.options().get("hosts", {})
    for name, group in spec.groups.items():
        if name not in hosts:
            yield Problem(
                path=("provider", "hosts"),
                message=f"gives no hosts for the group {name}",
                remedy=f"add `{name}:` with {group.count} address(es)",
                at_key=True,
            )
        elif len(hosts[name]) != group.count:
            yield Problem(
                path=("groups", name, "count"),
                message=f"differs from the {len(hosts[name])} host(s) of provider.hosts.{name}",
                value=group.count,
                remedy=f"set it to {len(hosts[name])}, or correct the list of hosts",
            )
    for name in hosts:
        if name not in spec.groups:
            yield Problem(
                path=("provider", "hosts", name),
                message="is not a group of this spec",
                remedy=did_you_mean(name, tuple(spec.groups)),
                at_key=True,
            )
    yield from _shared_hosts(spec, hosts)


def static_zones(spec: Spec) -> Iterator[Problem]:
    """Refuse zones where a master has none: it would ignore every agent that has one."""
    if spec.provider.type != "static":
        return
    hosts: _Hosts = spec.provider.options().get("hosts", {})
    if not any(entry.get("zone") for entries in hosts.values() for entry in entries):
        return
    for name in spec.groups_of("masters"):
        for index, entry in enumerate(hosts.get(name, ())):
            if not entry.get("zone"):
                yield Problem(
                    path=("provider", "hosts", name, index),
                    message="has no zone, and a master without one lets no agent in that has one",
                    value=entry["address"],
                    remedy="give every master's host a `zone`, or no host",
                )


def _shared_hosts(spec: Spec, hosts: _Hosts) -> Iterator[Problem]:
    owners: dict[object, str] = {}
    for name, entries in hosts.items():
        for index, entry in enumerate(entries):
            address = entry["address"]
            if address in owners:
                yield Problem(
                    path=("provider", "hosts", name, index),
                    message=_sharing(spec, owners[address], name),
                    value=address,
                    remedy="give each node a host of its own",
                )
            owners.setdefault(address, name)


def _sharing(spec: Spec, owner: str, name: str) -> str:
    if owner == name:
        return f"is given twice in the group {name}"
    kinds = [spec.groups[each].kind for each in (owner, name) if each in spec.groups]
    both = clashes(*(spec.roles_of(kind) for kind in kinds if kind)) if len(kinds) == 2 else ()
    ports = ", ".join(f"{each.port} ({each.name})" for each in both)
    return f"is a host of the group {owner} too" + (f"; both need port {ports}" if ports else "")
