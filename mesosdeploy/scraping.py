"""What Prometheus asks for metrics: jobs with their targets, and the exporters of a node; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mesosdeploy.nodes import NodeRole
from mesosdeploy.spec.model import Spec

ALERTMANAGER_PORT = 9093


@dataclass(frozen=True, kw_only=True)
class Place:
    """A node as others reach it, and what it carries."""

    name: str
    address: str
    roles: frozenset[NodeRole]


@dataclass(frozen=True, kw_only=True)
class _Exporter:
    """One kind of mesos-exporter: the role that it measures, its port, and the process' URL."""

    kind: str
    role: NodeRole
    port: int
    url: str


_EXPORTERS = (
    _Exporter(kind="master", role=NodeRole.MESOS_MASTER, port=9105, url="http://{address}:5050"),
    _Exporter(kind="agent", role=NodeRole.MESOS_AGENT, port=9106, url="http://{address}:5051"),
    # The admin server listens for its own node only.
    _Exporter(kind="zookeeper", role=NodeRole.ZOOKEEPER, port=9107, url="http://127.0.0.1:18080"),
)


@dataclass(frozen=True, kw_only=True)
class _Job:
    """A job of Prometheus: all nodes with a role, at one port and path."""

    name: str
    role: NodeRole
    port: int
    path: str = ""


_JOBS = (
    _Job(name="node", role=NodeRole.NODE_EXPORTER, port=9100),
    _Job(name="mesos_master", role=NodeRole.MESOS_MASTER, port=9105),
    _Job(name="mesos_agent", role=NodeRole.MESOS_AGENT, port=9106),
    _Job(name="zookeeper", role=NodeRole.ZOOKEEPER, port=9107),
    _Job(name="marathon", role=NodeRole.MARATHON, port=8080, path="/metrics/prometheus"),
    _Job(name="haproxy", role=NodeRole.HAPROXY, port=8404),
    _Job(name="balancer", role=NodeRole.BALANCER, port=8405),
    _Job(name="mesos_dns", role=NodeRole.MESOS_DNS, port=8123),
    _Job(name="prometheus", role=NodeRole.PROMETHEUS, port=9090),
    _Job(name="alertmanager", role=NodeRole.ALERTMANAGER, port=ALERTMANAGER_PORT),
)


@dataclass(frozen=True, kw_only=True)
class _Probe:
    """A job that uses a service as its clients do, through a module of the role blackbox."""

    name: str
    module: str
    role: NodeRole
    urls: tuple[str, ...]


_PROBES = (
    _Probe(
        name="probe_http",
        module="http",
        role=NodeRole.HAPROXY,
        urls=("http://{address}:5050/health", "http://{address}:8080/ping"),
    ),
    _Probe(name="probe_dns", module="dns", role=NodeRole.MESOS_DNS, urls=("{address}:53",)),
)


def exporters(place: Place) -> list[dict[str, object]]:
    """Return the instances of mesos-exporter on a node, as the role mesos_exporter takes them."""
    return [
        {"kind": each.kind, "url": each.url.format(address=place.address), "port": each.port}
        for each in _EXPORTERS
        if each.role in place.roles
    ]


def jobs(spec: Spec, places: Iterable[Place]) -> list[dict[str, object]]:
    """Return every job that has targets, as the role prometheus takes them.

    The official Mesos-DNS has no metrics, so nobody asks it for any.
    """
    places = tuple(places)
    silent = {"mesos_dns"} if spec.versions.mesos_dns.flavour == "official" else set()
    made = [_job(job, places) for job in _JOBS if job.name not in silent]
    if any(NodeRole.BLACKBOX in place.roles for place in places):
        made += [_probes(probe, places) for probe in _PROBES]
    return [job for job in made if job["targets"]]


def _probes(probe: _Probe, places: Iterable[Place]) -> dict[str, object]:
    targets = [
        {"url": url.format(address=place.address), "node": place.name}
        for place in places
        if probe.role in place.roles
        for url in probe.urls
    ]
    return {"job": probe.name, "module": probe.module, "targets": targets}


def _job(job: _Job, places: Iterable[Place]) -> dict[str, object]:
    targets = [
        {"address": place.address, "port": job.port, "node": place.name}
        for place in places
        if job.role in place.roles
    ]
    path: Mapping[str, str] = {"path": job.path} if job.path else {}
    return {"job": job.name, **path, "targets": targets}


def alertmanagers(places: Iterable[Place]) -> list[str]:
    """Return "address:port" of every Alertmanager."""
    return [
        f"{place.address}:{ALERTMANAGER_PORT}"
        for place in places
        if NodeRole.ALERTMANAGER in place.roles
    ]
