"""What is true of every node of a cluster with servers of names: those resolve, and all others."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.verify import infra

_PROBE = """
import json, os, pathlib, re, subprocess, sys
domain, = sys.argv[1:]
def run(*argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout
def servers(path):
    file = pathlib.Path(path)
    text = file.read_text() if file.exists() else ""
    return re.findall(r"^\\s*nameserver\\s+(\\S+)", text, re.MULTILINE)
def addresses(name):
    return sorted({line.split()[0] for line in run("getent", "ahostsv4", name)[1].splitlines()})
units = ("mesosdeploy-resolver.service", "mesosdeploy-resolver.path")
drop_in = pathlib.Path("/etc/systemd/resolved.conf.d/50-mesosdeploy.conf")
print(json.dumps({
    "leader": addresses(f"leader.{domain}"), "master": addresses(f"master.{domain}"),
    "asked": servers("/etc/resolv.conf"), "own": servers("/var/lib/mesosdeploy/resolv.conf"),
    "enabled": [run("systemctl", "is-enabled", unit)[1].strip() for unit in units],
    "watching": run("systemctl", "is-active", units[1])[1].strip(),
    "drop_in": drop_in.read_text() if drop_in.exists() else "",
}))
"""


@pytest.fixture(scope="session")
def seen(host: Any, expected: dict[str, Any]) -> dict[str, Any]:
    """Return what one command finds on the node."""
    return infra.look(host, _PROBE, str(expected.get("resolver_domain", "mesos")))


def test_node_resolves_the_leading_master(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    masters = [server["address"] for server in expected["mesosdeploy_master_servers"]]
    assert len(seen["leader"]) == 1, f"leader.mesos resolves to {seen['leader']} on this node"
    assert seen["leader"][0] in masters, f"leader.mesos is {seen['leader'][0]}, which is no master"


def test_node_resolves_all_masters(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    masters = sorted(server["address"] for server in expected["mesosdeploy_master_servers"])
    assert masters, "the inventory names no masters"
    assert seen["master"] == masters, f"master.mesos resolves to {seen['master']} on this node"


def test_servers_of_the_cluster_are_asked_first(
    seen: dict[str, Any], expected: dict[str, Any]
) -> None:
    servers = list(expected["mesosdeploy_dns_servers"])
    assert servers, "the inventory names no servers"
    if seen["drop_in"]:
        assert f"DNS={' '.join(servers)}\n" in seen["drop_in"], seen["drop_in"]
        return
    assert seen["asked"][: len(servers)] == servers, (
        f"/etc/resolv.conf names {seen['asked']}, first must be {servers}"
    )


def test_node_still_has_a_server_of_its_own(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    if seen["drop_in"]:
        pytest.skip("systemd-resolved asks the servers of the node's interfaces")
    if not seen["own"]:
        pytest.skip("this node had no server before")
    servers = expected["mesosdeploy_dns_servers"]
    assert not set(seen["own"]) & set(servers), "the node's own servers are the cluster's: a loop"
    # resolv.conf(5): a program asks the first three.
    assert set(seen["asked"][:3]) & set(seen["own"]), (
        f"with the cluster's servers down this node resolves nothing: it asks {seen['asked'][:3]}"
    )


def test_servers_are_put_first_again_after_a_reboot(seen: dict[str, Any]) -> None:
    if seen["drop_in"]:
        pytest.skip("systemd-resolved keeps its own configuration")
    assert seen["enabled"] == ["enabled", "enabled"], (
        f"mesosdeploy-resolver's service and path are {seen['enabled']}"
    )
    assert seen["watching"] == "active", "a rewritten /etc/resolv.conf would stay as it is"
