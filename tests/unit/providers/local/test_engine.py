from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from mesosdeploy.errors import ProviderError
from mesosdeploy.providers.local.engine import APT_PACKAGES, Engine, candidates, detect

Answer = Callable[[list[str]], subprocess.CompletedProcess[bytes]]


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], list[list[str]]]:
    """Replace the start of processes by a function; return the list of commands it was given."""

    def install(function: Answer) -> list[list[str]]:
        commands: list[list[str]] = []

        def run(command: list[str], **_options: Any) -> subprocess.CompletedProcess[bytes]:
            commands.append(command)
            return function(command)

        monkeypatch.setattr(subprocess, "run", run)
        monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
        return commands

    return install


def done(code: int = 0, out: bytes = b"", err: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.CompletedProcess([], code, out, err)


@pytest.mark.parametrize(
    ("wanted", "is_root", "expected"),
    [
        pytest.param("auto", True, [("podman", ()), ("docker", ())], id="root"),
        pytest.param(
            "auto",
            False,
            [("podman", ("sudo", "-n")), ("docker", ()), ("docker", ("sudo", "-n"))],
            id="user",
        ),
        pytest.param("docker", True, [("docker", ())], id="docker asked for"),
    ],
)
def test_podman_is_tried_first_and_always_as_root(
    wanted: str, is_root: bool, expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert list(candidates(wanted, is_root=is_root)) == expected


def test_a_docker_client_without_its_daemon_does_not_count(
    answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    answer(lambda _: done(1, err=b"Cannot connect to the Docker daemon at unix:///x."))
    with pytest.raises(ProviderError, match="`docker ps` failed: Cannot connect") as caught:
        detect("docker")
    assert all(package in str(caught.value.hint) for package in APT_PACKAGES)


def test_the_second_engine_is_taken_when_the_first_fails(
    answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    answer(lambda command: done(125 if command[0] == "podman" else 0))
    assert detect() == Engine(name="docker")


def test_without_any_engine_the_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ProviderError, match="podman is not installed; docker is not") as caught:
        detect()
    assert str(caught.value.hint).endswith(" ".join(APT_PACKAGES))


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ProviderError, match="knows no engine 'lxc'"):
        detect("lxc")


def test_a_failure_tells_the_last_line_and_the_command(answer: Any) -> None:
    answer(lambda _: done(125, err=b"warning\nError: no space left on device\n"))
    with pytest.raises(ProviderError) as caught:
        Engine(name="podman", prefix=("sudo", "-n")).run("network", "create", "a b")
    assert caught.value.message == "`podman network create` failed: Error: no space left on device"
    assert caught.value.hint == "the command was: sudo -n podman network create 'a b'"


def test_a_global_option_does_not_hide_the_verb(answer: Any) -> None:
    answer(lambda _: done(1))
    with pytest.raises(ProviderError, match=r"^`podman create` failed: no message$"):
        Engine(name="podman").run("--runtime", "runc", "create", "x")


def test_a_hanging_engine_is_an_error_after_the_time_limit(answer: Any) -> None:
    def hang(command: list[str]) -> subprocess.CompletedProcess[bytes]:
        raise subprocess.TimeoutExpired(command, 60)

    answer(hang)
    with pytest.raises(ProviderError, match="`podman ps` did not end within 60 s"):
        Engine(name="podman").run("ps")


def test_an_answer_that_is_no_json_is_an_error(answer: Any) -> None:
    answer(lambda _: done(out=b"NAME  ID"))
    with pytest.raises(ProviderError, match="`podman network ls` did not answer in JSON"):
        Engine(name="podman").json("network", "ls")
