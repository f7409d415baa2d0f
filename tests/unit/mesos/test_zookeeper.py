"""Claims about what a ZooKeeper server's four-letter words mean."""

from __future__ import annotations

from mesosdeploy.mesos.endpoints import Endpoint
from mesosdeploy.mesos.zookeeper import parse

SERVER = Endpoint(node="master-1", address="10.0.0.1", port=2181)


def test_mntr_of_a_leader_tells_mode_version_and_synced_followers() -> None:
    answer = (
        "zk_version\t3.8.0--1, built on 2022-02-25 08:49 UTC\n"
        "zk_avg_latency\t0.25\n"
        "zk_outstanding_requests\t3\n"
        "zk_server_state\tleader\n"
        "zk_synced_followers\t2\n"
    )
    view = parse(SERVER, answer)
    assert (view.mode, view.version, view.outstanding) == ("leader", "3.8.0", 3)
    assert (view.latency, view.synced_followers, view.error) == (0.25, 2, "")


def test_srvr_stands_in_for_mntr() -> None:
    answer = (
        "Zookeeper version: 3.4.13-5, built on 06/05/2019\n"
        "Latency min/avg/max: 0/1.5/20\n"
        "Outstanding: 0\n"
        "Mode: follower\n"
    )
    view = parse(SERVER, answer)
    assert (view.mode, view.version, view.latency) == ("follower", "3.4.13", 1.5)
    assert view.synced_followers is None


def test_a_server_without_quorum_answers_but_does_not_serve() -> None:
    view = parse(SERVER, "This ZooKeeper instance is not currently serving requests\n")
    assert view.reachable
    assert view.mode == "not serving"
    assert "no quorum" in view.error


def test_an_unknown_answer_is_quoted() -> None:
    view = parse(SERVER, "mntr is not executed because it is not in the whitelist.\n")
    assert view.mode == "unknown"
    assert "not in the whitelist" in view.error
    assert parse(SERVER, "").error == "it answered 'nothing' to mntr"
