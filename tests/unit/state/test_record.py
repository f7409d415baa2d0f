"""state.json: what is written is read again; what is damaged is told, never guessed."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from mesosdeploy.errors import StateError
from mesosdeploy.nodes import Jump, Node, NodeRequest, NodeRole, NodeStatus
from mesosdeploy.state import record

NODE = Node(
    cluster="c",
    name="master-1",
    group="masters",
    index=1,
    status=NodeStatus.RUNNING,
    provider_id="id",
    address="10.0.0.1",
    host_key="ssh-ed25519 AAAA",
)
REQUEST = NodeRequest(
    cluster="c",
    name="master-1",
    group="masters",
    index=1,
    roles=frozenset({NodeRole.MESOS_MASTER, NodeRole.ZOOKEEPER}),
)


def test_saved_state_is_loaded_unchanged(tmp_path: Path) -> None:
    state = record.ClusterState(cluster="c", provider="fake").with_node(NODE, REQUEST)
    record.save(tmp_path, state)
    assert record.load(tmp_path) == state


def test_the_machine_on_the_way_is_loaded_unchanged(tmp_path: Path) -> None:
    jump = Jump(host="203.0.113.9", user="admin", host_key="ssh-ed25519 AAAA")
    node = Node(
        cluster="c1",
        name="agent-1",
        group="agents",
        index=1,
        status=NodeStatus.RUNNING,
        provider_id="i-1",
        jump=jump,
    )
    state = record.ClusterState(cluster="c1", provider="aws").with_node(node, None)
    record.save(tmp_path, state)
    assert record.load(tmp_path) == state


def test_state_file_is_private(tmp_path: Path) -> None:
    record.save(tmp_path, record.ClusterState(cluster="c", provider="fake"))
    assert stat.S_IMODE((tmp_path / record.FILE).stat().st_mode) == 0o600


def test_absent_state_is_none(tmp_path: Path) -> None:
    assert record.load(tmp_path) is None


def test_new_node_makes_the_cluster_unconverged() -> None:
    state = record.ClusterState(cluster="c", provider="fake", converged="f")
    assert state.with_node(NODE, REQUEST).converged == ""
    assert state.without_node("master-1").converged == ""


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"format": "1"}', '{"format": 1}', '{"format": 1, "nodes": {"a": {}}}'],
    ids=["empty", "cut", "list", "text-format", "no-nodes", "half-a-node"],
)
def test_damaged_state_names_file_and_remedy(tmp_path: Path, text: str) -> None:
    (tmp_path / record.FILE).write_text(text)
    with pytest.raises(StateError) as caught:
        record.load(tmp_path)
    assert str(tmp_path / record.FILE) in caught.value.message
    assert "state rebuild" in (caught.value.hint or "")


def test_newer_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / record.FILE).write_text('{"format": 99, "nodes": {}}')
    with pytest.raises(StateError, match="format 99"):
        record.load(tmp_path)


def test_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record.write_private(tmp_path / "file", "old")

    def fail(_handle: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(StateError, match="disk full"):
        record.write_private(tmp_path / "file", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "old"
