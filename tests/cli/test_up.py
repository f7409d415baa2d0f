"""`mesosdeploy up` against pretended machines: what it does, refuses and asks."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy import resources
from mesosdeploy.state import record
from mesosdeploy.state.lock import exclusive

Command = Callable[..., Any]
NODES = ["agent-1", "agent-2", "master-1", "master-2", "master-3"]
UP = ("up", "-i", "demo")


def recorded(name: str = "demo") -> list[str]:
    state = record.load(resources.state_dir() / name)
    return sorted(state.nodes) if state else []


def edit(demo: Path, old: str, new: str) -> None:
    file = demo / "cluster.yml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def test_first_up_makes_and_records_every_node(demo: Path, command: Command) -> None:
    ended = command(*UP)
    assert (ended.code, ended.stdout) == (0, "")
    assert recorded() == NODES
    assert "demo: rehearsed with 5 pretended nodes" in ended.stderr


def test_json_says_what_was_done(demo: Path, command: Command) -> None:
    done = json.loads(command(*UP, "-o", "json").stdout)
    assert done["cluster"] == "demo"
    assert sorted(done["nodes"]) == NODES
    assert set(done["actions"].values()) == {"create"}
    assert done["nothing_to_do"] is False
    again = json.loads(command(*UP, "-o", "json").stdout)
    assert again["nothing_to_do"] is True


def test_second_up_plans_and_ends(demo: Path, command: Command) -> None:
    command(*UP)
    ended = command(*UP)
    assert ended.code == 0
    assert "[1/9]" in ended.stderr
    assert "[2/9]" not in ended.stderr


def test_until_stops_after_that_step_and_the_next_up_goes_on(demo: Path, command: Command) -> None:
    ended = command(*UP, "--until", "prepare")
    assert (ended.code, recorded()) == (0, [])
    assert "demo: stopped after step 'prepare', as you asked" in ended.stderr
    assert command(*UP).code == 0
    assert recorded() == NODES


def test_unknown_step_names_the_known(demo: Path, command: Command) -> None:
    ended = command(*UP, "--until", "machine")
    assert ended.code == 2
    assert "there is no step 'machine'" in ended.stderr
    assert "steps: plan, artifacts, prepare, machines, reach" in ended.stderr


def test_unknown_provider_names_the_known(demo: Path, command: Command) -> None:
    ended = command(*UP, "--provider", "nope")
    assert ended.code == 2
    assert "no provider is called 'nope'" in ended.stderr
    assert "fake" in ended.stderr


def test_rehearsal_of_a_local_spec_never_touches_its_record(demo: Path, command: Command) -> None:
    edit(demo, "type: fake", "type: local")
    real = resources.state_dir() / "demo"
    record.save(real, record.ClusterState(cluster="demo", provider="local"))
    before = {path.name: path.read_bytes() for path in real.iterdir()}
    assert command(*UP, "--provider", "fake").code == 0
    assert {path.name: path.read_bytes() for path in real.iterdir()} == before
    assert recorded("demo.fake") == NODES
    assert command("down", "-i", "demo", "--provider", "fake", "--yes").code == 0
    assert {path.name: path.read_bytes() for path in real.iterdir()} == before
    assert not (resources.state_dir() / "demo.fake").exists()


def test_changed_count_of_masters_is_refused(demo: Path, command: Command) -> None:
    command(*UP)
    edit(demo, "masters: {count: 3}", "masters: {count: 5}")
    ended = command(*UP, "--yes")
    assert (ended.code, recorded()) == (5, NODES)
    assert "the Mesos masters would change from 3 (master-1, master-2, master-3) to 5" in (
        ended.stderr
    )


def test_removal_of_an_agent_needs_a_yes(demo: Path, command: Command) -> None:
    command(*UP)
    edit(demo, "agents: {count: 2}", "agents: {count: 1}")
    ended = command(*UP)
    assert (ended.code, recorded()) == (2, NODES)
    assert "remove agent-2: the spec does not name it any more" in ended.stderr
    agreed = command(*UP, "--yes")
    assert (agreed.code, recorded()) == (0, [name for name in NODES if name != "agent-2"])
    assert "remove agent-2: the spec does not name it any more" in agreed.stderr


def test_locked_cluster_names_its_holder(demo: Path, command: Command) -> None:
    with exclusive(resources.state_dir(), "demo", "down"):
        ended = command(*UP)
    assert ended.code == 7
    assert "the cluster 'demo' is locked" in ended.stderr
    assert f"runs `mesosdeploy down` (pid {os.getpid()})" in ended.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read"),
        ("[]", "no format number"),
        ('{"format": 1, "nodes": []}', "cannot be read"),
        ('{"format": 1, "nodes": {"a": {"node": 1, "request": {}}}}', "cannot be read"),
        ('{"format": 2}', "has format 2, this program knows up to 1"),
    ],
    ids=["no-json", "no-mapping", "nodes-are-a-list", "node-is-a-number", "newer-format"],
)
@pytest.mark.parametrize("name", ["up", "plan"])
def test_damaged_or_newer_record_is_told_and_kept(
    demo: Path, command: Command, name: str, text: str, said: str
) -> None:
    file = resources.state_dir() / "demo" / "state.json"
    record.write_private(file, text)
    ended = command(name, "-i", "demo")
    assert (ended.code, ended.stdout) == (7, "")
    assert said in ended.stderr
    assert file.read_text() == text


def test_file_in_place_of_the_state_directory_is_told(
    demo: Path, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("mine")
    monkeypatch.setenv("MESOSDEPLOY_STATE_DIR", str(tmp_path / "file"))
    ended = command(*UP)
    assert ended.code == 7
    assert f"the state cannot be written to {tmp_path}/file/.demo.lock" in ended.stderr
    assert "MESOSDEPLOY_STATE_DIR" in ended.stderr
    assert (tmp_path / "file").read_text() == "mine"


def test_full_disk_is_told_and_the_old_record_stays(
    demo: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    command(*UP)
    edit(demo, "agents: {count: 2}", "agents: {count: 3}")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        ended = command(*UP)
    assert ended.code == 7
    assert "No space left on device" in ended.stderr
    assert "free some space" in ended.stderr
    assert recorded() == NODES
    assert command(*UP).code == 0
    assert recorded() == sorted([*NODES, "agent-3"])


def test_unexpected_refusal_of_the_machine_is_no_traceback(
    demo: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "/some/file")

    monkeypatch.setattr("mesosdeploy.workflow.up.run", refuse)
    ended = command(*UP)
    assert ended.code == 1
    assert "this machine refused: /some/file: Permission denied" in ended.stderr


def test_machines_of_others_are_taken_as_they_are_and_left_as_they_are(
    demo: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mesosdeploy.workflow.install.resolve", lambda *_args, **_kwargs: {})
    host = "{{address: 192.0.2.{0}, host_key: 'ssh-ed25519 AAAA'}}"
    (demo / "cluster.yml").write_text(
        "name: demo\nprovider:\n  type: static\n  hosts:\n"
        f"    masters: [{host.format(1)}]\n    agents: [{host.format(2)}]\n"
        "groups: {masters: {count: 1}, agents: {count: 1}}\n"
    )
    assert command(*UP, "--until", "machines").code == 0
    assert recorded() == ["agent-1", "master-1"]
    gone = command("down", "-i", "demo", "--yes")
    assert gone.code == 0, gone.stderr
    assert "they stay as they are" in gone.stderr
    assert not (resources.state_dir() / "demo").exists()
    assert "nothing to remove" in command("down", "-i", "demo").stderr


def test_interruption_is_told_with_code_130(
    demo: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_args: object, **_kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mesosdeploy.workflow.up.run", interrupted)
    ended = command(*UP)
    assert ended.code == 130
    assert "interrupted; the same command continues from here" in ended.stderr
