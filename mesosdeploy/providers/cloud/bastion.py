"""The one machine with a way in from outside, through which SSH reaches the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from libcloud.compute.base import Node as CloudNode
from libcloud.compute.types import NodeState

from mesosdeploy.nodes import Jump, Node, NodeRequest
from mesosdeploy.providers.base import ClusterContext, Report
from mesosdeploy.providers.cloud.launch import HOST_KEY
from mesosdeploy.providers.cloud.provider import CloudProvider
from mesosdeploy.spec.cloud_rules import BASTION

_SSHD = {
    "path": "/etc/ssh/sshd_config.d/mesosdeploy.conf",
    "content": "MaxStartups 200\nMaxSessions 200\n",
}
"""Let many connections through it begin at once: all nodes are reached together."""


class BastionProvider(CloudProvider):
    """A provider whose machines may be behind a bastion: a machine that is none of its nodes."""

    def __init__(self, context: ClusterContext) -> None:
        super().__init__(context)
        self._bastion: CloudNode | None = None

    def has_bastion(self) -> bool:
        """Say whether the nodes are reached through one."""
        raise NotImplementedError

    def ensure_bastion(self, report: Report) -> None:
        """Make it, unless it is there or not wanted."""
        if self.has_bastion():
            self._bastion = None
            self.create(
                NodeRequest(
                    cluster=self.context.cluster,
                    name=BASTION,
                    group=BASTION,
                    index=1,
                    roles=frozenset(),
                ),
                report,
            )

    def list(self) -> Sequence[Node]:
        """Return the cluster's machines; the bastion is none of its nodes."""
        return [node for node in super().list() if node.group != BASTION]

    def first_settings(self, request: NodeRequest) -> Mapping[str, Any]:
        """Return a bastion's own settings."""
        return {"write_files": [_SSHD]} if request.group == BASTION else {}

    def jump_of(self, machine: CloudNode) -> Jump | None:
        """Return the bastion for the machines behind it."""
        if not self.has_bastion() or self._name(machine) == BASTION:
            return None
        if self._bastion is None:
            self._sightings.since(self._recently(BASTION))
        door = self._bastion
        if door is None:
            return None
        host_key = self.tags_of(door).get(HOST_KEY)
        return Jump(host=self.ssh_host_of(door), user=self.ssh_user, host_key=host_key)

    def _look(self) -> Sequence[CloudNode]:
        found = super()._look()
        doors = (machine for machine in found if self._name(machine) == BASTION)
        alive = (door for door in doors if door.state != NodeState.TERMINATED)
        self._bastion = next(alive, None)
        return found
