"""The right alert, and only it, reaches people through Prometheus and Alertmanager, and clears."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.alerts.drill import Monitor, Server, wait_for

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0
    or not (shutil.which("prometheus") and shutil.which("prometheus-alertmanager")),
    reason="needs root and Debian's prometheus and prometheus-alertmanager",
)

DISK = '{device="/dev/vda1",fstype="ext4",mountpoint="/var/lib/mesos"}'
AVAILABLE = f"node_filesystem_avail_bytes{DISK}"
OLDEST = "mesos_agent_executor_directory_max_allowed_age_seconds"
Jobs = dict[str, dict[str, Server]]


def _cluster() -> Jobs:
    masters, agents = ("master-1", "master-2", "master-3"), ("agent-1", "agent-2")
    jobs = {
        "node": {name: Server() for name in (*masters, *agents)},
        "zookeeper": {name: Server() for name in masters},
        "mesos_master": {name: Server() for name in masters},
        "mesos_agent": {name: Server() for name in agents},
        "marathon": {name: Server() for name in masters},
    }
    for server in jobs["node"].values():
        server.figures = {
            AVAILABLE: 50e9,
            f"node_filesystem_size_bytes{DISK}": 100e9,
            f"node_filesystem_readonly{DISK}": 0,
        }
    for job in ("zookeeper", "mesos_master", "mesos_agent"):
        for server in jobs[job].values():
            server.figures = {"mesos_up": 1}
    for name, server in jobs["mesos_master"].items():
        leads = name == "master-1"
        server.figures |= {
            "mesos_master_elected": leads,
            "mesos_master_agents_active": 2 * leads,
            "mesos_master_agents_unreachable": 0,
            "mesos_master_registrar_log_ensemble_size": 3,
        }
    for server in jobs["mesos_agent"].values():
        server.figures |= {"mesos_agent_registered": 1, OLDEST: 600_000}
    for name, server in jobs["marathon"].items():
        server.figures = {"marathon_leadership_duration_gauge_seconds": 60 * (name == "master-1")}
    for servers in jobs.values():
        for server in servers.values():
            server.figures = {key: float(value) for key, value in server.figures.items()}
    return jobs


@pytest.fixture(scope="module")
def jobs() -> Iterator[Jobs]:
    """Return the processes of a cluster of three masters and two agents that is well."""
    made = _cluster()
    yield made
    for servers in made.values():
        for server in servers.values():
            server.stop()


@pytest.fixture(scope="module")
def monitor(jobs: Jobs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitor]:
    """Return the monitoring that watches them."""
    made = Monitor(tmp_path_factory.mktemp("drill"), jobs)
    yield made
    made.stop()


@dataclass(frozen=True, kw_only=True)
class Drill:
    """Something that breaks, and the only alert that people must hear of."""

    breaks: Callable[[Jobs], None]
    alert: tuple[str, str]


def _agent_dies(jobs: Jobs) -> None:
    jobs["mesos_agent"]["agent-1"].figures = {"mesos_up": 0.0}
    jobs["mesos_master"]["master-1"].figures["mesos_master_agents_unreachable"] = 1.0


def _machine_dies(jobs: Jobs) -> None:
    jobs["node"]["agent-1"].stop()
    jobs["mesos_agent"]["agent-1"].stop()
    jobs["mesos_master"]["master-1"].figures["mesos_master_agents_unreachable"] = 1.0


def _zookeeper_server_dies(jobs: Jobs) -> None:
    jobs["zookeeper"]["master-2"].figures = {"mesos_up": 0.0}


def _leader_dies(jobs: Jobs) -> None:
    jobs["mesos_master"]["master-1"].figures = {"mesos_up": 0.0}
    follower = jobs["mesos_master"]["master-2"].figures
    follower |= {
        "mesos_master_elected": 1.0,
        "mesos_master_agents_active": 2.0,
        "mesos_master_registrar_log_ensemble_size": 2.0,
    }


def _disk_is_filled(jobs: Jobs) -> None:
    jobs["node"]["agent-2"].figures[AVAILABLE] = 3e9
    jobs["mesos_agent"]["agent-2"].figures[OLDEST] = 3600.0


def _exporter_dies(jobs: Jobs) -> None:
    jobs["mesos_agent"]["agent-2"].stop()


def _mend(jobs: Jobs) -> None:
    for job, servers in _cluster().items():
        for name, well in servers.items():
            well.stop()
            jobs[job][name].figures = well.figures
            jobs[job][name].stop()
            jobs[job][name].start()


DRILLS = {
    "an agent": Drill(breaks=_agent_dies, alert=("MesosAgentDown", "warning")),
    "a machine": Drill(breaks=_machine_dies, alert=("NodeDown", "critical")),
    "a ZooKeeper server": Drill(
        breaks=_zookeeper_server_dies, alert=("ZooKeeperQuorumAtRisk", "critical")
    ),
    "the leading master": Drill(breaks=_leader_dies, alert=("MesosMasterDown", "warning")),
    "a disk": Drill(breaks=_disk_is_filled, alert=("NodeDiskFull", "critical")),
    "an exporter": Drill(breaks=_exporter_dies, alert=("TargetDown", "warning")),
}


@pytest.mark.parametrize("drill", DRILLS.values(), ids=DRILLS.keys())
def test_right_alert_and_only_it_arrives_and_clears(
    drill: Drill, jobs: Jobs, monitor: Monitor
) -> None:
    wait_for(lambda: not monitor.active(), "the cluster is well")
    monitor.webhook.alerts.clear()
    drill.breaks(jobs)
    wait_for(lambda: drill.alert in monitor.told("firing"), f"{drill.alert} arrives")
    _mend(jobs)
    wait_for(lambda: drill.alert in monitor.told("resolved"), f"{drill.alert} clears")
    wait_for(lambda: not monitor.active(), "the cluster is well again")
    assert monitor.told("firing") == {drill.alert}
