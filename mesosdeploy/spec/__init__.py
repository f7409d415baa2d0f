"""The spec: cluster.yml as frozen models, with every problem located."""

from __future__ import annotations

from mesosdeploy.spec.load import load
from mesosdeploy.spec.model import Group, GroupKind, ProviderSpec, Resources, Spec
from mesosdeploy.spec.problems import InvalidSpecError, Problem

__all__ = [
    "Group",
    "GroupKind",
    "InvalidSpecError",
    "Problem",
    "ProviderSpec",
    "Resources",
    "Spec",
    "load",
]
