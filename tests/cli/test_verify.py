"""`mesosdeploy verify` shows every check, writes JUnit, and exits with 6 when one failed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import typer
from typer.testing import CliRunner, Result

from mesosdeploy import resources
from mesosdeploy.commands.verify import verify
from mesosdeploy.errors import UsageError, VerifyError
from mesosdeploy.verify import run as runner
from mesosdeploy.verify.invocation import Selection
from mesosdeploy.verify.results import Outcome, VerifyReport, VerifyResult
from mesosdeploy.workflow import way
from mesosdeploy.workflow.verify import require_passed

GOOD = VerifyResult(node="agent-1", role="common", check="clock", outcome=Outcome.PASSED)
BAD = VerifyResult(
    node="agent-1",
    role="mesos_agent",
    check="unit is running",
    outcome=Outcome.FAILED,
    message="mesos-agent.service is failed",
    journal="mesos-agent[7]: no space left on device",
)
INVENTORY = {
    "_meta": {"hostvars": {"agent-1": {}}},
    "all": {"vars": {"mesosdeploy_cluster": "demo"}},
    "mesos_agent": {"hosts": ["agent-1"]},
}

app = typer.Typer()
app.command()(verify)


@pytest.fixture
def env(tmp_path: Path) -> Path:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "cluster.yml").write_text(
        "name: demo\nprovider: {type: fake}\ngroups: {masters: {count: 1}, agents: {count: 1}}\n"
    )
    directory = resources.state_dir() / "demo"
    directory.mkdir(parents=True)
    (directory / "inventory.json").write_text(json.dumps(INVENTORY))
    return tmp_path / "env"


class Recorder:
    """Stands in for pytest and remembers what was selected."""

    def __init__(self, *results: VerifyResult) -> None:
        self.results = results
        self.selection: Selection | None = None

    def __call__(self, _target: Any, selection: Selection, **_: Any) -> tuple[VerifyResult, ...]:
        self.selection = selection
        return self.results


def run(env: Path, monkeypatch: pytest.MonkeyPatch, recorder: Recorder, *options: str) -> Result:
    monkeypatch.setattr(runner, "run", recorder)
    monkeypatch.setenv("COLUMNS", "200")
    return CliRunner().invoke(app, ["-i", str(env), *options])


def test_a_sound_cluster_exits_0(env: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(env, monkeypatch, Recorder(GOOD))
    assert result.exit_code == 0, result.output
    assert "all 1 checks passed" in result.stderr


def test_a_failed_check_exits_6_and_shows_message_and_journal(
    env: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run(env, monkeypatch, Recorder(GOOD, BAD))
    assert isinstance(result.exception, VerifyError)
    assert result.exception.exit_code == 6
    assert "1 of 2 checks failed on agent-1" in result.exception.message
    assert "mesos-agent.service is failed" in result.stdout
    assert "no space left on device" in result.stdout


def test_json_goes_to_stdout_whole_even_when_a_check_failed(
    env: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = json.loads(run(env, monkeypatch, Recorder(GOOD, BAD), "-o", "json").stdout)
    assert (data["ok"], data["passed"], data["failed"]) == (False, 1, 1)
    assert data["results"][1]["journal"] == BAD.journal


def test_junit_is_written_also_when_a_check_failed(
    env: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "made" / "report.xml"
    run(env, monkeypatch, Recorder(GOOD, BAD), "--junit", str(path))
    assert len(ET.parse(path).findall(".//failure")) == 1


def test_nodes_and_roles_can_be_selected_repeatedly(
    env: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(GOOD)
    run(env, monkeypatch, recorder, "--node", "a", "--node", "b", "--role", "common")
    assert recorder.selection == Selection(roles=("common",), nodes=("a", "b"))


def test_a_misspelt_node_is_refused_before_anything_runs(env: Path) -> None:
    result = CliRunner().invoke(app, ["-i", str(env), "--node", "agent-9"])
    assert isinstance(result.exception, UsageError)
    assert "agent-9" in result.exception.message


def test_the_end_of_up_tells_the_failing_units_journal() -> None:
    report = VerifyReport(cluster="demo", results=(GOOD, BAD), seconds=1)
    with pytest.raises(VerifyError) as caught:
        require_passed(report)
    assert "agent-1: unit is running: mesos-agent.service is failed" in caught.value.message
    assert BAD.journal in (caught.value.hint or "")


def test_a_verification_that_checked_nothing_does_not_pass() -> None:
    with pytest.raises(VerifyError, match="no check passed"):
        require_passed(VerifyReport(cluster="demo", results=(), seconds=1))


@pytest.mark.parametrize(
    ("options", "asks"),
    [
        ([], True),
        (["--role", "cluster"], True),
        (["--node", "agent-1"], False),
        (["--role", "common"], False),
        (["--node", "agent-1", "--role", "cluster"], True),
    ],
    ids=["all", "cluster", "a node", "a role", "a node and the cluster"],
)
def test_a_way_to_the_processes_is_made_where_they_are_asked(
    env: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], asks: bool
) -> None:
    made = []

    def inventory(environment: Any) -> Any:
        made.append(environment)
        return environment.inventory()

    monkeypatch.setattr(way, "inventory", inventory)
    assert run(env, monkeypatch, Recorder(GOOD), *options).exit_code == 0
    assert bool(made) is asks
