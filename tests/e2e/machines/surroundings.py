"""What this computer has of a cloud's machines, and which networks are free for them."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network

from mesosdeploy.providers.local.engine import Engine
from mesosdeploy.providers.local.network import parse_routes
from tests.e2e.conftest import Cluster

POOL = IPv4Network("10.211.0.0/16")
"""Where the networks of these clusters are: beside the pool of the local provider."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Containers and container networks of the clouds whose networks have names with a prefix."""

    engine: Engine
    prefix: str

    def containers(self) -> list[str]:
        """Return the names of the containers that stand for machines."""
        return self._names("ps", "--all", "--filter", "label=org.mesosdeploy.node", "{{.Names}}")

    def networks(self) -> list[str]:
        """Return the names of the container networks that stand for networks of the cloud."""
        return self._names("network", "ls", "{{.Name}}")

    def _names(self, *words: str) -> list[str]:
        *command, form = words
        found = self.engine.run(*command, "--format", form).split()
        return [name for name in found if name.startswith(f"mesosdeploy-{self.prefix}-")]


def free_network(pool: IPv4Network = POOL, new_prefix: int = 22) -> IPv4Network:
    """Return a network to which this computer has no way yet.

    Any of them: another run on this computer may look for one at the same moment.
    """
    done = subprocess.run(["ip", "-json", "-4", "route"], capture_output=True, check=True)
    taken = parse_routes(json.loads(done.stdout))
    parts = pool.subnets(new_prefix=new_prefix)
    return random.choice([part for part in parts if not any(part.overlaps(it) for it in taken)])


def open_ports(cluster: Cluster, node: str, address: str, ports: Iterable[int]) -> set[int]:
    """Return those of the ports of an address that a node can connect to."""
    knock = "timeout 3 bash -c 'exec 3<>/dev/tcp/{}/{}' && echo open || echo shut"
    return {
        port for port in ports if cluster.on(node, knock.format(address, port)).strip() == "open"
    }
