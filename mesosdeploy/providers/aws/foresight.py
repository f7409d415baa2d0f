"""What `prepare` and `create` would make, change and keep around the machines; changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mesosdeploy.providers.aws import firewall
from mesosdeploy.providers.aws.network import Ground
from mesosdeploy.providers.base import Surrounding
from mesosdeploy.providers.cloud import foreseeing
from mesosdeploy.providers.cloud.flows import Rule

_WAYS_OUT = frozenset({"NAT gateway", "elastic IP", "route table"})
"""What `up` also removes when the spec needs fewer."""


def foresee(
    ground: Ground, rules: Mapping[str, Sequence[Rule]], new_disks_gb: Sequence[int]
) -> Iterator[Surrounding]:
    """Yield what is around the machines, by kind, and each security group by name."""
    wanted = _wanted(ground)
    there = {kind: len(ground.find(kind)) for kind in wanted}
    yield from foreseeing.counted(wanted, there, removed=_WAYS_OUT)
    yield from foreseeing.groups(firewall.differences(ground, rules), ground.name)
    if new_disks_gb:
        detail = f"{sum(new_disks_gb)} GB in all, gp3, encrypted"
        yield Surrounding(action="make", kind="volume", name=f"{len(new_disks_gb)}", detail=detail)


def _wanted(ground: Ground) -> Mapping[str, int]:
    """Return how many of each kind a cluster has; those of a network that exists are not ours."""
    behind = ground.options.access == "bastion"
    ways = len(ground.zones()) if ground.options.nat == "per-zone" else 1
    keys = {"key pair": 1}
    if ground.options.network:
        return keys
    nets = 2 if behind else 1
    gateways = {"NAT gateway": ways, "elastic IP": ways} if behind else {}
    return {
        "VPC": 1,
        "internet gateway": 1,
        "subnet": nets * len(ground.zones()),
        "route table": 1 + (ways if behind else 0),
        **gateways,
        **keys,
    }
