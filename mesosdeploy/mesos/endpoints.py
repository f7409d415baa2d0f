"""Where the processes of a cluster listen, read from its Ansible inventory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mesosdeploy.nodes import NodeRole

Inventory = Mapping[str, Any]

MASTER_PORT = 5050
AGENT_PORT = 5051
ZOOKEEPER_PORT = 2181
MARATHON_PORT = 8080
BALANCER_PORT = 8404
DNS_PORT = 8123


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One process: the node that carries it, the node's address, the port."""

    node: str
    address: str
    port: int

    @property
    def url(self) -> str:
        """Return the base URL, without a slash at its end."""
        return f"http://{self.authority}"

    @property
    def authority(self) -> str:
        """Return `address:port`."""
        return f"{self.address}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """Every process that a cluster should have, and what its nodes are called.

    Of load balancers and name servers it is the port at which they tell of themselves.
    `names` maps each name and address of a node to the node's name: Mesos redirects to the
    leader's host name, which the controller cannot resolve.
    """

    cluster: str
    masters: tuple[Endpoint, ...]
    agents: tuple[Endpoint, ...]
    zookeepers: tuple[Endpoint, ...]
    names: Mapping[str, str]
    marathons: tuple[Endpoint, ...] = ()
    balancers: tuple[Endpoint, ...] = ()
    name_servers: tuple[Endpoint, ...] = ()

    def named(self, location: str) -> str:
        """Return the node that a Location, URL or `host:port` points to, else its `host:port`."""
        authority = _authority(location)
        host = authority.rpartition(":")[0] or authority
        return self.names.get(host, authority)

    def master_at(self, location: str) -> Endpoint | None:
        """Return the master that a Location points to; None when it is none of this cluster."""
        name = self.named(location)
        return next((master for master in self.masters if master.node == name), None)


def _authority(location: str) -> str:
    return urlsplit(location).netloc if "//" in location else location


def hosts_of(inventory: Inventory, group: str) -> tuple[str, ...]:
    """Return the host names of an Ansible group with its child groups, in the inventory's order."""
    if group == "all":
        return tuple(inventory.get("_meta", {}).get("hostvars", {}))
    entry = inventory.get(group, {})
    found = dict.fromkeys(entry.get("hosts", ()))
    for child in entry.get("children", ()):
        found.update(dict.fromkeys(hosts_of(inventory, child)))
    return tuple(found)


def variables_of(inventory: Inventory, host: str) -> dict[str, Any]:
    """Return one host's variables: those of `all`, of its groups, then its own."""
    merged: dict[str, Any] = dict(inventory.get("all", {}).get("vars", {}))
    for group, entry in inventory.items():
        if group not in {"_meta", "all"} and host in hosts_of(inventory, group):
            merged |= entry.get("vars", {})
    return merged | dict(inventory.get("_meta", {}).get("hostvars", {}).get(host, {}))


def cluster_variables(inventory: Inventory) -> dict[str, Any]:
    """Return the variables of `all`; `ansible-inventory --list` repeats them on every host."""
    of_all = dict(inventory.get("all", {}).get("vars", {}))
    hostvars = inventory.get("_meta", {}).get("hostvars", {})
    return of_all or dict(next(iter(hostvars.values()), {}))


def address_of(inventory: Inventory, host: str) -> str:
    """Return the address that a node's processes are asked at."""
    own = inventory.get("_meta", {}).get("hostvars", {}).get(host, {})
    return str(own.get("mesosdeploy_address") or own.get("ansible_host") or host)


def hops(inventory: Inventory) -> tuple[str, ...]:
    """Return the nodes through which SSH leads to the processes, masters first.

    None where this computer reaches all of them at the nodes' addresses.
    """
    own = inventory.get("_meta", {}).get("hostvars", {})
    if not any(variables.get("mesosdeploy_behind_ssh") for variables in own.values()):
        return ()
    # Firewalls let masters ask everything that commands ask; others are better than nothing.
    masters = hosts_of(inventory, NodeRole.MESOS_MASTER)
    return tuple(dict.fromkeys((*masters, *hosts_of(inventory, "all"))))


def endpoints(inventory: Inventory) -> Endpoints:
    """Return where every process of the inventory's cluster listens."""
    cluster = str(cluster_variables(inventory).get("mesosdeploy_cluster", ""))
    names: dict[str, str] = {}
    for host in hosts_of(inventory, "all"):
        names |= {host: host, f"{host}.{cluster}": host, address_of(inventory, host): host}

    def carriers(role: NodeRole, port: int) -> tuple[Endpoint, ...]:
        return tuple(
            Endpoint(node=host, address=address_of(inventory, host), port=port)
            for host in hosts_of(inventory, role)
        )

    return Endpoints(
        cluster=cluster,
        masters=carriers(NodeRole.MESOS_MASTER, MASTER_PORT),
        agents=carriers(NodeRole.MESOS_AGENT, AGENT_PORT),
        zookeepers=carriers(NodeRole.ZOOKEEPER, ZOOKEEPER_PORT),
        marathons=carriers(NodeRole.MARATHON, MARATHON_PORT),
        balancers=carriers(NodeRole.HAPROXY, BALANCER_PORT),
        name_servers=carriers(NodeRole.MESOS_DNS, DNS_PORT),
        names=names,
    )
