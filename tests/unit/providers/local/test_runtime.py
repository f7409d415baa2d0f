from __future__ import annotations

import resource
from pathlib import Path

import pytest

from mesosdeploy.errors import ProviderError
from mesosdeploy.providers.local import runtime
from mesosdeploy.providers.local.containers import Platform
from mesosdeploy.providers.local.engine import Engine

HYBRID = "Error: crun: cgroups in hybrid mode not supported"


class Machine(Engine):
    """An engine on which only some OCI runtimes work; "" is the engine's default."""

    def run(self, *words: str, stdin: bytes | None = None, timeout_seconds: float = 60) -> str:
        del stdin, timeout_seconds
        named = words[1] if words[0] == "--runtime" else ""
        if named not in working:
            raise ProviderError(f"`podman run` failed: {HYBRID}", hint="-")
        return ""


working: set[str] = set()


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    working.clear()
    runtime.detect_platform.cache_clear()
    monkeypatch.setattr(runtime, "_is_installed", lambda _: True)
    return Machine(name="podman")


@pytest.mark.parametrize(
    ("works", "wanted", "chosen"),
    [
        pytest.param({"", "runc"}, "", "", id="the default works"),
        pytest.param({"runc"}, "", "runc", id="crun refuses hybrid cgroups"),
        pytest.param({"", "runc"}, "runc", "runc", id="asked for"),
    ],
)
def test_the_first_runtime_that_works_is_taken(
    machine: Machine, works: set[str], wanted: str, chosen: str
) -> None:
    working.update(works)
    found = runtime.detect_platform(machine, "image", wanted)
    assert (found.is_podman, found.runtime) == (True, chosen)


def test_without_a_runtime_every_complaint_is_told(machine: Machine) -> None:
    with pytest.raises(ProviderError) as caught:
        runtime.detect_platform(machine, "image")
    assert caught.value.message.count(HYBRID) == 3
    assert "runc" in str(caught.value.hint)


def test_a_wanted_runtime_is_not_replaced_by_another(machine: Machine) -> None:
    working.add("runc")
    with pytest.raises(ProviderError, match="crun: `podman run` failed"):
        runtime.detect_platform(machine, "image", "crun")


@pytest.mark.parametrize(
    ("hard", "expected"),
    [
        pytest.param(resource.RLIM_INFINITY, {"nofile": 65536, "nproc": 32768}, id="no limit"),
        pytest.param(20000, {"nofile": 20000, "nproc": 20000}, id="low limit"),
        pytest.param(1048576, {"nofile": 65536, "nproc": 32768}, id="high limit"),
    ],
)
def test_limits_are_wished_and_never_above_our_own(hard: int, expected: dict[str, int]) -> None:
    assert runtime.ulimits(lambda _: hard) == expected


def test_limits_of_this_process_can_be_read() -> None:
    assert set(runtime.ulimits(runtime.hard_limit)) == {"nofile", "nproc"}


@pytest.mark.parametrize(
    ("present", "mode"),
    [
        pytest.param("cgroup.controllers", "v2", id="v2"),
        pytest.param("unified/", "hybrid", id="hybrid"),
        pytest.param("memory/", "v1", id="v1"),
    ],
)
def test_cgroup_mode_is_read_from_the_mounts(tmp_path: Path, present: str, mode: str) -> None:
    path = tmp_path / present
    if present.endswith("/"):
        path.mkdir()
    else:
        path.touch()
    assert runtime.cgroup_mode(tmp_path) == mode


@pytest.mark.parametrize(
    ("allowed", "works", "told"),
    [
        pytest.param(1024, {""}, [], id="enough"),
        pytest.param(128, {""}, ["allowing 1024 watchers"], id="too few"),
        pytest.param(128, set(), ["no more than 128 watchers"], id="cannot be raised"),
    ],
)
def test_watchers_of_files_are_allowed_where_there_are_too_few(
    machine: Machine, tmp_path: Path, allowed: int, works: set[str], told: list[str]
) -> None:
    working.update(works)
    setting, reported = tmp_path / "max_user_instances", []
    setting.write_text(f"{allowed}\n")
    platform = Platform(is_podman=True)
    runtime.allow_watchers(machine, "image", platform, reported.append, setting=setting)
    assert len(reported) == len(told)
    assert all(line.startswith(begin) for line, begin in zip(reported, told, strict=True))
