"""Machines that somebody owns: a cluster comes, is forgotten, is taken over again, and leaves.

The machines are containers of the local provider, made ready as their owner would: a user who may
sudo, a key, and no login for root. One is reached through the other only.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import Cluster, MakeCluster
from tests.e2e.test_reach import recorded

pytestmark = pytest.mark.containers
MASTER, AGENT = "master-1", "agent-1"
READY = """\
set -e
useradd --create-home --shell /bin/bash ops
echo 'ops ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/ops
mkdir --mode 700 /home/ops/.ssh
echo '{key}' >/home/ops/.ssh/authorized_keys
chown --recursive ops: /home/ops/.ssh
systemctl enable --now prometheus-node-exporter # the owner's own
echo "127.0.1.1 $(hostname).example.org $(hostname)" >>/etc/hosts # as Debian's installer leaves it
mkdir --parents /etc/cloud/cloud.cfg.d
"""
LOOK = """\
find /etc /home /opt /root /srv /usr/local /var/cache /var/lib /var/log -xdev \
  \\( -path /var/lib/mesos -o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/log \\) \
  -prune -o -printf '%y %m %u:%g %p %l\\n'
dpkg --get-selections | sed 's/^/package /'
getent passwd | sed 's/^/user /'
getent group | sed 's/^/group /'
systemctl list-unit-files --no-legend --no-pager | sed 's/^/unit /'
systemctl list-units --failed --no-legend --plain | sed 's/^/failed /'
sed 's/^/hosts /' /etc/hosts
ls -A /var/lib/mesos 2>/dev/null | sed 's/^/data /'
find /sys/fs/cgroup -maxdepth 2 -name 'mesos*' | sed 's/^/cgroup /'
hostname
"""
ACCEPTED = (
    "/.ansible",  # where Ansible puts its modules, empty
    "/var/log/",  # apt, dpkg and the journal keep what happened
    "/var/cache/apt",
    "/var/cache/debconf",
    "/var/cache/ldconfig",
    "/var/lib/systemd",  # its memory of timers and units
    "/var/lib/ucf",
)
SPEC = """\
name: {name}
provider:
  type: static
  private_key: key
  known_hosts: known_hosts
  hosts:
    masters: [{{address: {master}, user: ops}}]
    agents:
      user: ops
      jump: {{address: {master}, user: ops, private_key: key}}
      hosts: [{agent}]
groups:
  masters: {{count: 1}}
  agents: {{count: 1, resources: {{cpus: 1, mem_mb: 512, disk_mb: 1024, ports: ["31000-32000"]}}}}
features: {{load_balancer: false}}
"""


@dataclass(frozen=True, kw_only=True)
class Owned:
    """Machines, and a cluster on them."""

    machines: Cluster
    cluster: Cluster
    before: dict[str, set[str]]

    def look(self, node: str) -> set[str]:
        """Return what a machine has."""
        lines = self.machines.on(node, LOOK).splitlines()
        return {line for line in lines if not any(each in line for each in ACCEPTED)}


@pytest.fixture(scope="module")
def owned(make_cluster: MakeCluster, tmp_path_factory: pytest.TempPathFactory) -> Owned:
    """Give machines that their owner made ready, and the spec of a cluster on them."""
    machines = make_cluster("own")
    machines.ok("up", "--until", "inventory", seconds=900)
    root = tmp_path_factory.mktemp("static")
    inventory = root / "inventory"
    inventory.mkdir()
    key = inventory / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    public = key.with_suffix(".pub").read_text().strip()
    for node in (MASTER, AGENT):
        machines.on(node, READY.format(key=public))
    environment, nodes = recorded(machines)
    (inventory / "known_hosts").write_text(environment.known_hosts.read_text())
    addresses = {node.name: node.address for node in nodes}
    name = f"static-{machines.name.rpartition('-')[2]}"
    (inventory / "cluster.yml").write_text(
        SPEC.format(name=name, master=addresses[MASTER], agent=addresses[AGENT])
    )
    cluster = Cluster(inventory=inventory, state=root / "state", name=name)
    made = Owned(machines=machines, cluster=cluster, before={})
    made.before.update({node: made.look(node) for node in (MASTER, AGENT)})
    return made


def running(owned: Owned, node: str, unit: str) -> bool:
    return owned.machines.on(node, f"systemctl is-active {unit} || true").strip() == "active"


def test_machines_that_somebody_owns_become_a_verified_cluster(owned: Owned) -> None:
    done = owned.cluster.run("up", seconds=900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "checks passed" in done.stderr
    assert owned.cluster.ok("ssh", AGENT, "--", "id", "-un").strip() == "ops"


def test_second_up_has_nothing_to_do(owned: Owned) -> None:
    assert "nothing to do" in owned.cluster.run("up").stderr


def test_down_forgets_the_cluster_and_leaves_it_running(owned: Owned) -> None:
    done = owned.cluster.run("down", "--yes")
    assert done.returncode == 0, done.stderr
    assert "services, tasks and data of master-1, agent-1 go on" in " ".join(done.stderr.split())
    assert not (owned.cluster.state / owned.cluster.name).exists()
    assert running(owned, MASTER, "mesos-master")
    assert running(owned, AGENT, "mesos-agent")


def test_purge_without_a_yes_names_what_it_would_remove(owned: Owned) -> None:
    done = owned.cluster.run("down", "--purge")
    assert done.returncode == 2
    said = " ".join(done.stderr.split())
    for part in ("/var/lib/mesosdeploy/zookeeper", "mesos-agent.service", "package: ", "marathon"):
        assert part in said
    assert "unit prometheus-node-exporter.service (it was here before the cluster)" in said
    assert running(owned, AGENT, "mesos-agent")


def test_purge_leaves_nothing(owned: Owned) -> None:
    done = owned.cluster.run("down", "--purge", "--yes", "-o", "json")
    assert done.returncode == 0, done.stderr
    removed = {item["name"] for item in json.loads(done.stdout)[AGENT]["removed"]}
    assert {"mesos", "mesos-agent.service", "/var/lib/mesos"} <= removed
    for node, before in owned.before.items():
        after = owned.look(node)
        assert (after - before, before - after) == (set(), set()), node
    assert running(owned, AGENT, "prometheus-node-exporter")


def test_second_purge_has_nothing_to_do(owned: Owned) -> None:
    done = owned.cluster.run("down", "--purge")
    assert (done.returncode, "nothing to remove" in done.stderr) == (0, True), done.stderr


def test_cluster_comes_again(owned: Owned) -> None:
    done = owned.cluster.run("up", seconds=900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert owned.cluster.json("status")["healthy"]


def test_changed_host_key_is_told_as_such(owned: Owned, tmp_path: Path) -> None:
    known = owned.cluster.inventory / "known_hosts"
    good = known.read_text()
    lines = good.splitlines()
    keys = [line.split(" ", 1)[1] for line in lines]
    names = [line.split(" ", 1)[0] for line in lines]
    known.write_text("".join(f"{a} {b}\n" for a, b in zip(names, reversed(keys), strict=True)))
    try:
        done = owned.cluster.run("up", "--converge")
    finally:
        known.write_text(good)
    assert done.returncode == 5
    assert "another host key than the pinned one" in " ".join(done.stderr.split())
