"""Artifacts: every file that a cluster is installed from, pinned, verified and kept."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from mesosdeploy.artifacts.built import build_key, builders
from mesosdeploy.artifacts.lock import Kind, Lock, Wanted, input_of, load_lock
from mesosdeploy.artifacts.resolve import Resolved, resolve
from mesosdeploy.artifacts.store import Store
from mesosdeploy.errors import ArtifactError

if TYPE_CHECKING:
    from mesosdeploy.spec import Spec

__all__ = [
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
    mesos = spec.versions.mesos
    return (Wanted(name="mesos", version=mesos.version, flavour=mesos.flavour),)


def identity(wanted: Wanted, lock: Lock) -> str:
    """Return a digest that changes when the artifact would; nothing is fetched or built.

    An artifact that cannot be resolved has an identity too: saying so is `resolve`'s affair.
    """
    try:
        entry = lock.find(wanted)
        if entry.kind is Kind.FILE:
            return entry.sha256
        if entry.kind is Kind.BUILT and entry.builder in builders():
            digest = builders()[entry.builder].source_digest(wanted.version)
            return build_key(lock.find(input_of(entry)).sha256, digest)
    except ArtifactError:
        pass
    return hashlib.sha256(str(wanted).encode()).hexdigest()
