"""Claims about which checks stay together."""

from __future__ import annotations

import pytest

from mesosdeploy.verify.scheduling import group_of_check

NODES = ["agent-1", "agent-10", "agent-1-b"]


@pytest.mark.parametrize(
    ("nodeid", "group"),
    [
        pytest.param("common/test_c.py::test_clock[agent-1]", "agent-1", id="node alone"),
        pytest.param("common/test_c.py::test_file[agent-1-/a]b]", "agent-1", id="and a parameter"),
        pytest.param("common/test_c.py::test_clock[agent-10]", "agent-10", id="longer number"),
        pytest.param("common/test_c.py::test_clock[agent-1-b]", "agent-1-b", id="longest name"),
        pytest.param("cluster/test_m.py::test_x[agent-1]", "cluster", id="cluster"),
        pytest.param("common/test_c.py::test_x", "common/test_c.py", id="no node"),
    ],
)
def test_the_checks_of_a_node_and_those_of_the_cluster_stay_together(
    nodeid: str, group: str
) -> None:
    assert group_of_check(nodeid, NODES) == group
