"""What must hold between the options of the provider `aws` and the rest of a spec."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from mesosdeploy.spec import translate
from mesosdeploy.spec.aws_options import AwsMachineOptions
from mesosdeploy.spec.model import Group, Spec
from mesosdeploy.spec.problems import Problem

EVERYONE_PREFIX = 8
"""A shorter prefix is no office and no company: it lets in the internet."""

SUBNET_NEWBITS = 4
"""The network is cut into 16 parts, one for each zone."""

WIDEST, NARROWEST = 16, 22
"""Prefix lengths of the network: AWS takes no larger VPC, and a sixteenth of a /22 has 59 hosts."""

KEPT_BY_AWS = 5
"""Addresses of every subnet that no machine gets: the first four and the last."""

BASTION = "bastion"
"""The name of the machine through which private ones are reached, and of its security group."""

MAX_LABELS = 40
"""AWS takes 50 tags on one object; the others are ours."""


def _options(spec: Spec) -> dict[str, Any]:
    return spec.provider.options() if spec.provider.type == "aws" else {}


def aws_openness(spec: Spec) -> Iterator[Problem]:
    """Refuse to open a cluster in AWS to everyone unless that is said."""
    options = _options(spec)
    for index, cidr in enumerate(options.get("admin_cidrs", ())):
        wide = ipaddress.IPv4Network(cidr).prefixlen < EVERYONE_PREFIX
        if wide and not options.get("open_to_everyone"):
            yield Problem(
                path=("provider", "admin_cidrs", index),
                message="lets in everyone, and Mesos and Marathon obey whoever reaches them",
                value=cidr,
                remedy="name your own networks, or say `open_to_everyone: true`",
            )


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
    if options["access"] == "bastion" and network and not network.get("bastion_subnet"):
        yield Problem(
            path=("provider", "network"),
            message="has no public subnet for the bastion",
            remedy="add `bastion_subnet: subnet-…`",
        )


def aws_machines(spec: Spec) -> Iterator[Problem]:
    """Refuse what a machine in AWS cannot be: unknown options, sizes by number, voters on spot."""
    if spec.provider.type != "aws":
        return
    for name, group in spec.groups.items():
        if name == BASTION:
            yield Problem(
                path=("groups", name),
                message="is the name of the machine that lets SSH through",
                remedy="choose another name",
                at_key=True,
            )
        yield from _sizes_and_labels(name, group)
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


def _sizes_and_labels(name: str, group: Group) -> Iterator[Problem]:
    for key in ("cpus", "memory_mb"):
        if (value := getattr(group, key)) is not None:
            yield Problem(
                path=("groups", name, key),
                message="cannot be chosen in AWS, where a machine has the size of its type",
                value=value,
                remedy="give `options: {instance_type: …}` instead",
            )
    for label in group.labels:
        if label == "Name" or label.startswith(("aws:", "mesosdeploy:")):
            yield Problem(
                path=("groups", name, "labels", label),
                message="is a tag that is not yours to set",
                remedy="choose another name",
                at_key=True,
            )
    if len(group.labels) > MAX_LABELS:
        yield Problem(
            path=("groups", name, "labels"),
            message=f"has more than {MAX_LABELS} labels",
            remedy="remove some: AWS takes 50 tags, and some are needed",
        )
