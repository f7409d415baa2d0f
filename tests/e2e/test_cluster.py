"""One real cluster of five nodes: brought up, looked at, broken on purpose, failed over."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Cluster, engine

pytestmark = pytest.mark.containers
ROOT = Path(__file__).parents[2]
MASTERS = ["master-1", "master-2", "master-3"]
AGENTS = ["agent-1", "agent-2"]
# No container can have a clock of its own, so the node's Python is made to tell a wrong time.
WRONG_CLOCK = "import time; right = time.time; time.time = lambda: right() + 3600"
USER_SITE = "/root/.local/lib/python3.11/site-packages"


def leader_of(status: dict[str, Any]) -> str:
    return str(status["leader"])


def is_healthy(cluster: Cluster) -> bool:
    return bool(cluster.json("status")["healthy"])


def test_up_tells_steps_urls_and_the_next_command(cluster: Cluster) -> None:
    told = (cluster.state / "up.txt").read_text()
    assert "[1/9]" in told
    assert "[9/9]" in told
    assert re.search(
        rf"{cluster.name} is up: 5 nodes, \d+ tasks changed something, \d+ checks passed", told
    )
    assert "http://" in told
    assert "next: mesosdeploy status" in told


def test_status_is_truthful_and_fast(cluster: Cluster) -> None:
    began = time.monotonic()
    status = cluster.json("status")
    assert status["healthy"], status["problems"]
    assert leader_of(status) in MASTERS
    assert [m["node"] for m in status["masters"]] == MASTERS
    assert {a["node"]: a["resources"]["mem_mb"] for a in status["agents"]} == dict.fromkeys(
        AGENTS, 512
    )
    assert sorted(z["mode"] for z in status["zookeepers"]) == ["follower", "follower", "leader"]
    assert time.monotonic() - began < 10  # a loose bound; the figure is in the benchmark


def test_second_up_has_nothing_to_do(cluster: Cluster) -> None:
    done = cluster.run("up")
    assert done.returncode == 0
    assert "nothing to do" in done.stderr
    assert "[2/9]" not in done.stderr


def test_second_converge_changes_nothing(cluster: Cluster) -> None:
    done = cluster.run("up", "--converge", "--skip-verify")
    assert done.returncode == 0, done.stderr
    assert "0 tasks changed something" in done.stderr


@pytest.mark.parametrize("arguments", [["--check"], []], ids=["check-mode", "real"])
def test_plain_ansible_playbook_finds_nothing_to_change(
    cluster: Cluster, arguments: list[str]
) -> None:
    playbook = Path(sys.executable).parent / "ansible-playbook"
    done = subprocess.run(
        [str(playbook), "-i", str(cluster.inventory), *arguments, "playbooks/site.yml"],
        cwd=ROOT,
        env=cluster.environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    recaps = re.findall(r"^(\S+) +: ok=\d+ +changed=(\d+)", done.stdout, re.MULTILINE)
    assert {name for name, _ in recaps} >= {*MASTERS, *AGENTS}
    assert {changed for _, changed in recaps} == {"0"}


def test_verify_reports_every_node_and_the_cluster(cluster: Cluster, tmp_path: Path) -> None:
    junit = tmp_path / "junit.xml"
    cluster.ok("verify", "--junit", str(junit))
    text = junit.read_text()
    assert 'failures="0"' in text
    assert all(node in text for node in (*MASTERS, *AGENTS))


def test_ssh_runs_a_command_and_refuses_an_unknown_node(cluster: Cluster) -> None:
    done = cluster.run("ssh", "agent-1", "--", "hostname")
    assert done.stdout.strip() == "agent-1"
    refused = cluster.run("ssh", "agent-9")
    assert refused.returncode == 2
    assert "did you mean" in refused.stderr


def test_logs_of_several_nodes_are_in_the_order_of_time(cluster: Cluster) -> None:
    lines = cluster.ok("logs", "mesos_master", "-n", "20").splitlines()
    assert {line.split()[1] for line in lines} == set(MASTERS)
    times = [line.split()[0] for line in lines]
    assert times == sorted(times)


def test_doctor_finds_nothing_wrong(cluster: Cluster) -> None:
    done = cluster.run("doctor")
    assert done.returncode == 0, done.stdout


def test_second_operator_is_told_who_works(cluster: Cluster) -> None:
    first = subprocess.Popen(
        cluster.arguments("up", "--converge", "--skip-verify"),
        env=cluster.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        holder = cluster.state / f".{cluster.name}.lock-holder.json"
        cluster.until("the first operator holds the lock", 30, holder.exists)
        second = cluster.run("up")
        assert second.returncode == 7
        assert f"(pid {first.pid})" in second.stderr
        assert "since 20" in second.stderr
    finally:
        assert first.wait(timeout=300) == 0


@pytest.mark.parametrize(
    ("node", "breaks", "mends", "words"),
    [
        pytest.param(
            "agent-2",
            "systemctl stop mesos-agent",
            "systemctl start mesos-agent",
            "mesos-agent.service is inactive",
            id="unit-stopped",
        ),
        pytest.param(
            "master-2",
            "sed -i.bak 's/^MESOS_QUORUM=.*/MESOS_QUORUM=\"1\"/' /etc/mesos/mesos-master.env"
            " && systemctl restart mesos-master",
            "mv /etc/mesos/mesos-master.env.bak /etc/mesos/mesos-master.env"
            " && systemctl restart mesos-master",
            "the master runs with quorum 1, expected is 2",
            id="wrong-quorum",
        ),
        pytest.param(
            "agent-1",
            "mount -t tmpfs -o size=1m none /var/log"
            " && dd if=/dev/zero of=/var/log/fill bs=64k count=20 2>/dev/null; true",
            "umount /var/log",
            "/var/log has 0 % left",
            id="full-disk",
        ),
        pytest.param(
            "agent-1",
            f"mkdir -p {USER_SITE} && echo '{WRONG_CLOCK}' > {USER_SITE}/usercustomize.py",
            f"rm -r {USER_SITE}",
            "s off the controller's",
            id="clock-off",
        ),
    ],
)
def test_broken_node_is_reported_as_what_it_is(
    cluster: Cluster, node: str, breaks: str, mends: str, words: str
) -> None:
    cluster.on(node, breaks)
    try:
        done = cluster.run("verify", "--node", node)
        assert done.returncode == 6, done.stdout + done.stderr
        told = done.stdout + done.stderr
        assert f"{node}: " in told
        assert words in told
    finally:
        cluster.on(node, mends)
    cluster.until("the cluster is healthy again", 60, lambda: is_healthy(cluster))


def test_stopped_containers_come_back(cluster: Cluster) -> None:
    engine(cluster, "stop", "-t", "3", f"mesosdeploy-{cluster.name}-agent-2")
    planned = cluster.json("plan")
    assert {a["node"]: a["action"] for a in planned["actions"]}["agent-2"] == "start"
    cluster.ok("up")
    assert is_healthy(cluster)


def test_lost_state_is_rebuilt_from_labels(cluster: Cluster) -> None:
    (cluster.state / cluster.name).rename(cluster.state / "lost")
    refused = cluster.run("up")
    assert refused.returncode == 7
    assert "state rebuild" in refused.stderr
    done = subprocess.run(
        [*cluster.arguments("state")[:1], "state", "rebuild", "-i", str(cluster.inventory)],
        env=cluster.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    cluster.ok("up")
    assert is_healthy(cluster)
