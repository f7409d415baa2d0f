"""Which TCP ports each service takes on its node, and what clashes with what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mesosdeploy.nodes import ATTENDANT, NodeRole


@dataclass(frozen=True, kw_only=True)
class Service:
    """A port and who needs it."""

    port: int
    name: str


SSH = Service(port=22, name="sshd")

SERVICES: dict[NodeRole, tuple[Service, ...]] = {
    NodeRole.ZOOKEEPER: (
        Service(port=2181, name="ZooKeeper's clients"),
        Service(port=2888, name="ZooKeeper's quorum"),
        Service(port=3888, name="ZooKeeper's election"),
        Service(port=18080, name="ZooKeeper's admin server"),
    ),
    NodeRole.MESOS_MASTER: (Service(port=5050, name="the Mesos master"),),
    NodeRole.MESOS_AGENT: (Service(port=5051, name="the Mesos agent"),),
    NodeRole.MARATHON: (
        Service(port=8080, name="Marathon"),
        Service(port=17080, name="Marathon's connection from the masters"),
    ),
    NodeRole.MESOS_DNS: (
        Service(port=53, name="Mesos-DNS"),
        Service(port=8123, name="Mesos-DNS' HTTP API"),
    ),
    NodeRole.HAPROXY: (
        Service(port=80, name="HAProxy's virtual hosts"),
        Service(port=5050, name="HAProxy's way to the leading master"),
        Service(port=8080, name="HAProxy's way to Marathon"),
        Service(port=8404, name="HAProxy's statistics"),
    ),
    NodeRole.BALANCER: (Service(port=8405, name="the balancer"),),
    NodeRole.RESOLVER: (),
    NodeRole.PROMETHEUS: (Service(port=9090, name="Prometheus"),),
    NodeRole.ALERTMANAGER: (Service(port=9093, name="Alertmanager"),),
    NodeRole.BLACKBOX: (Service(port=9115, name="the prober"),),
    NodeRole.GRAFANA: (Service(port=3000, name="Grafana"),),
    NodeRole.MESOS_EXPORTER: (
        Service(port=9105, name="the metrics of a Mesos master"),
        Service(port=9106, name="the metrics of a Mesos agent"),
        Service(port=9107, name="the metrics of a ZooKeeper server"),
    ),
    NodeRole.NODE_EXPORTER: (Service(port=9100, name="the metrics of a machine"),),
}


def services_of(roles: Iterable[NodeRole]) -> tuple[Service, ...]:
    """Return what listens on a node with these roles, sshd included, by port."""
    found = [SSH, *(service for role in roles for service in SERVICES[role])]
    return tuple(sorted(found, key=lambda service: service.port))


def clashes(first: Iterable[NodeRole], second: Iterable[NodeRole]) -> tuple[Service, ...]:
    """Return the services of `second` whose ports `first` needs too.

    Left out are sshd and what comes with other roles: it does not keep them from sharing a node.
    """
    taken = {service.port for service in services_of(set(first) - ATTENDANT)} - {SSH.port}
    others = services_of(set(second) - ATTENDANT)
    return tuple(service for service in others if service.port in taken)


def parse_range(text: str) -> range | None:
    """Return the ports of "first-last", or None where that is no range inside 1-65535."""
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal()):
        return None
    start, end = int(first), int(last)
    return range(start, end + 1) if 1 <= start <= end <= 65535 else None
