"""Fixtures of the whole suite: fast tests may start no process and open no socket."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path

import pytest

# Who starts the suite in the background of a script makes it ignore Ctrl-C, and so all it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

_GUARDED = ("unit", "cli", "contract")
_TESTS = Path(__file__).parent


def _is_guarded(path: Path) -> bool:
    return path.is_relative_to(_TESTS) and path.relative_to(_TESTS).parts[0] in _GUARDED


@pytest.fixture(autouse=True)
def _no_process_no_socket(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make processes and network connections raise in the fast tests."""
    if _is_guarded(request.path):

        def forbidden(*args: object, **_kwargs: object) -> None:
            msg = f"a fast test tried to reach outside of its process: {args[1:]!r}"
            raise AssertionError(msg)

        monkeypatch.setattr(subprocess.Popen, "__init__", forbidden)
        monkeypatch.setattr(socket.socket, "connect", forbidden)
        monkeypatch.setattr(socket, "create_connection", forbidden)


@pytest.fixture(autouse=True)
def _own_directories(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Give each fast test a state and a cache directory of its own."""
    if _is_guarded(request.path):
        monkeypatch.setenv("MESOSDEPLOY_STATE_DIR", str(tmp_path / "state"))
        monkeypatch.setenv("MESOSDEPLOY_CACHE_DIR", str(tmp_path / "cache"))
        monkeypatch.delenv("MESOSDEPLOY_INVENTORY", raising=False)
