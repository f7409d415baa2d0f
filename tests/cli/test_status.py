"""`mesosdeploy status` shows what every process says, and exits by the cluster's health."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from mesosdeploy import resources
from mesosdeploy.commands.status import status
from mesosdeploy.errors import MesosDeployError, StateError, VerifyError
from mesosdeploy.mesos.views import AgentView, ClusterView, MasterView, ZooKeeperView
from mesosdeploy.monitoring.alerts import Alerts, merge
from mesosdeploy.workflow import alerts
from mesosdeploy.workflow import status as workflow
from tests.unit.monitoring.fake import known

HEALTHY = ClusterView(
    cluster="demo",
    masters=(
        MasterView(
            node="master-1",
            address="10.0.0.1",
            port=5050,
            reachable=True,
            healthy=True,
            version="1.11.0",
            is_leader=True,
            leader="master-1",
            quorum=1,
            ensemble_size=1,
            log_recovered=True,
            uptime=3725.0,
        ),
    ),
    agents=(
        AgentView(
            node="agent-1",
            address="10.0.0.2",
            port=5051,
            reachable=True,
            registered=True,
            active=True,
            id="S0",
            version="1.11.0",
            resources={"cpus": 2.0, "mem_mb": 1024.0, "disk_mb": 10.0},
            used={"cpus": 0.5, "mem_mb": 32.0, "disk_mb": 0.0},
            attributes={"rack": "r1"},
        ),
    ),
    zookeepers=(
        ZooKeeperView(
            node="master-1",
            address="10.0.0.1",
            port=2181,
            reachable=True,
            mode="standalone",
            version="3.8.0",
            outstanding=0,
            latency=0.5,
        ),
    ),
    seconds=0.1,
)

app = typer.Typer()
app.command()(status)


@pytest.fixture
def env(tmp_path: Path) -> Path:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "cluster.yml").write_text(
        "name: demo\nprovider: {type: fake}\ngroups: {masters: {count: 1}, agents: {count: 1}}\n"
    )
    return tmp_path / "env"


@pytest.fixture
def recorded(env: Path) -> Path:
    directory = resources.state_dir() / "demo"
    directory.mkdir(parents=True)
    (directory / "inventory.json").write_text(json.dumps({"all": {}, "_meta": {"hostvars": {}}}))
    return env


def run(env: Path, monkeypatch: pytest.MonkeyPatch, view: ClusterView, *options: str) -> Result:
    monkeypatch.setattr(workflow, "observe", lambda *_args, **_kwargs: view)
    monkeypatch.setenv("COLUMNS", "200")
    return CliRunner().invoke(app, ["-i", str(env), *options])


def test_a_healthy_cluster_is_shown_with_leader_resources_modes_and_urls(
    recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run(recorded, monkeypatch, HEALTHY)
    assert result.exit_code == 0, result.output
    shown = (
        "leader master-1; 1 of 1 masters answer, a quorum needs 1",
        "LEADER",
        "0.5/2",
        "32/1024",
        "rack=r1",
        "standalone",
        "1h02m",
        "http://10.0.0.2:5051",
    )
    missing = [text for text in shown if text not in result.stdout]
    assert missing == []


def test_json_tells_the_same_to_programs(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data: dict[str, Any] = json.loads(run(recorded, monkeypatch, HEALTHY, "-o", "json").stdout)
    assert (data["healthy"], data["leader"], data["problems"]) == (True, "master-1", [])
    assert data["agents"][0]["url"] == "http://10.0.0.2:5051"


def test_what_is_wrong_is_an_error_with_code_6_after_the_data(
    recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = replace(HEALTHY.agents[0], reachable=False, error="refused")
    view = replace(HEALTHY, agents=(silent,))
    result = run(recorded, monkeypatch, view, "-o", "json")
    assert json.loads(result.stdout)["healthy"] is False
    assert isinstance(result.exception, VerifyError)
    assert result.exception.exit_code == 6
    assert "agent-1: the Mesos agent does not answer: refused" in result.exception.message


def test_a_cluster_that_is_not_up_says_how_to_make_it(
    env: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = run(env, monkeypatch, HEALTHY).exception
    assert isinstance(error, StateError)
    assert isinstance(error, MesosDeployError)
    assert "mesosdeploy up" in (error.hint or "")


NOTED = {
    "quiet": (
        alerts.Noted(alerts=Alerts(alerts=())),
        "Alerts: none",
        {"counts": {"critical": 0, "warning": 0, "info": 0}, "critical": [], "problems": []},
    ),
    "firing": (
        alerts.Noted(alerts=Alerts(alerts=merge([known("NodeDown")], []))),
        "Alerts: 1 critical: NodeDown on agent-1",
        {
            "counts": {"critical": 1, "warning": 0, "info": 0},
            "critical": ["NodeDown on agent-1"],
            "problems": [],
        },
    ),
    "silent": (
        alerts.Noted(problem="Prometheus does not answer"),
        "Alerts: not known: Prometheus does not answer",
        {"counts": {}, "critical": [], "problems": ["Prometheus does not answer"]},
    ),
}


@pytest.mark.parametrize(("noted", "line", "data"), NOTED.values(), ids=NOTED)
def test_alerts_are_told_and_do_not_change_the_exit_code(
    recorded: Path,
    monkeypatch: pytest.MonkeyPatch,
    noted: alerts.Noted,
    line: str,
    data: dict[str, Any],
) -> None:
    monkeypatch.setattr(alerts, "noted", lambda *_args, **_kwargs: noted)
    shown = run(recorded, monkeypatch, HEALTHY)
    assert (shown.exit_code, line in shown.stdout) == (0, True)
    found = json.loads(run(recorded, monkeypatch, HEALTHY, "-o", "json").stdout)
    assert found["alerts"] == data


def test_cluster_without_monitoring_has_no_line_of_alerts(
    recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Alerts" not in run(recorded, monkeypatch, HEALTHY).stdout
    found = json.loads(run(recorded, monkeypatch, HEALTHY, "-o", "json").stdout)
    assert found["alerts"] is None
