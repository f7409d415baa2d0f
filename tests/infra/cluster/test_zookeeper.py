"""The ZooKeeper servers are one ensemble: one leader, and every follower in sync with it."""

from __future__ import annotations

from mesosdeploy.mesos.views import SERVING, ClusterView, ensemble_problems


def test_zookeeper_serves(view: ClusterView, zookeeper: str) -> None:
    seen = view.zookeeper(zookeeper)
    assert seen.reachable, seen.error
    assert seen.mode in SERVING, f"ZooKeeper on {zookeeper} is {seen.mode}: {seen.error}"


def test_zookeeper_ensemble_has_one_leader_in_sync(view: ClusterView) -> None:
    wrong = ensemble_problems(view)
    assert not wrong, "; ".join(wrong)
