"""Bytes over HTTP: certificates, credentials, time limits, retries; every error is a reason."""

from __future__ import annotations

import netrc
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import httpx
import tenacity

from mesosdeploy.artifacts.check import RefusedError
from mesosdeploy.artifacts.pip_settings import PipSettings

Count = Callable[[int], None]
Answer = TypeVar("Answer")

_UNKNOWN_SIZE_LIMIT = 4 << 30
_PAGE_LIMIT = 32 << 20
_TRANSIENT_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
_NO_HEAD_STATUS = frozenset({403, 405, 501})


class NoHeadError(RefusedError):
    """The server may have the file, but does not answer HEAD."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long a server may take, in seconds, and how often it is asked.

    A whole download may take `total` and its size at `bytes_per_second`.
    """

    connect: float = 10.0
    read: float = 30.0
    total: float = 120.0
    bytes_per_second: float = 50_000.0
    attempts: int = 3
    pause: float = 0.5


@dataclass(frozen=True, kw_only=True)
class Page:
    """An answer that was read as text; `url` is where it came from after redirections."""

    text: str
    content_type: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Transport:
    """HTTP with the trust and the proxy that pip is configured for; credentials: URL or netrc.

    Every method raises RefusedError with the reason when the server does not give what is asked.
    """

    settings: PipSettings = field(default_factory=PipSettings)
    limits: Limits = field(default_factory=Limits)

    def page(self, url: str, *, accept: str) -> Page:
        """Return a page as text."""

        def once() -> Page:
            with self._open("GET", url, accept=accept) as response:
                body = bytearray()
                for block in response.iter_bytes():
                    body += block
                    if len(body) > _PAGE_LIMIT:
                        raise RefusedError(f"its page is larger than {_PAGE_LIMIT} bytes")
                text = body.decode(response.charset_encoding or "utf-8", "replace")
                kind = response.headers.get("Content-Type", "")
                return Page(text=text, content_type=kind, url=str(response.url))

        return self._patiently(once)

    def download(self, url: str, target: Path, *, size: int | None, count: Count) -> None:
        """Write the body to `target`, telling `count` how many bytes are there.

        It stops once more than `size` bytes came; what came is left for inspection.
        """
        self._patiently(lambda: self._download(url, target, size, count))

    def probe(self, url: str) -> int | None:
        """Return the size in bytes that the server announces, None when it announces none."""
        try:
            return self._patiently(lambda: self._announced("HEAD", url))
        except NoHeadError:
            return self._patiently(lambda: self._announced("GET", url))

    def _announced(self, method: str, url: str) -> int | None:
        """Read the answer's head only; a body that the server sends is dropped unread."""
        with self._open(method, url) as response:
            if response.headers.get("Content-Type", "").startswith("text/html"):
                raise RefusedError("the server answers with a web page in place of the file")
            announced = response.headers.get("Content-Length", "")
            return int(announced) if announced.isdecimal() else None

    def _download(self, url: str, target: Path, size: int | None, count: Count) -> None:
        limit = _UNKNOWN_SIZE_LIMIT if size is None else size
        patience = self.limits.total + (size or 0) / self.limits.bytes_per_second
        began, got = time.monotonic(), 0
        with self._open("GET", url) as response, target.open("wb") as stream:
            for block in response.iter_raw():
                stream.write(block)
                got += len(block)
                count(got)
                if got > limit:
                    return
                if time.monotonic() - began > patience:
                    raise RefusedError(f"too slow: {got} bytes in {patience:g} s")

    @contextmanager
    def _open(self, method: str, url: str, *, accept: str = "*/*") -> Iterator[httpx.Response]:
        """Send one request; the body is asked for as it is stored, not compressed on the way."""
        headers = {"Accept": accept, "Accept-Encoding": "identity", "User-Agent": "mesosdeploy"}
        timeout = httpx.Timeout(self.limits.read, connect=self.limits.connect)
        with (
            httpx.Client(
                verify=self._trust(httpx.URL(url)),
                proxy=self.settings.proxy,
                timeout=timeout,
                follow_redirects=True,
            ) as client,
            client.stream(method, url, headers=headers, auth=_credentials(url)) as response,
        ):
            if method == "HEAD" and response.status_code in _NO_HEAD_STATUS:
                raise NoHeadError(f"HTTP status {response.status_code} for HEAD")
            response.raise_for_status()
            yield response

    def _patiently(self, once: Callable[[], Answer]) -> Answer:
        """Run `once`, again after a transient failure; the last failure becomes the reason."""
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.limits.attempts),
            wait=tenacity.wait_random_exponential(multiplier=self.limits.pause, max=10),
            retry=tenacity.retry_if_exception(_is_transient),
            reraise=True,
        )
        try:
            return retrying(once)
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise RefusedError(self._reason(exc)) from exc

    def _reason(self, exc: Exception) -> str:
        if isinstance(exc, httpx.HTTPStatusError):
            return f"HTTP status {exc.response.status_code} {exc.response.reason_phrase}".strip()
        if isinstance(exc, httpx.ConnectTimeout):
            return f"no connection within {self.limits.connect:g} s"
        if isinstance(exc, httpx.TimeoutException):
            return f"no answer within {self.limits.read:g} s"
        if _is_unknown_host(exc):
            return "its host name does not exist"
        return str(exc) or type(exc).__name__

    def _trust(self, url: httpx.URL) -> ssl.SSLContext | bool:
        if {url.host, f"{url.host}:{url.port}"} & set(self.settings.trusted_hosts):
            return False
        return self._context

    @cached_property
    def _context(self) -> ssl.SSLContext:
        """Return pip's certificates, those of the environment, or the system's with certifi's."""
        given = self.settings.cert or _environment("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
        try:
            if given and Path(given).is_dir():
                context = ssl.create_default_context(capath=given)
            elif given:
                context = ssl.create_default_context(cafile=given)
            else:
                context = httpx.create_ssl_context()
                context.load_default_certs()
            if self.settings.client_cert:
                context.load_cert_chain(self.settings.client_cert)
        except OSError as exc:
            raise RefusedError(f"the certificates of {given} cannot be read: {exc}") from exc
        return context


def redacted(url: str) -> str:
    """Return the URL as it may be shown: without credentials, query and fragment."""
    try:
        return str(httpx.URL(url).copy_with(userinfo=b"", query=None, fragment=None))
    except httpx.InvalidURL:
        return "(no valid URL)"


def _environment(*names: str) -> str | None:
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


def _credentials(url: str) -> httpx.Auth | None:
    """Return netrc's credentials; those in a URL are httpx's own business and come first."""
    if httpx.URL(url).userinfo:
        return None
    try:
        return httpx.NetRCAuth(os.environ.get("NETRC"))
    except (OSError, netrc.NetrcParseError):
        return None


def _is_unknown_host(exc: BaseException | None) -> bool:
    """Walk the causes: httpx hides the resolver's error under two of its own."""
    while exc is not None:
        if isinstance(exc, socket.gaierror):
            return exc.errno == socket.EAI_NONAME
        exc = exc.__cause__ or exc.__context__
    return False


def _is_transient(exc: BaseException) -> bool:
    if isinstance(exc, httpx.HTTPStatusError):
        return exc.response.status_code in _TRANSIENT_STATUS
    if isinstance(exc, httpx.UnsupportedProtocol):
        return False
    return isinstance(exc, httpx.TransportError) and not _is_unknown_host(exc)
