"""What `prepare` and `create` would make, change and keep around the machines; changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mesosdeploy.providers.aws import firewall
from mesosdeploy.providers.aws.network import Ground
from mesosdeploy.providers.base import Surrounding
from mesosdeploy.providers.cloud.flows import Rule


def foresee(
    ground: Ground, rules: Mapping[str, Sequence[Rule]], new_disks_gb: Sequence[int]
) -> Iterator[Surrounding]:
    """Yield what is around the machines, by kind, and each security group by name."""
    for kind, wanted in _wanted(ground).items():
        there = len(ground.find(kind))
        if missing := max(0, wanted - there):
            yield Surrounding(action="make", kind=kind, name=f"{missing}")
        if kept := min(wanted, there):
            yield Surrounding(action="keep", kind=kind, name=f"{kept}")
    for group, (is_new, missing, surplus) in firewall.differences(ground, rules).items():
        detail = ", ".join(
            words
            for count, words in ((missing, f"{missing} rules more"), (surplus, f"{surplus} fewer"))
            if count
        )
        action = "make" if is_new else "change" if detail else "keep"
        name = f"{ground.name}-{group}"
        yield Surrounding(action=action, kind="security group", name=name, detail=detail)
    if new_disks_gb:
        detail = f"{sum(new_disks_gb)} GB in all, gp3, encrypted"
        yield Surrounding(action="make", kind="volume", name=f"{len(new_disks_gb)}", detail=detail)


def _wanted(ground: Ground) -> Mapping[str, int]:
    """Return how many of each kind a cluster has; those of a network that exists are not ours."""
    behind = ground.options.access == "bastion"
    keys = {"key pair": 1}
    if ground.options.network:
        return keys
    nets = 2 if behind else 1
    gateways = {"NAT gateway": 1, "elastic IP": 1} if behind else {}
    return {
        "VPC": 1,
        "internet gateway": 1,
        "subnet": nets * len(ground.zones()),
        "route table": nets,
        **gateways,
        **keys,
    }
