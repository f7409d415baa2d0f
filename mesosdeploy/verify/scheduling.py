"""How checks are shared among pytest's workers: those of one node stay in one process.

So each node is connected to once, and one that cannot be reached is told once. (xdist's own
`loadgroup` does nothing under pytest 9.2: xdist 3.8 marks groups in an attribute that is no
longer read.)
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from mesosdeploy.verify.results import CLUSTER


def group_of_check(nodeid: str, nodes: Sequence[str]) -> str:
    """Return the node that pytest's id of a check names, or "cluster".

    Ids look like `role/test_file.py::test_name[node-parameter]`, relative to the infra tests.
    """
    if nodeid.startswith(f"{CLUSTER}/"):
        return CLUSTER
    parameters = nodeid.partition("[")[2].removesuffix("]")
    named = [name for name in nodes if f"{parameters}-".startswith(f"{name}-")]
    return max(named, key=len, default=nodeid.partition("::")[0])


class NodeScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Give each worker all checks of a node, then those of the next node that nobody has."""

    node_names: Sequence[str] = ()

    def _split_scope(self, nodeid: str) -> str:
        return group_of_check(nodeid, self.node_names)


def scheduler(config: pytest.Config, log: object, nodes: Sequence[str]) -> NodeScheduling:
    """Return the scheduling for these nodes, for the hook `pytest_xdist_make_scheduler`."""
    made = NodeScheduling(config, log)
    made.node_names = tuple(nodes)
    return made
