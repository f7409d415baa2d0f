"""The way to a cluster's processes: through SSH where this computer is not in their network."""

from __future__ import annotations

import atexit
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from mesosdeploy import route
from mesosdeploy.mesos.endpoints import hops
from mesosdeploy.tunnel import Tunnel, open_tunnel


class Cluster(Protocol):
    """What is needed of an environment."""

    @property
    def ssh_config(self) -> Path:
        """The OpenSSH configuration that knows the nodes by name."""

    def inventory(self) -> dict[str, Any]:
        """Return the inventory; StateError when the cluster is not up."""


@dataclass
class _Way:
    """The one tunnel of this process, if it has any, and the configuration it was made with."""

    tunnel: Tunnel | None = None
    config: Path | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


_way = _Way()


def inventory(environment: Cluster) -> dict[str, Any]:
    """Return the inventory of a cluster whose processes can be asked from now on.

    Where nodes are only reached by SSH, a tunnel to one of them is opened, unless there is one or
    the environment names a proxy; it ends with this process. Raises StateError when the cluster
    is not up, DeployError when no node lets us in.
    """
    known = environment.inventory()
    nodes = hops(known)
    with _way.lock:
        config = environment.ssh_config if nodes else None
        if _way.tunnel and not (_way.tunnel.is_alive and _way.config == config):
            _close()
        if config and not route.proxy():
            _way.tunnel, _way.config = open_tunnel(config, nodes), config
            os.environ[route.VARIABLE] = _way.tunnel.place
    return known


def close() -> None:
    """End the tunnel of this process, if there is one."""
    with _way.lock:
        _close()


def _close() -> None:
    if _way.tunnel:
        os.environ.pop(route.VARIABLE, None)
        _way.tunnel.close()
        _way.tunnel = None


atexit.register(close)
