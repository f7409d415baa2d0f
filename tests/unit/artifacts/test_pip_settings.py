from __future__ import annotations

import subprocess
from types import SimpleNamespace

import pytest

from mesosdeploy.artifacts import pip_settings
from mesosdeploy.artifacts.check import RefusedError
from mesosdeploy.artifacts.pip_settings import PipSettings

ANSWER = (
    '{"index_url": "https://i/simple", "extra_index_urls": ["file:///e"], "find_links": ["/w"],'
    ' "no_index": %s, "cert": "/ca", "client_cert": null, "proxy": "", "trusted_hosts": ["h"]}'
)


def answer(monkeypatch: pytest.MonkeyPatch, stdout: str) -> None:
    monkeypatch.setattr(
        subprocess, "run", lambda *_args, **_options: SimpleNamespace(stdout=stdout)
    )


def test_the_index_comes_before_extra_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "a warning of pip\n" + ANSWER % "false" + "\n")
    assert pip_settings.read() == PipSettings(
        indexes=("https://i/simple", "file:///e"),
        find_links=("/w",),
        cert="/ca",
        trusted_hosts=("h",),
    )


def test_no_index_leaves_the_links(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, ANSWER % "true")
    settings = pip_settings.read()
    assert settings.indexes == ()
    assert settings.find_links == ("/w",)


@pytest.mark.parametrize("stdout", ["", "nothing", "{}", "[]"])
def test_an_answer_that_is_none_is_a_reason(monkeypatch: pytest.MonkeyPatch, stdout: str) -> None:
    answer(monkeypatch, stdout)
    with pytest.raises(RefusedError, match="cannot be asked"):
        pip_settings.read()


def test_a_python_without_pip_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise subprocess.CalledProcessError(1, "python", stderr="Traceback\nNo module named 'pip'")

    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(RefusedError, match="No module named 'pip'"):
        pip_settings.read()
