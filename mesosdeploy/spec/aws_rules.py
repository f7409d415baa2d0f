"""What must hold between the options of the provider `aws` and the rest of a spec."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from mesosdeploy.spec import translate
from mesosdeploy.spec.aws_options import AwsMachineOptions
from mesosdeploy.spec.model import Spec
from mesosdeploy.spec.problems import Problem

SUBNET_NEWBITS = 4
"""The network is cut into 16 parts, one for each zone."""

WIDEST, NARROWEST = 16, 22
"""Prefix lengths of the network: AWS takes no larger VPC, and a sixteenth of a /22 has 59 hosts."""

KEPT_BY_AWS = 5
"""Addresses of every subnet that no machine gets: the first four and the last."""


def _options(spec: Spec) -> dict[str, Any]:
    return spec.provider.options() if spec.provider.type == "aws" else {}


def aws_zones(spec: Spec) -> Iterator[Problem]:
    """Refuse availability zones of another region, and one that is named twice."""
    options = _options(spec)
    zones = options.get("zones", ())
    for index, zone in enumerate(zones):
        if not zone.startswith(options["region"]):
            yield Problem(
                path=("provider", "zones", index),
                message=f"is no zone of the region {options['region']}",
                value=zone,
                remedy=f"zones of a region begin with its name: {options['region']}a",
            )
        elif zone in zones[:index]:
            yield Problem(
                path=("provider", "zones", index),
                message="is named twice",
                value=zone,
                remedy="name each zone once",
            )


def aws_network(spec: Spec) -> Iterator[Problem]:
    """Refuse a network in AWS that AWS would not make, or in which machines cannot be reached."""
    options = _options(spec)
    if not options:
        return
    yield from _way_in(options)
    if options.get("network"):
        return
    network = ipaddress.IPv4Network(options["cidr"])
    if not WIDEST <= network.prefixlen <= NARROWEST:
        yield Problem(
            path=("provider", "cidr"),
            message="has a prefix length that cannot be used",
            value=options["cidr"],
            remedy=f"use a prefix length from {WIDEST} to {NARROWEST}",
        )
        return
    room = network.num_addresses // 2**SUBNET_NEWBITS - KEPT_BY_AWS
    nodes = sum(group.count for group in spec.groups.values())
    zones = len(options.get("zones", ())) or 1
    if nodes > room * zones:
        yield Problem(
            path=("provider", "cidr"),
            message=f"has room for {room} machines in each zone, not for {nodes} in all",
            value=options["cidr"],
            remedy=f"use a shorter prefix, {WIDEST} at the shortest",
        )


def _way_in(options: dict[str, Any]) -> Iterator[Problem]:
    network = options.get("network")
    if options["access"] == "private" and not network:
        yield Problem(
            path=("provider", "access"),
            message="leaves the machines of a network that is made without any way to them",
            value="private",
            remedy="use public or bastion, or give a `network` that you reach",
        )
    if options["nat"] == "per-zone" and (options["access"] != "bastion" or network):
        yield Problem(
            path=("provider", "nat"),
            message="is for NAT gateways, which are made with `access: bastion` in a network of the"
            " cluster's own",
            value="per-zone",
            remedy="remove it",
        )
    if options["access"] == "bastion" and network and not network.get("bastion_subnet"):
        yield Problem(
            path=("provider", "network"),
            message="has no public subnet for the bastion",
            remedy="add `bastion_subnet: subnet-…`",
        )


def aws_machines(spec: Spec) -> Iterator[Problem]:
    """Refuse options of a group that no machine in AWS has, and voters on spot machines."""
    if spec.provider.type != "aws":
        return
    for name, group in spec.groups.items():
        where = ("groups", name, "options")
        try:
            machine = AwsMachineOptions.model_validate(group.options)
        except ValidationError as exc:
            yield from translate.problems(exc.errors(), model=AwsMachineOptions, prefix=where)
            continue
        if machine.spot and group.kind != "agents":
            yield Problem(
                path=(*where, "spot"),
                message="is for agents: a cluster does not survive that AWS takes back its"
                f" {group.kind}",
                value=True,
                remedy="remove it",
            )
        if machine.spot_max_price and not machine.spot:
            yield Problem(
                path=(*where, "spot_max_price"),
                message="is given for machines that are no spot machines",
                value=machine.spot_max_price,
                remedy="add `spot: true`, or remove it",
            )
