"""Artifacts: every file that a cluster is installed from, pinned, verified and kept."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from mesosdeploy.artifacts.built import build_key, builders
from mesosdeploy.artifacts.lock import Kind, Lock, Wanted, load_lock
from mesosdeploy.artifacts.resolve import Resolved, resolve
from mesosdeploy.artifacts.store import Store
from mesosdeploy.errors import ArtifactError
from mesosdeploy.nodes import NodeRole

if TYPE_CHECKING:
    from mesosdeploy.spec import Spec

BALANCER = Wanted(name="mesosdeploy-balancer", version="1.0", flavour="lab")
EXPORTER = Wanted(name="mesosdeploy-mesos-exporter", version="1.0", flavour="lab")

__all__ = [
    "BALANCER",
    "EXPORTER",
    "Lock",
    "Resolved",
    "Store",
    "Wanted",
    "identity",
    "load_lock",
    "resolve",
    "wanted_for",
]


def wanted_for(spec: Spec) -> tuple[Wanted, ...]:
    """Return what the nodes of this spec are installed from."""
    mesos, marathon = spec.versions.mesos, spec.versions.marathon
    wanted = [Wanted(name="mesos", version=mesos.version, flavour=mesos.flavour)]
    if spec.features.marathon:
        version, flavour = marathon.version, marathon.flavour
        wanted.append(Wanted(name="marathon", version=version, flavour=flavour))
    if spec.requests_with(NodeRole.BALANCER):
        wanted.append(BALANCER)
    if spec.features.service_discovery:
        dns = spec.versions.mesos_dns
        wanted.append(Wanted(name="mesos-dns", version=dns.version, flavour=dns.flavour))
    if spec.features.monitoring:
        wanted.append(EXPORTER)
    if spec.requests_with(NodeRole.GRAFANA):
        version = spec.versions.grafana.version
        wanted.append(Wanted(name="grafana", version=version, flavour="official"))
    return tuple(wanted)


def identity(wanted: Wanted, lock: Lock) -> str:
    """Return a digest that changes when the artifact would; nothing is fetched or built.

    An artifact that cannot be resolved has an identity too: saying so is `resolve`'s affair.
    """
    try:
        entry = lock.find(wanted)
        if entry.kind is Kind.FILE:
            return entry.sha256
        if entry.kind is Kind.IMAGE:
            return hashlib.sha256(entry.image.encode()).hexdigest()
        if entry.kind is Kind.BUILT and entry.builder in builders():
            digest = builders()[entry.builder].source_digest(wanted.version)
            source = lock.input_of(entry)
            return build_key(source.sha256 if source else "", digest)
    except ArtifactError:
        pass
    return hashlib.sha256(str(wanted).encode()).hexdigest()
