"""By which way the processes of a cluster are asked: directly, or through a SOCKS proxy."""

from __future__ import annotations

import os
import socket

import httpx

from mesosdeploy.errors import UsageError

VARIABLE = "MESOSDEPLOY_SOCKS"
"""Names the proxy (host:port) for this process and those that it starts; unset, there is none."""


_REFUSED = "no connection behind the proxy: refused, or forbidden"
"""OpenSSH hangs up where a SOCKS proxy should give a reason."""


def proxy() -> str:
    """Return the proxy's URL, "" where processes are asked directly; UsageError for no host:port.

    Of a proxy's URL there is only one form: names are resolved behind it, and nobody logs in.
    """
    given = os.environ.get(VARIABLE, "")
    host, _, port = given.rpartition(":")
    if given and not (host and port.isdecimal()):
        raise UsageError(
            f"{VARIABLE}={given!r} is not of the form host:port",
            hint="name a SOCKS5 proxy, for example 127.0.0.1:1080, or unset it",
        )
    return f"socks5://{given}" if given else ""


def client(*, secure: bool, timeout: httpx.Timeout | None = None) -> httpx.Client:
    """Return an HTTP client that goes this way, follows no redirects and heeds no environment.

    `secure` says whether certificates are checked, where there are any.
    """
    url = proxy()
    return httpx.Client(
        trust_env=False,
        follow_redirects=False,
        verify=secure,
        timeout=timeout or httpx.Timeout(5),
        transport=_Proxied(url, secure=secure) if url else None,
    )


def connect(address: str, port: int, *, seconds: float) -> socket.socket:
    """Return a connection, made within `seconds`; OSError says why there is none."""
    url = proxy()
    if not url:
        return socket.create_connection((address, port), seconds)
    from python_socks import ProxyError
    from python_socks.sync import Proxy

    try:
        return Proxy.from_url(url).connect(address, port, timeout=seconds)
    except ProxyError as exc:
        raise ConnectionError(_REFUSED) from exc


class _Proxied(httpx.BaseTransport):
    """HTTP through a proxy, with the deadlines and the exceptions of httpx.

    httpx's own SOCKS support waits for the proxy's answer without a limit, so that a dead node
    would hold a command for minutes.
    """

    def __init__(self, url: str, *, secure: bool) -> None:
        from httpx_socks import SyncProxyTransport

        self._inner = SyncProxyTransport.from_url(url, verify=secure, trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        from python_socks import ProxyError

        try:
            return self._inner.handle_request(request)
        except TimeoutError as exc:
            raise httpx.ConnectTimeout(str(exc), request=request) from exc
        except ProxyError as exc:
            raise httpx.ConnectError(_REFUSED, request=request) from exc
        except OSError as exc:
            raise httpx.ConnectError(str(exc), request=request) from exc

    def close(self) -> None:
        self._inner.close()
