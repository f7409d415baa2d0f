"""A cluster that only SSH through another machine leads to is used as any other."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy import inventory
from mesosdeploy.inventory import InventoryContext
from mesosdeploy.nodes import Jump, Node
from mesosdeploy.workflow.environment import Environment
from tests.e2e.conftest import Cluster
from tests.e2e.monitoring import Monitored

pytestmark = pytest.mark.containers
JUMP = "monitor-1"
CHANGED = ("inventory.json", "ssh_config", "known_hosts")


def recorded(cluster: Cluster) -> tuple[Environment, list[Node]]:
    """Return the environment of a cluster, and its nodes as the provider lists them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MESOSDEPLOY_STATE_DIR", str(cluster.state))
        environment = Environment.load(cluster.inventory)
        return environment, list(environment.provider.list())


def record_jump(environment: Environment, nodes: list[Node]) -> None:
    """Change what `up` recorded to what it records of nodes behind a jump."""
    entrance = next(node for node in nodes if node.name == JUMP)
    jump = Jump(
        host=entrance.address,
        user=entrance.ssh_user,
        port=entrance.ssh_port,
        host_key=entrance.host_key,
    )
    behind = [node if node is entrance else replace(node, jump=jump) for node in nodes]
    context = InventoryContext(
        state_directory=environment.directory,
        private_key=environment.private_key,
        mesos_package_file="",
        mesos_package_version="",
    )
    built: Any = inventory.build(environment.spec, behind, context=context)
    known = environment.inventory()
    for name, variables in built["_meta"]["hostvars"].items():
        known["_meta"]["hostvars"][name] |= variables
    environment.inventory_json.write_text(json.dumps(known))
    environment.ssh_config.write_text(inventory.ssh_config(environment.spec, behind, context))
    environment.known_hosts.write_text(inventory.known_hosts(behind))


def route(verb: str, address: str) -> None:
    subprocess.run(["ip", "route", verb, "unreachable", f"{address}/32"], check=True)


@pytest.fixture(scope="module")
def outside(monitored: Monitored) -> Iterator[Cluster]:
    """Give the cluster from a computer that has no way to its nodes, but for SSH to one."""
    environment, nodes = recorded(monitored.cluster)
    files: dict[Path, bytes] = {
        path: path.read_bytes() for path in (environment.directory / one for one in CHANGED)
    }
    closed: list[str] = []
    try:
        record_jump(environment, nodes)
        for node in nodes:
            if node.name != JUMP:
                route("add", node.address)
                closed.append(node.address)
        yield monitored.cluster
    finally:
        for address in closed:
            route("del", address)
        for path, content in files.items():
            path.write_bytes(content)


def test_there_is_no_other_way(outside: Cluster) -> None:
    _, nodes = recorded(outside)
    master = next(node for node in nodes if node.name == "master-1")
    with pytest.raises(OSError, match=r"(?i)unreachable|no route"):
        socket.create_connection((master.address, 5050), 5)


def test_status_is_that_of_a_cluster_next_door(outside: Cluster) -> None:
    status = outside.json("status")
    assert status["healthy"], status["problems"]
    assert status["alerts"]["problems"] == []


def test_the_whole_cluster_is_verified(outside: Cluster) -> None:
    results = outside.json("verify", "--role", "cluster")["results"]
    assert len(results) > 20
    assert not [one for one in results if one["outcome"] == "failed"]
    assert sum(one["outcome"] == "passed" for one in results) > 20


@pytest.mark.parametrize("words", [("top",), ("alerts",)], ids=" ".join)
def test_monitoring_answers(outside: Cluster, words: tuple[str, ...]) -> None:
    assert outside.run(*words, "-o", "json").returncode == 0


def test_marathon_answers(outside: Cluster) -> None:
    done = subprocess.run(
        [outside.arguments("app")[0], "app", "list", "-i", str(outside.inventory), "-o", "json"],
        env=outside.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)


def test_page_comes_with_the_command_that_brings_it(outside: Cluster) -> None:
    done = outside.run("open", "dashboards")
    assert done.returncode == 0, done.stderr
    assert "-L 9090:" in " ".join(done.stderr.split())


def test_nothing_is_left_of_the_tunnels(outside: Cluster) -> None:
    config = str(outside.state / outside.name / "ssh_config")
    called = [entry for entry in Path("/proc").glob("[0-9]*/cmdline") if _reads(entry)]
    assert called
    assert not [one for one in called if config in _reads(one) and "\0-D\0" in _reads(one)]


def _reads(entry: Path) -> str:
    try:
        return entry.read_text(errors="replace")
    except OSError:
        return ""
