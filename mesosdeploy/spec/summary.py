"""What a spec describes, in a few lines: for `validate` and for people who read along."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from mesosdeploy.nodes import ATTENDANT, NodeRequest
from mesosdeploy.spec.model import Spec


def as_data(spec: Spec) -> dict[str, Any]:
    """Return the summary for programs."""
    return {
        "cluster": spec.name,
        "provider": spec.provider.type,
        "mesos": spec.versions.mesos.model_dump(),
        "features": list(spec.features.enabled()),
        "quorum": spec.quorum,
        "nodes": [
            {"name": each.name, "group": each.group, "roles": sorted(each.roles)}
            for each in spec.requests()
        ],
        "fingerprint": spec.fingerprint(),
    }


def as_text(spec: Spec) -> str:
    """Return the summary for people, one group a line."""
    mesos = spec.versions.mesos
    requests = spec.requests()
    width = max(len(name) for name in spec.groups)
    heading = (
        f"cluster {spec.name} on {spec.provider.type}: {len(requests)} nodes, Mesos"
        f" {mesos.version} ({mesos.flavour}), quorum {spec.quorum} of {len(spec.masters)} masters"
    )
    lines = [heading]
    for name in dict.fromkeys(request.group for request in requests):
        members = [request for request in requests if request.group == name]
        lines.append(f"  {name:<{width}}  {len(members)} x {_carried(members)}")
    return "\n".join(lines)


def _carried(members: Sequence[NodeRequest]) -> str:
    """Return the roles of a group; one that only some members carry with their number."""
    counts = Counter(role for request in members for role in request.roles)
    return ", ".join(
        f"{role}" if count == len(members) else f"{role} ({count})"
        for role, count in sorted(counts.items())
        if role not in ATTENDANT
    )
