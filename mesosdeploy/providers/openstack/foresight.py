"""What `prepare` and `create` would make, change and keep around the machines; changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mesosdeploy.providers.base import Surrounding
from mesosdeploy.providers.cloud import foreseeing
from mesosdeploy.providers.cloud.flows import Rule
from mesosdeploy.providers.openstack import firewall
from mesosdeploy.providers.openstack.network import Ground


def foresee(
    ground: Ground, rules: Mapping[str, Sequence[Rule]], machines: int
) -> Iterator[Surrounding]:
    """Yield what is around so many machines, by kind, and each security group by name."""
    wanted = _wanted(ground, machines)
    yield from foreseeing.counted(wanted, {kind: len(ground.find(kind)) for kind in wanted})
    yield from foreseeing.groups(firewall.differences(ground, rules), ground.name)


def _wanted(ground: Ground, machines: int) -> Mapping[str, int]:
    """Return how many of each kind a cluster has; those of a network that exists are not ours."""
    addresses = {"floating": machines, "bastion": 1, "direct": 0}[ground.options.access]
    own = {} if ground.options.network else {"network": 1, "subnet": 1, "router": 1}
    return {**own, **({"floating IP": addresses} if addresses else {}), "key pair": 1}
