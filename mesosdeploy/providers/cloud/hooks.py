"""What a cloud's own provider says of it: how to connect, what a machine is made with, and more."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from libcloud.compute.base import Node as CloudNode
from libcloud.compute.base import NodeDriver

from mesosdeploy.nodes import Jump, NodeRequest
from mesosdeploy.providers.base import ClusterContext
from mesosdeploy.providers.cloud import launch as launching
from mesosdeploy.providers.cloud.failures import Dialect
from mesosdeploy.providers.cloud.launch import Launch


class CloudHooks(ABC):
    """The questions that `CloudProvider` has of a cloud; all but two have answers already."""

    dialect: ClassVar[Dialect] = Dialect()
    has_client_tokens: ClassVar[bool] = False
    """Whether making a machine may be repeated, because the cloud knows `Launch.token` again."""
    ssh_user: str = "root"
    settle_seconds: float = 600
    poll_seconds: float = 3
    at_once: int = 100
    """How many machines are made at the same time: most of it is waiting until they run."""

    def __init__(self, context: ClusterContext) -> None:
        self.context = context
        self.options = {k: v for k, v in (context.options or {}).items() if v is not None}

    @abstractmethod
    def connect(self) -> NodeDriver:
        """Return a new driver; credentials come from where the cloud's own tools look for them."""

    @abstractmethod
    def arguments(self, launch: Launch) -> Mapping[str, Any]:
        """Return the arguments of `create_node`, the tags among them."""

    def places(self, request: NodeRequest) -> Sequence[str]:
        """Return the zones for a machine, the next one for when the cloud has no room in one."""
        del request
        return ("",)

    def list_arguments(self) -> Mapping[str, Any]:
        """Return arguments of `list_nodes` that let the cloud filter."""
        return {}

    def list_arguments_of(self, machines: Sequence[str]) -> Mapping[str, Any]:
        """Return arguments of `list_nodes` for the machines of these ids, or for all."""
        del machines
        return self.list_arguments()

    def extra_tags(self) -> Mapping[str, str]:
        """Return further tags for everything that is made."""
        return {}

    def tags_of(self, machine: CloudNode) -> Mapping[str, str]:
        """Return a machine's tags."""
        return machine.extra.get("metadata") or machine.extra.get("tags") or {}

    def detail_of(self, machine: CloudNode) -> str:
        """Return the cloud's reason for a failed machine."""
        fault = machine.extra.get("fault") or ""
        return str(fault.get("message", "") if isinstance(fault, Mapping) else fault)

    def address_of(self, machine: CloudNode) -> str:
        """Return the address that the nodes use among themselves, "" until it is known."""
        return next(iter([*machine.private_ips, *machine.public_ips]), "")

    def ssh_host_of(self, machine: CloudNode) -> str:
        """Return the address by which this controller reaches a machine, "" until it is known."""
        return next(iter([*machine.public_ips, *machine.private_ips]), "")

    def region(self) -> str:
        """Return the region that all machines are in, "" where that has no name."""
        return ""

    def zone_of(self, machine: CloudNode) -> str:
        """Return the zone that a machine was made in, "" where none was named."""
        return self.tags_of(machine).get(launching.ZONE, "")

    def jump_of(self, machine: CloudNode) -> Jump | None:
        """Return the machine through which SSH reaches this one, if there is one."""
        del machine
        return None

    def first_settings(self, request: NodeRequest) -> Mapping[str, Any]:
        """Return further keys for cloud-init of a machine."""
        del request
        return {}
