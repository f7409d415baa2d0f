"""A control plane that runs: Keystone, Placement, Glance, Neutron and Nova on loopback ports."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from tests.services.openstack.control_plane import configuration
from tests.services.openstack.control_plane.configuration import HOSTS, PATHS
from tests.services.openstack.control_plane.following import listening
from tests.services.openstack.control_plane.installation import (
    ADMIN_PASSWORD,
    Installation,
    connect,
    install,
)
from tests.services.openstack.control_plane.processes import answers, free_ports, serving, until

FAR = "2036-01-01 00:00:00.000000"
EXTERNAL = "203.0.113.0/24"
SHARED = "10.8.0.0/24"
FLAVORS = {
    "m1.small": (1, 2048, 20),
    "m1.medium": (2, 4096, 40),
    "m1.large": (4, 8192, 80),
    "m1.huge": (512, 4194304, 40),
}
"""Name -> CPUs, memory in MB, disk in GB; no host has room for the last."""


@dataclass(frozen=True, kw_only=True)
class ControlPlane:
    """Its services' addresses, its state directory, and what happened to its machines."""

    root: Path
    ports: Mapping[str, int]

    @property
    def auth_url(self) -> str:
        """Where one logs in."""
        return configuration.url("keystone", self.ports)

    def connect(self, user: str, password: str) -> Any:
        """Return a connection of a user in the project of the same name."""
        return connect(self.auth_url, user, password)

    def fail(self, service: str, *faults: dict[str, Any]) -> None:
        """Set the faults of a service, replacing those that were."""
        address = f"http://{configuration.ADDRESS}:{self.ports[service]}/_faults"
        httpx.put(address, json=faults).raise_for_status()

    def machines(self) -> list[dict[str, Any]]:
        """Return what Nova handed to its hosts for every machine that exists."""
        files = sorted((self.root / "machines").glob("*.json"))
        return [json.loads(file.read_text()) for file in files]


@contextmanager
def running(
    root: Path,
    *,
    external: str = EXTERNAL,
    follow: Callable[[ControlPlane], None] | None = None,
) -> Iterator[ControlPlane]:
    """Start a control plane with an empty state below `root`; end it afterwards.

    Floating IPs are of the network `external`. `follow` is called when machines, or what surrounds
    them, have changed; what it raises is why Nova's machine fails.
    """
    installation = install()
    plane = ControlPlane(root=root, ports=dict(zip(PATHS, free_ports(len(PATHS)), strict=True)))
    installation.copy(root, plane.ports)
    with ExitStack() as stack:
        follower = stack.enter_context(listening(lambda: follow(plane))) if follow else ""
        for service, port in plane.ports.items():
            stack.enter_context(
                serving(installation.environment, service, root, port, follower=follower)
            )
        for service, port in plane.ports.items():
            until(partial(answers, port), f"{service} does not answer: {root}/logs")
        _seed(plane, installation, external)
        yield plane


def _seed(plane: ControlPlane, installation: Installation, external: str) -> None:
    """Make what an operator makes: flavors, an image, networks, zones."""
    admin = plane.connect("admin", ADMIN_PASSWORD)
    _agents(plane)
    for name, (cpus, memory, disk) in FLAVORS.items():
        admin.compute.create_flavor(name=name, vcpus=cpus, ram=memory, disk=disk)
    admin.create_image(
        "debian-12", data=b"x", disk_format="raw", container_format="bare",
        visibility="public", wait=True,
    )  # fmt: skip
    public = admin.network.create_network(
        name="public",
        is_router_external=True,
        provider_network_type="flat",
        provider_physical_network="public",
    )
    admin.network.create_subnet(
        network_id=public.id, ip_version=4, cidr=external, is_dhcp_enabled=False
    )
    shared = admin.network.create_network(name="shared", is_shared=True)
    admin.network.create_subnet(network_id=shared.id, ip_version=4, cidr=SHARED)
    until(lambda: len(list(admin.compute.services(binary="nova-compute"))) == len(HOSTS), "hosts")
    installation.run(
        "nova-manage", "--config-file", str(plane.root / "nova/nova.conf"),
        "cell_v2", "discover_hosts", root=plane.root,
    )  # fmt: skip
    for host in HOSTS:
        zone = host.replace("host", "az")
        aggregate = admin.compute.create_aggregate(name=zone, availability_zone=zone)
        admin.compute.add_host_to_aggregate(aggregate, host)


def _agents(plane: ControlPlane) -> None:
    """Note Neutron's agents as living ones: without them no port is bound and no router placed."""
    switch = {
        "tunnel_types": ["vxlan"],
        "tunneling_ip": configuration.ADDRESS,
        "bridge_mappings": {"public": "br-ex"},
        "datapath_type": "system",
    }
    router = {"agent_mode": "legacy", "handle_internal_only_routers": True}
    rows = [
        ("neutron-openvswitch-agent", "Open vSwitch agent", "N/A", host, switch) for host in HOSTS
    ]
    rows.append(("neutron-l3-agent", "L3 agent", "l3_agent", HOSTS[0], router))
    rows.append(("neutron-dhcp-agent", "DHCP agent", "dhcp_agent", HOSTS[0], {}))
    with sqlite3.connect(plane.root / "databases/neutron.db", timeout=60) as database:
        for binary, kind, topic, host, settings in rows:
            database.execute(
                'INSERT INTO agents (id, agent_type, "binary", topic, host, admin_state_up,'
                " created_at, started_at, heartbeat_timestamp, configurations, load,"
                " resource_versions) VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, 0, '')",
                (str(uuid.uuid4()), kind, binary, topic, host, FAR, FAR, FAR, json.dumps(settings)),
            )
