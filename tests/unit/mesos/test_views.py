"""Claims about what is wrong with a cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mesosdeploy.mesos.views import (
    AgentView,
    ClusterView,
    MasterView,
    ZooKeeperView,
    majority,
    problems,
)

MASTERS = tuple(
    MasterView(
        node=f"master-{n}",
        address=f"10.0.0.{n}",
        port=5050,
        reachable=True,
        healthy=True,
        version="1.11.0",
        is_leader=n == 1,
        leader="master-1",
        quorum=2,
        ensemble_size=3,
        log_recovered=True,
    )
    for n in (1, 2, 3)
)
AGENT = AgentView(
    node="agent-1", address="10.0.0.9", port=5051, reachable=True, registered=True, active=True
)
SERVERS = tuple(
    ZooKeeperView(
        node=f"master-{n}",
        address=f"10.0.0.{n}",
        port=2181,
        reachable=True,
        mode="leader" if n == 2 else "follower",
        synced_followers=2 if n == 2 else None,
    )
    for n in (1, 2, 3)
)
SOUND = ClusterView(
    cluster="demo", masters=MASTERS, agents=(AGENT,), zookeepers=SERVERS, seconds=0.1
)


def with_master(number: int, **changes: Any) -> ClusterView:
    masters = list(MASTERS)
    masters[number - 1] = replace(masters[number - 1], **changes)
    return replace(SOUND, masters=tuple(masters))


def with_server(number: int, **changes: Any) -> ClusterView:
    servers = list(SERVERS)
    servers[number - 1] = replace(servers[number - 1], **changes)
    return replace(SOUND, zookeepers=tuple(servers))


def with_agent(**changes: Any) -> ClusterView:
    return replace(SOUND, agents=(replace(AGENT, **changes),))


def test_a_sound_cluster_has_no_problem() -> None:
    assert problems(SOUND) == ()
    assert SOUND.healthy
    assert SOUND.leader == "master-1"


@pytest.mark.parametrize(
    ("view", "sentence"),
    [
        pytest.param(
            with_master(3, reachable=False, error="refused"),
            "master-3: the Mesos master does not answer: refused",
            id="dead master",
        ),
        pytest.param(
            with_master(2, is_leader=True),
            "2 masters say that they lead: master-1, master-2",
            id="two leaders",
        ),
        pytest.param(
            with_master(2, leader="master-3"),
            "master-2 names master-3 as the leader, which is not elected",
            id="stale leader",
        ),
        pytest.param(with_master(2, leader=None), "master-2 knows no leader", id="no leader known"),
        pytest.param(
            with_master(3, quorum=1), "master-3 has quorum 1, but 3 masters need 2", id="quorum"
        ),
        pytest.param(
            with_master(3, ensemble_size=2),
            "master-3 counts 2 replicas of the log, not 3",
            id="ensemble size",
        ),
        pytest.param(
            with_master(3, log_recovered=False),
            "master-3 has not recovered its replicated log",
            id="log",
        ),
        pytest.param(
            with_master(3, version="1.10.0"),
            "the masters run different versions: 1.10.0, 1.11.0",
            id="versions",
        ),
        pytest.param(
            with_agent(registered=False, active=False),
            "agent-1 is not registered with the leader master-1",
            id="not registered",
        ),
        pytest.param(
            with_agent(active=False),
            "agent-1 is registered with master-1, but not active",
            id="not active",
        ),
        pytest.param(
            with_agent(reachable=False, error="refused"),
            "agent-1: the Mesos agent does not answer: refused",
            id="dead agent",
        ),
        pytest.param(
            with_server(1, mode="not serving", error="no quorum"),
            "master-1: ZooKeeper is not serving: no quorum",
            id="zookeeper without quorum",
        ),
        pytest.param(
            with_server(2, synced_followers=1),
            "1 of 2 ZooKeeper followers are in sync with master-2",
            id="follower behind",
        ),
        pytest.param(
            with_server(2, mode="follower"),
            "the ZooKeeper ensemble needs one leader, it has 0 (none)",
            id="no zookeeper leader",
        ),
        pytest.param(
            with_server(1, mode="standalone"),
            "ZooKeeper runs alone, outside of the ensemble, on master-1",
            id="zookeeper alone",
        ),
    ],
)
def test_a_fault_is_told_as_what_it_is(view: ClusterView, sentence: str) -> None:
    assert sentence in problems(view)
    assert not view.healthy


def test_a_cluster_without_leader_says_so_and_does_not_accuse_agents() -> None:
    masters = tuple(replace(one, is_leader=False, leader=None) for one in MASTERS)
    agent = replace(AGENT, registered=None, active=None)
    found = problems(replace(SOUND, masters=masters, agents=(agent,)))
    assert found[0] == "no master is the leader"
    assert not [sentence for sentence in found if "agent-1" in sentence]


def test_one_zookeeper_alone_is_sound_for_a_cluster_of_one() -> None:
    alone = replace(SERVERS[0], mode="standalone")
    assert problems(replace(SOUND, zookeepers=(alone,))) == ()


@pytest.mark.parametrize(("count", "quorum"), [(1, 1), (3, 2), (5, 3), (7, 4)])
def test_a_quorum_is_more_than_half(count: int, quorum: int) -> None:
    assert majority(count) == quorum
