"""A tunnel is opened where only SSH leads to the nodes, once, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy import route
from mesosdeploy.workflow import way

NEAR: dict[str, Any] = {"_meta": {"hostvars": {"master-1": {}}}}
FAR: dict[str, Any] = {
    "_meta": {"hostvars": {"agent-1": {}, "master-1": {"mesosdeploy_behind_ssh": True}}},
    "mesos_master": {"hosts": ["master-1"]},
}


class Cluster:
    def __init__(self, inventory: dict[str, Any], config: str = "/a/ssh_config") -> None:
        self._inventory, self._config = inventory, config

    @property
    def ssh_config(self) -> Path:
        assert self._inventory is not NEAR, "SSH is none of a near cluster's business"
        return Path(self._config)

    def inventory(self) -> dict[str, Any]:
        return self._inventory


class Tunnel:
    """Stands in for ssh, and counts."""

    made: list[Tunnel]

    def __init__(self, config: Path, nodes: Sequence[str]) -> None:
        self.config, self.nodes, self.is_alive = config, nodes, True
        self.place = f"127.0.0.1:{1080 + len(self.made)}"
        self.made.append(self)

    def close(self) -> None:
        self.is_alive = False


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Tunnel]]:
    monkeypatch.setattr(Tunnel, "made", [], raising=False)
    monkeypatch.setattr(way, "open_tunnel", Tunnel)
    monkeypatch.delenv(route.VARIABLE, raising=False)
    yield Tunnel.made
    way.close()


def test_near_cluster_has_no_tunnel(made: list[Tunnel]) -> None:
    assert way.inventory(Cluster(NEAR)) is NEAR
    assert made == []
    assert route.VARIABLE not in os.environ


def test_far_cluster_has_one_tunnel_for_all_questions(made: list[Tunnel]) -> None:
    for _ in range(3):
        assert way.inventory(Cluster(FAR)) is FAR
    (tunnel,) = made
    assert (tunnel.config, tunnel.nodes) == (Path("/a/ssh_config"), ("master-1", "agent-1"))
    assert os.environ[route.VARIABLE] == "127.0.0.1:1080"
    way.close()
    assert not tunnel.is_alive
    assert route.VARIABLE not in os.environ


def test_broken_tunnel_and_that_of_another_cluster_are_replaced(made: list[Tunnel]) -> None:
    way.inventory(Cluster(FAR))
    made[0].is_alive = False
    way.inventory(Cluster(FAR))
    way.inventory(Cluster(FAR, "/b/ssh_config"))
    assert [one.is_alive for one in made] == [False, False, True]
    assert os.environ[route.VARIABLE] == made[-1].place
    way.inventory(Cluster(NEAR))
    assert not any(one.is_alive for one in made)
    assert route.VARIABLE not in os.environ


def test_proxy_of_the_operator_is_used_and_left_alone(
    made: list[Tunnel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(route.VARIABLE, "10.9.9.9:1080")
    way.inventory(Cluster(FAR))
    way.close()
    assert made == []
    assert route.proxy() == "socks5://10.9.9.9:1080"
