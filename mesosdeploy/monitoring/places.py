"""Which programs watch a cluster, where they listen, and what opens them."""

from __future__ import annotations

import os
from dataclasses import dataclass

from mesosdeploy.errors import StateError, UsageError
from mesosdeploy.mesos.endpoints import Endpoint, Inventory, address_of, hosts_of
from mesosdeploy.nodes import NodeRole
from mesosdeploy.spec.ports import SERVICES


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program of the monitoring node: its name, role, and the variable with its credentials.

    `ready` is the path that it answers with 200 as soon as it works.
    """

    name: str
    role: NodeRole
    credentials: str
    ready: str

    @property
    def port(self) -> int:
        """Return the port that it listens on."""
        return SERVICES[self.role][0].port

    def endpoints(self, inventory: Inventory) -> tuple[Endpoint, ...]:
        """Return where it listens, on each node that carries it."""
        return tuple(
            Endpoint(node=host, address=address_of(inventory, host), port=self.port)
            for host in hosts_of(inventory, self.role)
        )

    def login(self) -> tuple[str, str] | None:
        """Return user and password of the environment; None without, UsageError if broken."""
        text = os.environ.get(self.credentials, "")
        if not text:
            return None
        user, colon, password = text.partition(":")
        if not (user and colon and password):
            raise UsageError(
                f"{self.credentials} is not of the form user:password",
                hint=f"give both, with a colon between; or unset it where {self.name} wants none",
            )
        return user, password


PROMETHEUS = Program(
    name="Prometheus",
    role=NodeRole.PROMETHEUS,
    credentials="MESOSDEPLOY_PROMETHEUS_CREDENTIALS",
    ready="/-/ready",
)
ALERTMANAGER = Program(
    name="Alertmanager",
    role=NodeRole.ALERTMANAGER,
    credentials="MESOSDEPLOY_ALERTMANAGER_CREDENTIALS",
    ready="/-/ready",
)


def is_watched(inventory: Inventory) -> bool:
    """Tell whether the cluster has a Prometheus or an Alertmanager."""
    return any(program.endpoints(inventory) for program in (PROMETHEUS, ALERTMANAGER))


def require_watched(inventory: Inventory, cluster: str) -> None:
    """Raise StateError for a cluster without monitoring."""
    if not is_watched(inventory):
        raise StateError(
            f"the cluster {cluster!r} was made without monitoring",
            hint="it needs a group of kind monitors, and features.monitoring: then mesosdeploy up",
        )
