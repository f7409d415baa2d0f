"""Artifacts: every file that a cluster is installed from, pinned, verified and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesosdeploy.artifacts.lock import Lock, Wanted, load
from mesosdeploy.artifacts.resolve import Resolved, resolve
from mesosdeploy.artifacts.store import Store

if TYPE_CHECKING:
    from mesosdeploy.spec import Spec

__all__ = ["Lock", "Resolved", "Store", "Wanted", "load", "resolve", "wanted_for"]


def wanted_for(spec: Spec) -> tuple[Wanted, ...]:
    """Return what the nodes of this spec are installed from."""
    mesos = spec.versions.mesos
    return (Wanted(name="mesos", version=mesos.version, flavour=mesos.flavour),)
