"""What must hold between the options of the provider `openstack` and the rest of a spec."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from mesosdeploy.spec.cloud_rules import machine_options
from mesosdeploy.spec.model import Spec
from mesosdeploy.spec.openstack_options import OpenStackMachineOptions
from mesosdeploy.spec.problems import Problem

KEPT_BY_NEUTRON = 6
"""Addresses that no node gets: first and last, gateway, name service, bastion, one to spare."""


def openstack_network(spec: Spec) -> Iterator[Problem]:
    """Refuse a network in OpenStack that is too small, or in which nobody reaches the machines."""
    if spec.provider.type != "openstack":
        return
    options = spec.provider.options()
    if options.get("network"):
        return
    if options["access"] == "direct":
        yield Problem(
            path=("provider", "access"),
            message="leaves the machines of a network that is made without any way to them",
            value="direct",
            remedy="use floating or bastion, or give a `network` that you reach",
        )
    network = ipaddress.IPv4Network(str(options["cidr"]))
    room = max(0, network.num_addresses - KEPT_BY_NEUTRON)
    nodes = sum(group.count for group in spec.groups.values())
    if nodes > room:
        yield Problem(
            path=("provider", "cidr"),
            message=f"has room for {room} machines, not for {nodes}",
            value=options["cidr"],
            remedy="use a shorter prefix",
        )


def openstack_zones(spec: Spec) -> Iterator[Problem]:
    """Refuse an availability zone in OpenStack that is named twice."""
    if spec.provider.type != "openstack":
        return
    zones = spec.provider.options().get("zones", ())
    assert isinstance(zones, (list, tuple))
    for index, zone in enumerate(zones):
        if zone in zones[:index]:
            yield Problem(
                path=("provider", "zones", index),
                message="is named twice",
                value=zone,
                remedy="name each zone once",
            )


def openstack_machines(spec: Spec) -> Iterator[Problem]:
    """Refuse options of a group that no machine in OpenStack has."""
    return machine_options(spec, "openstack", OpenStackMachineOptions)
