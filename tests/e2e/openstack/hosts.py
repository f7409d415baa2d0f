"""The compute hosts of the control plane in tests/services/openstack: systemd containers.

After each change the containers are made what Nova and Neutron say there is: a machine for each one
that Nova spawned, in the network and with the address of its port, with its floating IP and its
user-data, and a firewall that lets in what the port's security groups do.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from threading import Lock
from typing import Any

from tests.e2e.machines.containers import Host, Machine, Network
from tests.e2e.machines.firewall import Opening
from tests.services.openstack.control_plane.installation import ADMIN_PASSWORD
from tests.services.openstack.control_plane.plane import ControlPlane


class Hosts:
    """Follow one control plane; calls from several threads wait for each other.

    Names on this computer begin with `prefix`.
    """

    def __init__(self, host: Host, prefix: str) -> None:
        self._host = host
        self._prefix = prefix
        self._networks: dict[str, Network] = {}
        self._following = Lock()
        self._admin: Any = None

    def follow(self, plane: ControlPlane) -> None:
        """Make the containers what the control plane says there is."""
        with self._following:
            noted = plane.machines()
            if noted or self._networks:
                self._admin = self._admin or plane.connect("admin", ADMIN_PASSWORD)
                self._become(noted)

    def close(self) -> None:
        """Remove all containers and networks."""
        with self._following:
            while self._networks:
                self._networks.popitem()[1].close()

    def _become(self, noted: Iterable[Mapping[str, Any]]) -> None:
        neutron = self._admin.network
        ports = list(neutron.ports())
        public = {each.port_id: each.floating_ip_address for each in neutron.ips()}
        rules = list(neutron.security_group_rules(direction="ingress"))
        wanted: dict[str, list[Machine]] = {name: [] for name in self._networks}
        for note in noted:
            port = next(each for each in ports if each.device_id == note["id"])
            machine = Machine(
                id=note["id"],
                address=port.fixed_ips[0]["ip_address"],
                public=public.get(port.id, ""),
                user_data=base64.b64decode(note["user_data"]).decode(),
                runs=note["runs"],
                openings=frozenset(_openings(port, ports, rules)),
            )
            wanted.setdefault(port.network_id, []).append(machine)
        existing = {each.id for each in neutron.networks()}
        for name, machines in wanted.items():
            if name not in existing:
                self._networks.pop(name).close()
                continue
            if name not in self._networks:
                (subnet,) = neutron.subnets(network_id=name)
                self._networks[name] = Network(self._host, f"{self._prefix}-{name}", subnet.cidr)
            self._networks[name].become(machines)


def _openings(port: Any, ports: Iterable[Any], rules: Iterable[Any]) -> Iterator[Opening]:
    """Yield what the security groups of a port let in; a group stands for its members' addresses.

    Rules for other protocols than TCP and UDP are left out: none of the product's is of that kind.
    """
    members: dict[str, list[str]] = {}
    for each in ports:
        for group in each.security_group_ids:
            members.setdefault(group, []).extend(ip["ip_address"] for ip in each.fixed_ips)
    for rule in rules:
        if rule.security_group_id not in port.security_group_ids or rule.ether_type != "IPv4":
            continue
        named = members.get(rule.remote_group_id, [])
        sources = named if rule.remote_group_id else [rule.remote_ip_prefix or "0.0.0.0/0"]
        protocols = [rule.protocol] if rule.protocol else ["tcp", "udp"]
        for source, protocol in product(sources, {"tcp", "udp"}.intersection(protocols)):
            yield Opening(
                protocol=protocol,
                first=rule.port_range_min or 0,
                last=rule.port_range_max or 65535,
                source=source,
            )
