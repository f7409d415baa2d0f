"""Claims about what a purge takes off a node, by what it finds there; nothing is removed here."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mesosdeploy import resources


def _load() -> ModuleType:
    path = resources.data_root() / "playbooks" / "files" / "purge.py"
    spec = importlib.util.spec_from_file_location("purge_on_a_node", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


purge = _load()
BEFORE = {"packages": ["curl"], "users": ["ops"], "enabled": ["haproxy.service"]}


def node(monkeypatch: pytest.MonkeyPatch, before: Any = None, **changes: Any) -> Any:
    """Return a node on which no program finds anything."""
    monkeypatch.setattr(purge, "run", lambda *_words, must=False: [])
    made = purge.Node([], BEFORE if before is None else before)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("before", "what", "name", "had"),
    [
        (BEFORE, "packages", "curl", True),
        (BEFORE, "packages", "mesos", False),
        ({}, "packages", "mesos", True),
        ({"users": None}, "users", "mesos", True),
        ({"enabled": None}, "enabled", "mesos-agent.service", False),
    ],
    ids=["had", "new", "no record", "late record", "units are stopped without a record"],
)
def test_what_was_here_before_is_kept(
    monkeypatch: pytest.MonkeyPatch, before: Any, what: str, name: str, had: bool
) -> None:
    assert node(monkeypatch, before).had(what, name) is had


def test_data_of_the_cluster_goes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = node(monkeypatch).data({"data": [f"{tmp_path}/", str(tmp_path / "none"), ""]})
    assert found == [str(tmp_path)]


def test_data_of_a_service_that_ran_before_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = node(monkeypatch)
    assert made.data({"units": ["haproxy.service"], "data": [str(tmp_path)]}) == []
    assert made.kept == {str(tmp_path): "its service ran here before the cluster"}


def test_mount_is_emptied_and_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = node(monkeypatch, mounts=[str(tmp_path)])
    assert made.data({"data": [str(tmp_path)]}) == []
    (tmp_path / "sandbox").touch()
    assert made.data({"data": [str(tmp_path)]}) == [str(tmp_path)]


@pytest.mark.parametrize("path", ["/", "/etc/", "/var/lib", "//usr"])
def test_directory_of_the_system_is_never_removed(
    monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    made = node(monkeypatch)
    assert made.data({"data": [path]}) == []
    assert list(made.kept.values()) == ["it is the system's; what the cluster wrote in it stays"]


def test_file_of_a_package_that_stays_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = str(tmp_path)
    made = node(monkeypatch, owned={path: ["haproxy"]})
    assert made.files({"paths": [path]}) == []
    assert made.kept == {path: "package haproxy stays, with what the role wrote there"}


def test_block_of_lines_is_taken_out_and_nothing_else(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost\n# BEGIN a\n192.0.2.1 m\n# END a\n192.0.2.9 mine\n")
    purge.cut({"path": str(hosts), "begin": "# BEGIN a", "end": "# END a"})
    assert hosts.read_text() == "127.0.0.1 localhost\n192.0.2.9 mine\n"
