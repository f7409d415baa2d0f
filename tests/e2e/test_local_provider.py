"""The local provider on real containers: made, reached by pinned keys, stopped, removed."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from mesosdeploy.nodes import Node, NodeRequest, NodeRole, NodeStatus
from mesosdeploy.providers.base import ClusterContext
from mesosdeploy.providers.local import LocalProvider
from mesosdeploy.providers.local.containers import (
    NEVER_STARTED,
    ContainerSpec,
    container_name,
    create_argv,
    network_name,
)
from mesosdeploy.providers.local.recipe import choose_recipe
from mesosdeploy.providers.local.runtime import detect_platform
from mesosdeploy.state import keys

pytestmark = pytest.mark.containers

MASTER = frozenset({NodeRole.ZOOKEEPER, NodeRole.MESOS_MASTER})
AGENT = frozenset({NodeRole.MESOS_AGENT})


def ignore(_step: str) -> None:
    """Report nothing."""


class Cluster:
    """A cluster of this test run, with an SSH client that accepts only pinned host keys."""

    def __init__(self, name: str, directory: Path) -> None:
        self.name = name
        self.directory = directory / name
        public_key = keys.ensure_key_pair(self.directory, name)
        self.context = ClusterContext(cluster=name, directory=self.directory, public_key=public_key)
        self.provider = LocalProvider(self.context)

    def request(self, name: str, group: str, index: int) -> NodeRequest:
        roles = AGENT if group == "agents" else MASTER
        return NodeRequest(cluster=self.name, name=name, group=group, index=index, roles=roles)

    def two(self) -> list[NodeRequest]:
        return [self.request("master-1", "masters", 1), self.request("agent-1", "agents", 1)]

    def up(self, requests: list[NodeRequest]) -> list[Node]:
        self.provider.prepare(requests, ignore)
        with ThreadPoolExecutor() as pool:
            return list(pool.map(lambda r: self.provider.create(r, ignore), requests))

    def ssh(self, node: Node, command: str, host_key: str | None = None) -> str | None:
        """Return the output of a command on the node, None when it is not reached in time."""
        known_hosts = self.directory / f"known_hosts-{node.name}"
        known_hosts.write_text(f"{node.ssh_host} {host_key or node.host_key}\n")
        options = {
            "UserKnownHostsFile": known_hosts,
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes",
            "BatchMode": "yes",
            "ConnectTimeout": 2,
        }
        words = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
        target = f"{node.ssh_user}@{node.ssh_host}"
        private_key = str(keys.private_key(self.directory))
        done = subprocess.run(
            ["ssh", "-i", private_key, *words, target, command],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return done.stdout.strip() if done.returncode == 0 else None

    def ssh_soon(self, node: Node, command: str) -> str:
        attempts = Retrying(
            retry=retry_if_result(lambda answer: answer is None),
            stop=stop_after_delay(15),
            wait=wait_fixed(0.1),
        )
        return str(attempts(self.ssh, node, command))

    def engine(self, *words: str) -> str:
        return self.provider.engine.run(*words)


@pytest.fixture
def clusters(tmp_path: Path) -> Iterator[list[Cluster]]:
    made = [Cluster(f"h2test-{os.getpid()}-{letter}", tmp_path) for letter in "ab"]
    try:
        yield made
    finally:
        for cluster in made:
            cluster.provider.cleanup(ignore)


@pytest.fixture
def cluster(clusters: list[Cluster]) -> Cluster:
    return clusters[0]


def test_five_nodes_answer_by_their_pinned_keys_within_seconds(cluster: Cluster) -> None:
    requests = [cluster.request(f"master-{n}", "masters", n) for n in (1, 2, 3)]
    requests += [cluster.request(f"agent-{n}", "agents", n) for n in (1, 2)]
    cluster.provider.prepare(requests, ignore)
    started = time.monotonic()
    nodes = cluster.up(requests)
    with ThreadPoolExecutor() as pool:
        names = list(pool.map(lambda node: cluster.ssh_soon(node, "hostname"), nodes))
    took = time.monotonic() - started
    assert names == [request.name for request in requests]
    assert len({node.address for node in nodes}) == 5
    assert len({node.host_key for node in nodes}) == 5
    assert took < 30, f"five nodes took {took:.1f} s"


def test_a_node_is_refused_under_another_host_key(cluster: Cluster) -> None:
    master, agent = cluster.up(cluster.two())
    assert cluster.ssh_soon(master, "true") == ""
    assert cluster.ssh(master, "true", host_key=agent.host_key) is None


def test_a_node_is_a_healthy_machine(cluster: Cluster) -> None:
    master, agent = cluster.up(cluster.two())
    for node in (master, agent):
        assert cluster.ssh_soon(node, "systemctl is-system-running --wait") == "running"
        assert cluster.ssh(node, "systemctl --failed --no-legend") == ""
        assert cluster.ssh(node, f"getent hosts {node.name}") is not None
    assert cluster.ssh(agent, "findmnt -n -o TARGET /var/lib/mesos") == "/var/lib/mesos"
    assert cluster.ssh(master, "findmnt -n /var/lib/mesos") is None


def test_agents_on_one_kernel_have_cgroup_roots_of_their_own(cluster: Cluster) -> None:
    first, second = cluster.up([cluster.request(f"agent-{n}", "agents", n) for n in (1, 2)])
    memory = (
        "if [ -d /sys/fs/cgroup/memory ]; then cd /sys/fs/cgroup/memory; else cd /sys/fs/cgroup; fi"
    )
    assert cluster.ssh_soon(first, f"{memory}; mkdir h2test && ls -d h2test") == "h2test"
    assert cluster.ssh_soon(second, f"{memory}; ls -d h2test || echo absent") == "absent"


def test_a_stopped_node_comes_back_the_same(cluster: Cluster) -> None:
    _, before = cluster.up(cluster.two())
    cluster.ssh_soon(before, "echo kept > /var/lib/mesos/kept; echo 192.0.2.1 added >> /etc/hosts")
    cluster.engine("stop", container_name(cluster.name, "agent-1"))
    (stopped,) = (node for node in cluster.provider.list() if node.name == "agent-1")
    assert stopped.status is NodeStatus.STOPPED
    after = cluster.provider.start(stopped, ignore)
    assert after == before
    assert cluster.ssh_soon(after, "cat /var/lib/mesos/kept; getent hosts added").split() == [
        "kept",
        "192.0.2.1",
        "added",
    ]


def test_a_paused_or_killed_node_is_started_by_create(cluster: Cluster) -> None:
    requests = cluster.two()
    before = cluster.up(requests)
    cluster.engine("pause", container_name(cluster.name, "master-1"))
    cluster.engine("kill", container_name(cluster.name, "agent-1"))
    assert {node.status for node in cluster.provider.list()} == {NodeStatus.STOPPED}
    assert LocalProvider(cluster.context).create(requests[0], ignore) == before[0]
    assert LocalProvider(cluster.context).create(requests[1], ignore) == before[1]
    assert cluster.ssh_soon(before[0], "hostname") == "master-1"
    assert cluster.ssh_soon(before[1], "hostname") == "agent-1"


def test_two_clusters_live_side_by_side(clusters: list[Cluster]) -> None:
    first, second = clusters
    with ThreadPoolExecutor() as pool:
        ours, theirs = pool.map(lambda c: c.up(c.two()), clusters)
    assert {n.address for n in ours}.isdisjoint(n.address for n in theirs)
    first.provider.cleanup(ignore)
    assert first.provider.list() == []
    assert list(second.provider.list()) == sorted(theirs, key=lambda n: n.group)
    assert second.ssh_soon(theirs[0], "hostname") == "master-1"


def test_nothing_is_left_after_destroy_and_cleanup_twice(cluster: Cluster) -> None:
    nodes = cluster.up(cluster.two())
    assert [left.kind for left in cluster.provider.leftovers()] == ["volume", "network"]
    for node in nodes:
        cluster.provider.destroy(node, ignore)
    assert cluster.provider.list() == []
    assert [left.kind for left in cluster.provider.leftovers()] == ["network"]
    cluster.provider.cleanup(ignore)
    cluster.provider.cleanup(ignore)
    assert cluster.provider.leftovers() == []
    cluster.provider.destroy(nodes[0], ignore)
    everything = cluster.engine("ps", "--all", "--format", "{{.Names}}")
    everything += cluster.engine("network", "ls", "--format", "{{.Name}}")
    everything += cluster.engine("volume", "ls", "--format", "{{.Name}}")
    assert cluster.name not in everything


def half_made(cluster: Cluster, request: NodeRequest) -> None:
    """Leave what a killed `create` leaves: a container without its own files, never started."""
    tag = choose_recipe("auto").tag
    spec = ContainerSpec(
        request=request,
        address="10.210.255.250",
        network=network_name(cluster.name),
        image=tag,
        host_key="ssh-ed25519 AAAA",
    )
    cluster.engine(*create_argv(spec, detect_platform(cluster.provider.engine, tag)))


def test_a_half_made_node_is_failed_and_made_again(cluster: Cluster) -> None:
    request = cluster.request("master-1", "masters", 1)
    cluster.provider.prepare([request], ignore)
    half_made(cluster, request)
    (found,) = cluster.provider.list()
    assert (found.status, found.detail) == (NodeStatus.FAILED, "its making was interrupted")
    node = cluster.provider.create(request, ignore)
    assert node.status is NodeStatus.RUNNING
    assert cluster.ssh_soon(node, "hostname") == "master-1"


def test_a_complete_node_that_never_started_is_only_started(cluster: Cluster) -> None:
    """A host that reboots may put podman's containers back to their state before the start."""
    request = cluster.request("master-1", "masters", 1)
    node = cluster.up([request])[0]
    name = container_name(cluster.name, "master-1")
    cluster.engine("stop", name)
    cluster.engine("container", "init", name)
    state = cluster.engine("inspect", "--format", "{{.State.Status}}", name).strip()
    assert state in NEVER_STARTED
    assert cluster.provider.list()[0].status is NodeStatus.STOPPED
    assert cluster.provider.create(request, ignore) == node


def test_scaling_out_moves_no_address(cluster: Cluster) -> None:
    before = cluster.up(cluster.two())
    third = cluster.request("agent-2", "agents", 2)
    fresh = Cluster(cluster.name, cluster.directory.parent)
    after = fresh.up([*cluster.two(), third])
    assert after[:2] == before
    assert after[2].address not in {node.address for node in before}
