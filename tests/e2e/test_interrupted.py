"""`up` on real containers, killed or interrupted midway: the next `up` ends in the same cluster."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.e2e.conftest import Cluster, MakeCluster, engine
from tests.e2e.interruption import began, cut_off

pytestmark = pytest.mark.containers
NODES = ["agent-1", "master-1"]


@pytest.fixture(scope="module")
def small(make_cluster: MakeCluster) -> Cluster:
    """A cluster of one master and one agent, not yet made."""
    return make_cluster("cut")


@pytest.mark.parametrize(
    ("step", "wait"),
    [("machines", 0.3), ("reach", 0.0), ("converge", 4.0), ("converge", 9.0), ("verify", 0.7)],
    ids=["creation", "ssh-wait", "early-playbook", "mid-playbook", "verification"],
)
def test_killed_up_is_continued_by_the_next(small: Cluster, step: str, wait: float) -> None:
    done = cut_off(small, signal.SIGKILL, began(step), wait)
    assert done.returncode == -signal.SIGKILL


def test_up_after_all_those_kills_ends_in_a_healthy_cluster(small: Cluster) -> None:
    done = small.run("up")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "was cut off in step" in done.stderr
    assert sorted(n for n in small.json("inventory")["_meta"]["hostvars"]) == NODES
    assert small.json("status")["healthy"]
    assert "nothing to do" in small.run("up").stderr


def test_ctrl_c_ends_without_a_traceback_and_is_continued(small: Cluster) -> None:
    small.on("agent-1", "systemctl stop mesos-agent")  # so that there is something to do
    done = cut_off(small, signal.SIGINT, began("converge"), 3.0)
    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr
    assert "continues from here" in done.stderr
    small.ok("up")
    assert small.json("status")["healthy"]


def test_two_clusters_live_side_by_side(small: Cluster, make_cluster: MakeCluster) -> None:
    other = make_cluster("beside")
    other.ok("up")
    assert other.json("status")["healthy"]
    assert small.json("status")["healthy"]
    other.ok("down", "--yes")
    assert small.json("status")["healthy"]


def test_down_leaves_nothing_and_may_be_repeated(small: Cluster) -> None:
    listed = small.run("down")
    assert listed.returncode == 2  # nobody is there to say yes
    assert "node master-1" in listed.stderr
    gone = small.run("down", "--yes")
    assert gone.returncode == 0, gone.stderr
    assert "nothing is left" in gone.stderr
    label = f"label=org.mesosdeploy.cluster={small.name}"
    for listing in (["ps", "-aq"], ["volume", "ls", "-q"], ["network", "ls", "-q"]):
        assert engine(small, *listing, "--filter", label).strip() == ""
    assert not Path(small.state / small.name).exists()
    again = small.run("down", "--yes")
    assert again.returncode == 0
    assert "nothing to remove" in again.stderr
