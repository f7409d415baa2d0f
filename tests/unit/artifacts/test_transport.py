from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from mesosdeploy.artifacts.check import RefusedError
from mesosdeploy.artifacts.transport import Limits, Transport, redacted


@pytest.mark.parametrize(
    ("cause", "asked", "reason"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), 1, "its host name does not exist"),
        (socket.gaierror(socket.EAI_AGAIN, "later"), 3, "no luck"),
        (ConnectionRefusedError(), 3, "no luck"),
    ],
    ids=["no-such-host", "resolver-is-down", "refused"],
)
def test_only_what_may_pass_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, cause: OSError, asked: int, reason: str
) -> None:
    calls: list[str] = []

    @contextmanager
    def stream(_client: httpx.Client, _method: str, url: str, **_rest: object) -> Iterator[None]:
        calls.append(url)
        raise httpx.ConnectError("no luck") from cause
        yield

    monkeypatch.setattr(httpx.Client, "stream", stream)
    with pytest.raises(RefusedError, match=reason):
        Transport(limits=Limits(pause=0.001)).probe("http://mirror.example/f")
    assert len(calls) == asked


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:secret@h.example/a/b?token=secret#secret", "https://h.example/a/b"),
        ("https://secret@h.example:8443/a", "https://h.example:8443/a"),
        ("http://h.example/a b", "http://h.example/a%20b"),
        ("http://me:secret@h:no-port/", "(no valid URL)"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert redacted(url) == shown
