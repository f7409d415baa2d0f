"""A lost state directory is made again from tags, as long as the cluster's SSH key is somewhere."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mesosdeploy.state import keys, record
from mesosdeploy.workflow import install, rebuild
from mesosdeploy.workflow.environment import Environment
from tests.services.aws.conftest import Aws
from tests.services.aws.test_product import Quiet, command, inventory, make_machines

__all__ = ["inventory"]


@pytest.fixture
def made(aws: Aws, inventory: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """Make machines; what would be installed on them is none of these tests' business."""
    monkeypatch.setattr(install, "resolve", lambda *_given, **_named: {})
    environment = make_machines(inventory)
    assert len(aws.alive()) == 6
    return environment


def test_without_the_key_the_way_out_is_told_and_nothing_is_changed(
    aws: Aws, made: Environment, inventory: Path
) -> None:
    tags = {tag["Key"]: tag["Value"] for machine in aws.alive() for tag in machine["Tags"]}
    shutil.rmtree(made.directory)
    for _attempt in ("first", "second"):
        ended = command("state", "rebuild", "-i", str(inventory))
        told = " ".join(ended.stderr.split())
        assert ended.returncode == 4
        assert f"its machine lets in the SSH key {tags['mesosdeploy:key']}," in told
        assert "mesosdeploy state rebuild --private-key FILE" in told
        assert "mesosdeploy down" in told
        assert not keys.private_key(made.directory).exists()
    assert command("down", "-i", str(inventory), "--yes").returncode == 0
    assert aws.alive() == []


@pytest.mark.parametrize("lost", ["state", "all"])
def test_with_the_key_everything_is_recorded_again(
    made: Environment, inventory: Path, tmp_path: Path, lost: str
) -> None:
    before = record.load(made.directory)
    assert before is not None
    given = None
    if lost == "all":
        given = shutil.copy(keys.private_key(made.directory), tmp_path / "copy")
        shutil.rmtree(made.directory)
    else:
        (made.directory / record.FILE).unlink()
    environment = Environment.load(inventory)
    nodes = rebuild.run(environment, Quiet(), private_key=given)
    after = record.load(environment.directory)
    assert after is not None
    assert {n.name for n in nodes} == set(before.nodes)
    assert {n: e.node for n, e in after.nodes.items()} == {
        n: e.node for n, e in before.nodes.items()
    }
    planned = command("plan", "-i", str(inventory), "-o", "json").stdout
    assert '"create"' not in planned
    assert '"make"' not in planned


def test_another_key_does_not_replace_the_one_that_is_there(
    made: Environment, inventory: Path, tmp_path: Path
) -> None:
    right = keys.kept(made.directory)
    keys.keep(tmp_path / "other", keys.generate("other"))
    other = keys.private_key(tmp_path / "other")
    ended = command("state", "rebuild", "-i", str(inventory), "--private-key", str(other))
    assert ended.returncode == 4
    assert keys.kept(made.directory) == right
