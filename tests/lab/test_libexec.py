"""The executors and the fetcher, function by function."""

from __future__ import annotations

import importlib
import io
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import mesosdeploy.lab

_LIBEXEC = Path(mesosdeploy.lab.__file__).parent / "libexec"


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Return a function that imports a program or module of libexec."""
    monkeypatch.syspath_prepend(str(_LIBEXEC))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)

    def load_one(name: str) -> ModuleType:
        if not name.startswith("mesos-"):
            return importlib.import_module(name)
        loader = SourceFileLoader(name.replace("-", "_"), str(_LIBEXEC / name))
        spec = spec_from_loader(loader.name, loader)
        assert spec is not None
        module = module_from_spec(spec)
        loader.exec_module(module)
        return module

    yield load_one
    for name in set(sys.modules) - before:
        if name.startswith("mesos_lab_"):
            del sys.modules[name]


Load = Callable[[str], ModuleType]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("15mins", 900.0), ("500ms", 0.5), ("1.5secs", 1.5), ("2hrs", 7200.0), (None, 7.0), ("", 7.0)],
)
def test_durations_are_read_as_seconds(load: Load, text: str | None, seconds: float) -> None:
    assert load("mesos_lab_agent").parse_duration(text, 7.0) == pytest.approx(seconds)


def test_settings_take_the_token_out_of_the_environment(load: Load) -> None:
    environment = {
        "MESOS_FRAMEWORK_ID": "f",
        "MESOS_EXECUTOR_ID": "e",
        "MESOS_AGENT_ENDPOINT": "127.0.0.1:5051",
        "MESOS_SLAVE_PID": "slave(1)@127.0.0.1:5051",
        "MESOS_EXECUTOR_AUTHENTICATION_TOKEN": "secret",
        "MESOS_CHECKPOINT": "1",
    }
    settings = load("mesos_lab_agent").Settings.take(environment)
    assert (settings.token, settings.agent_process) == ("secret", "slave(1)")
    assert settings.checkpoint
    assert "MESOS_EXECUTOR_AUTHENTICATION_TOKEN" not in environment


@pytest.mark.parametrize(
    ("cause", "status", "state", "reason"),
    [
        ("", 0, "TASK_FINISHED", None),
        ("", 256, "TASK_FAILED", "REASON_COMMAND_EXECUTOR_FAILED"),
        ("", None, "TASK_FAILED", "REASON_COMMAND_EXECUTOR_FAILED"),
        ("killed", 0, "TASK_KILLED", None),
        ("unhealthy", 15, "TASK_KILLED", None),
        ("overtime", 15, "TASK_FAILED", "REASON_MAX_COMPLETION_TIME_REACHED"),
    ],
)
def test_outcome_follows_from_cause_and_status(
    load: Load, cause: str, status: int | None, state: str, reason: str | None
) -> None:
    actual, fields = load("mesos_lab_executor").outcome(cause, status)
    assert (actual, fields.get("reason")) == (state, reason)
    assert fields.get("healthy") is (False if cause == "unhealthy" else None)


@pytest.mark.parametrize(
    ("kind", "result", "healthy"),
    [
        ("COMMAND", 0, True),
        ("COMMAND", 1, False),
        ("COMMAND", None, False),
        ("HTTP", 200, True),
        ("HTTP", 399, True),
        ("HTTP", 404, False),
        ("HTTP", None, False),
        ("TCP", True, True),
        ("TCP", False, False),
    ],
)
def test_health_is_judged_by_kind(load: Load, kind: str, result: Any, healthy: bool) -> None:
    assert load("mesos_lab_checks").is_healthy(kind, result) is healthy


def test_task_is_to_be_killed_after_consecutive_failures_only(load: Load) -> None:
    results = iter([0, 1, 0, 1, 1])
    reports: list[tuple[bool, bool]] = []
    stopped = threading.Event()

    def report(healthy: bool, kill: bool) -> None:
        reports.append((healthy, kill))
        if kill:
            stopped.set()

    check = {
        "type": "COMMAND",
        "delay_seconds": 0,
        "interval_seconds": 0,
        "grace_period_seconds": 0,
        "consecutive_failures": 2,
    }
    load("mesos_lab_checks").watch_health(check, lambda: next(results), stopped, report)
    assert reports == [(True, False), (False, False), (True, False), (False, False), (False, True)]


def test_failures_within_the_grace_period_do_not_count(load: Load) -> None:
    results = iter([1, 1, 0])
    reports: list[tuple[bool, bool]] = []
    stopped = threading.Event()

    def report(healthy: bool, kill: bool) -> None:
        reports.append((healthy, kill))
        stopped.set()

    check = {"type": "COMMAND", "delay_seconds": 0, "interval_seconds": 0}
    load("mesos_lab_checks").watch_health(check, lambda: next(results), stopped, report)
    assert reports == [(True, False)]


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("http://host/a/b.tar.gz", "b.tar.gz"),
        ("http://host/b.txt?version=1#part", "b.txt"),
        ("/a/b.sh", "b.sh"),
        ("file:///a/b.sh", "b.sh"),
    ],
)
def test_base_name_leaves_out_query_and_fragment(load: Load, uri: str, name: str) -> None:
    assert load("mesos-fetcher").base_name(uri) == name


@pytest.mark.parametrize("name", ["/etc/passwd", "../outside", "a/../../outside"])
def test_path_that_leads_out_of_the_sandbox_is_refused(
    load: Load, tmp_path: Path, name: str
) -> None:
    fetcher = load("mesos-fetcher")
    with pytest.raises(fetcher.FetchError, match="not a path inside"):
        fetcher.inside(tmp_path, name)


def tar_of(path: Path, *members: tuple[str, str | None]) -> Path:
    """Write a tar archive of files and, where a target is given, symbolic links."""
    with tarfile.open(path, "w") as tar:
        for name, target in members:
            info = tarfile.TarInfo(name)
            if target is None:
                info.size = 4
            else:
                info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info, io.BytesIO(b"text") if target is None else None)
    return path


@pytest.mark.parametrize(
    "members",
    [
        pytest.param([("../outside", None)], id="parent"),
        pytest.param([("/outside", None)], id="absolute"),
        pytest.param([("link", "/etc")], id="absolute-link"),
        pytest.param([("a/link", "../../etc")], id="relative-link"),
    ],
)
def test_archive_that_leads_out_of_the_sandbox_is_refused(
    load: Load, tmp_path: Path, members: list[tuple[str, str | None]]
) -> None:
    fetcher = load("mesos-fetcher")
    sandbox = tmp_path / "sandbox"
    sandbox.mkdir()
    archive = tar_of(tmp_path / "a.tar", *members)
    with pytest.raises(fetcher.FetchError):
        fetcher.extract(archive, archive.name, sandbox)
    assert list(sandbox.iterdir()) == []


def test_archives_of_each_kind_are_extracted(load: Load, tmp_path: Path) -> None:
    fetcher = load("mesos-fetcher")
    sandbox = tmp_path / "sandbox"
    sandbox.mkdir()
    archive = tar_of(tmp_path / "a.tar", ("tarred/file", None), ("tarred/link", "file"))
    assert fetcher.extract(archive, archive.name, sandbox)
    assert (sandbox / "tarred/link").read_text() == "text"

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as content:
        member = zipfile.ZipInfo("zipped/run.sh")
        member.external_attr = 0o755 << 16
        content.writestr(member, "text")
    assert fetcher.extract(tmp_path / "a.zip", "a.zip", sandbox)
    assert (sandbox / "zipped/run.sh").stat().st_mode & 0o111

    assert not fetcher.extract(archive, "plain.txt", sandbox)
