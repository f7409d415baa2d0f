"""Processes are asked directly, unless the environment names a proxy."""

from __future__ import annotations

import pytest

from mesosdeploy import route
from mesosdeploy.errors import UsageError


@pytest.mark.parametrize(
    ("given", "url"),
    [
        pytest.param("", "", id="none"),
        pytest.param("127.0.0.1:1080", "socks5://127.0.0.1:1080", id="address"),
        pytest.param("[::1]:1080", "socks5://[::1]:1080", id="IPv6"),
    ],
)
def test_proxy_is_the_one_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, given: str, url: str
) -> None:
    monkeypatch.setenv(route.VARIABLE, given)
    assert route.proxy() == url


@pytest.mark.parametrize("given", ["1080", "localhost", "socks5://localhost", ":1080"])
def test_proxy_that_is_no_place_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv(route.VARIABLE, given)
    with pytest.raises(UsageError, match="is not of the form host:port"):
        route.client(secure=False)


def test_certificates_are_checked_behind_a_proxy_too(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setenv(route.VARIABLE, "127.0.0.1:1080")
    monkeypatch.setattr(
        "httpx_socks.SyncProxyTransport.from_url", lambda *_, **options: asked.append(options)
    )
    route.client(secure=True)
    assert asked == [{"verify": True, "trust_env": False}]
