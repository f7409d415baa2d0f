"""Over which zones the machines of a group are spread. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from mesosdeploy.nodes import NodeRequest, NodeRole

VOTERS = frozenset({NodeRole.MESOS_MASTER, NodeRole.ZOOKEEPER})


def spread(request: NodeRequest, zones: Sequence[str]) -> tuple[str, ...]:
    """Return the zone for a machine, and the others for one that does not vote.

    Voters stay where they are planned: a majority in one zone would end with that zone.
    """
    start = (request.index - 1) % len(zones)
    order = (*zones[start:], *zones[:start])
    return order[:1] if request.roles & VOTERS else order
