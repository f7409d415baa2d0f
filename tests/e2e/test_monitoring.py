"""Monitoring of a real cluster: figures are true, and what breaks is told, alone, until it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest

from mesosdeploy.services.exporter.model import Kind
from tests.e2e.monitoring import Alert, Monitored
from tests.e2e.test_scaling import want_agents
from tests.lab.processes import get
from tests.services.exporter.processes import Scrape, steady

pytestmark = pytest.mark.containers

# Scraped and evaluated every 5 s, a minute of `for`, 10 s of gathering, and a slow machine.
FIRES_SECONDS = 150
# A full disk is kept firing for 90 s, a node for 60 s.
CLEARS_SECONDS = 150
QUIET_SECONDS = 120
LEADER = 'mesos_master_elected{job="mesos_master"} == 1'
FOLLOWER = 'zookeeper_server_state{state="follower"} == 1'


def test_verification_asks_the_monitoring(monitored: Monitored) -> None:
    results = monitored.cluster.json("verify", "--role", "cluster")["results"]
    outcomes = {one["check"]: one["outcome"] for one in results}
    assert outcomes["every target is up"] == "passed"
    assert outcomes["no target is unexpected"] == "passed"
    assert outcomes["every scrape is fast"] == "passed"
    assert outcomes["watchdog reaches every alertmanager"] == "passed"


def test_second_converge_of_services_and_monitoring_changes_nothing(monitored: Monitored) -> None:
    done = monitored.cluster.run("up", "--converge", "--skip-verify")
    assert done.returncode == 0, done.stderr
    assert "0 tasks changed something" in done.stderr


@pytest.mark.parametrize(
    ("kind", "ports", "least"),
    [(Kind.MASTER, (5050, 9105), 150), (Kind.AGENT, (5051, 9106), 50)],
    ids=["master", "agent"],
)
def test_exporter_gives_the_figures_of_the_endpoint(
    monitored: Monitored, kind: Kind, ports: tuple[int, int], least: int
) -> None:
    node = monitored.node_with(LEADER) if kind is Kind.MASTER else "agent-2"
    process, exporter = (f"http://{monitored.address(node)}:{port}" for port in ports)
    snapshot, scrape = steady(
        lambda: get(f"{process}/metrics/snapshot"),
        lambda: Scrape(httpx.get(f"{exporter}/metrics").text, 0),
    )
    assert len(snapshot) > least
    assert scrape.unlike(snapshot, kind) == {}


def test_prometheus_holds_the_service_that_runs(monitored: Monitored) -> None:
    assert monitored.values("max(mesos_master_tasks_running)") == (2.0,)
    assert monitored.values('count(mesos_agent_task_mem_rss_bytes{name="web"})') == (2.0,)


@dataclass(frozen=True, kw_only=True)
class Drill:
    """Something that breaks: `victim` names the node, `alert` the only one to be heard of.

    `breaks` and `mends` are commands for that node; `of_node` says whether the alert names it.
    """

    victim: Callable[[Monitored], str]
    breaks: str
    mends: str
    alert: tuple[str, str]
    of_node: bool = True


def _stop(unit: str) -> dict[str, str]:
    return {"breaks": f"systemctl stop {unit}", "mends": f"systemctl start {unit}"}


DRILLS = {
    "an agent": Drill(
        victim=lambda _: "agent-2", alert=("MesosAgentDown", "warning"), **_stop("mesos-agent")
    ),
    "a ZooKeeper server": Drill(
        victim=lambda monitored: monitored.node_with(FOLLOWER),
        alert=("ZooKeeperQuorumAtRisk", "critical"),
        of_node=False,
        **_stop("zookeeper"),
    ),
    "the leading master": Drill(
        victim=lambda monitored: monitored.node_with(LEADER),
        alert=("MesosMasterDown", "warning"),
        **_stop("mesos-master"),
    ),
    # A disk that is small enough to be filled: the node's own is that of this computer.
    "a disk": Drill(
        victim=lambda _: "agent-1",
        breaks="mkdir -p /srv/data && mount -t tmpfs -o size=32m small /srv/data; "
        "dd if=/dev/zero of=/srv/data/filler bs=1M status=none || true",
        mends="rm /srv/data/filler",
        alert=("NodeDiskFull", "critical"),
    ),
}


@pytest.mark.parametrize("drill", DRILLS.values(), ids=DRILLS.keys())
def test_right_alert_and_only_it_reaches_the_webhook_and_clears(
    drill: Drill, monitored: Monitored
) -> None:
    cluster = monitored.cluster
    monitored.until_well(QUIET_SECONDS)
    monitored.webhook.alerts.clear()
    victim = drill.victim(monitored)
    expected: Alert = (*drill.alert, victim if drill.of_node else "")
    cluster.on(victim, drill.breaks)
    try:
        took = cluster.until(
            f"{expected} fires", FIRES_SECONDS, lambda: expected in monitored.told("firing")
        )
    finally:
        cluster.on(victim, drill.mends)
    cleared = cluster.until(
        f"{expected} clears", CLEARS_SECONDS, lambda: expected in monitored.told("resolved")
    )
    monitored.until_well(QUIET_SECONDS)
    print(f"{expected}: told after {took:.0f} s, cleared after {cleared:.0f} s")
    assert monitored.told("firing") == {expected}
    assert monitored.told("resolved") == {expected}


def test_agent_that_is_added_is_measured_and_prometheus_runs_on(monitored: Monitored) -> None:
    before = monitored.ask("status/runtimeinfo")
    want_agents(monitored.cluster, 3)
    monitored.cluster.ok("up")
    targets = monitored.ask("targets", state="active")["activeTargets"]
    health = {one["labels"]["instance"]: one["health"] for one in targets}
    assert health["agent-3:9106"] == health["agent-3:9100"] == "up"
    after = monitored.ask("status/runtimeinfo")
    assert after["startTime"] == before["startTime"], "Prometheus was restarted"
    assert after["lastConfigTime"] == before["lastConfigTime"], "Prometheus was reloaded"
