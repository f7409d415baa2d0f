"""The unchanged command against a cloud that only AWS' own settings name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from mesosdeploy.nodes import NodeStatus
from mesosdeploy.state import record
from mesosdeploy.state.journal import Journal
from mesosdeploy.workflow import down
from mesosdeploy.workflow.environment import Environment
from mesosdeploy.workflow.up_steps import STEPS, Options, Step, Work
from tests.services.aws.conftest import CANARY_ID, CANARY_SECRET, REGION, Aws

WANTED = ("plan", "prepare", "machines")


class Quiet:
    """A progress that nobody watches."""

    def step(self, title: str) -> None:
        """Forget a step."""

    def detail(self, text: str) -> None:
        """Forget a detail."""


@pytest.fixture
def inventory(tmp_path: Path, options: dict[str, Any]) -> Path:
    """Return an environment in AWS."""
    target = tmp_path / "inventory"
    target.mkdir()
    data = {
        "name": "c1",
        "provider": {"type": "aws", **options},
        "groups": {"masters": {"count": 3}, "agents": {"count": 2}, "monitors": {"count": 1}},
    }
    YAML().dump(data, target / "cluster.yml")
    return target


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mesosdeploy", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200"},
    )


def make_machines(inventory: Path, poll_seconds: float = 0.05) -> Environment:
    """Do those steps of `up` that need a cloud and no machine that answers."""
    environment = Environment.load(inventory)
    work = Work(
        environment=environment,
        options=Options(confirm=lambda _plan: True),
        journal=Journal(environment.directory, "up"),
        report=lambda _text: None,
    )
    steps: list[Step] = [step for step in STEPS if step.name in WANTED]
    assert len(steps) == len(WANTED)
    for step in steps:
        with work.journal.step(step.name):
            step.do(work)
        environment.provider.poll_seconds = poll_seconds  # type: ignore[attr-defined]
    return environment


def test_up_makes_the_machines_and_down_proves_that_none_is_left(aws: Aws, inventory: Path) -> None:
    planned = json.loads(command("plan", "-i", str(inventory), "-o", "json").stdout)
    assert {action["action"] for action in planned["actions"]} == {"create"}
    assert planned["estimate"]["monthly_usd"] > 100
    assert {each["action"] for each in planned["around_them"]} == {"make"}
    table = command("plan", "-i", str(inventory)).stdout
    assert "USD an hour" in table
    assert "make subnet: 3\n" in table
    assert f"make machine in {REGION}a: 3 (master-1)\n" in table
    assert f"make machine in {REGION}c: 1 (master-3)\n" in table
    assert "make volume: 6 (180 GB in all, gp3, encrypted)\n" in table
    assert aws.alive() == []
    environment = make_machines(inventory)
    assert len(aws.alive()) == 6
    state = record.load(environment.directory)
    assert state is not None
    assert {entry.node.status for entry in state.nodes.values()} == {NodeStatus.RUNNING}
    planned = json.loads(command("plan", "-i", str(inventory), "-o", "json").stdout)
    assert {action["action"] for action in planned["actions"]} == {"keep"}
    assert {each["action"] for each in planned["around_them"]} == {"keep"}
    ended = command("down", "-i", str(inventory), "--yes")
    assert ended.returncode == 0, ended.stderr
    assert aws.alive() == []
    assert all(vpc["IsDefault"] for vpc in aws.ec2.describe_vpcs()["Vpcs"])
    assert not environment.directory.exists()


def test_a_dropped_group_s_security_group_goes_with_its_machines(aws: Aws, inventory: Path) -> None:
    spec = inventory / "cluster.yml"
    small = spec.read_text()
    spec.write_text(f"{small}  gpu: {{kind: agents, count: 1}}\n")
    make_machines(inventory)
    names = [group["GroupName"] for group in groups_of(aws)]
    spec.write_text(small)
    around = json.loads(command("plan", "-i", str(inventory), "-o", "json").stdout)["around_them"]
    removed = [each for each in around if each["action"] == "remove"]
    assert [(each["kind"], each["name"]) for each in removed] == [
        ("security group", "mesosdeploy-c1-gpu")
    ]
    make_machines(inventory)
    left = groups_of(aws)
    assert sorted(names) == sorted([*(one["GroupName"] for one in left), "mesosdeploy-c1-gpu"])
    ids = {group["GroupId"] for group in left}
    rules = [rule for group in left for rule in group["IpPermissions"]]
    assert {pair["GroupId"] for rule in rules for pair in rule["UserIdGroupPairs"]} <= ids
    planned = json.loads(command("plan", "-i", str(inventory), "-o", "json").stdout)
    assert {each["action"] for each in planned["around_them"]} == {"keep"}


def groups_of(aws: Aws) -> list[dict[str, Any]]:
    filters = [{"Name": "tag:mesosdeploy:cluster", "Values": ["c1"]}]
    found: list[dict[str, Any]] = aws.ec2.describe_security_groups(Filters=filters)[
        "SecurityGroups"
    ]
    return found


def test_a_run_that_was_cut_off_is_continued(aws: Aws, inventory: Path) -> None:
    aws.fail({"action": "RunInstances", "code": "VcpuLimitExceeded", "after": 2, "times": 99})
    with pytest.raises(Exception, match="VcpuLimitExceeded"):
        make_machines(inventory)
    directory = Environment.load(inventory).directory
    state = record.load(directory)
    assert state is not None
    assert len(state.nodes) == len(aws.alive()) == 2
    ledger = (directory / "journal.jsonl").read_text()
    assert ledger.count('"ledger"') == 6, "each machine is noted before it is asked for"
    aws.fail()
    make_machines(inventory)
    assert len(aws.alive()) == 6
    assert aws.actions().count("RunInstances") == 4


def test_a_lost_state_is_no_lost_cluster(aws: Aws, inventory: Path) -> None:
    make_machines(inventory)
    environment = Environment.load(inventory)
    (environment.directory / "state.json").unlink()
    found = down.find(Environment.load(inventory))
    assert len(found.nodes) == 6
    down.run(environment, confirm=lambda _found: True, progress=Quiet())
    assert aws.alive() == []


def test_credentials_are_in_no_file_output_or_error(aws: Aws, inventory: Path) -> None:
    environment = make_machines(inventory)
    texts = [
        path.read_text(errors="replace")
        for path in environment.directory.rglob("*")
        if path.is_file()
    ]
    for code, status in (("AuthFailure", 401), ("RequestExpired", 400), ("Odd", 418)):
        aws.fail({"action": "DescribeInstances", "code": code, "status": status, "times": 99})
        for words in (("plan",), ("down", "--yes"), ("doctor",)):
            ended = command(*words, "-i", str(inventory))
            assert ended.returncode != 0
            texts += [ended.stdout, ended.stderr]
    assert any("AuthFailure" in text for text in texts)
    assert any("master-1" in text for text in texts)
    for text in texts:
        assert CANARY_SECRET not in text
        assert CANARY_ID not in text


def test_without_credentials_the_remedy_is_told(
    aws: Aws, inventory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert aws.alive() == []
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    ended = command("plan", "-i", str(inventory))
    assert ended.returncode == 4
    assert "aws sso login" in " ".join(ended.stderr.split())
    assert "Traceback" not in ended.stderr
