"""Asks one master, agent or AdminServer, and says in one word why it did not answer."""

from __future__ import annotations

import json
import socket
import ssl
from typing import Any, Final

import aiohttp

from mesosdeploy.services.exporter.settings import Settings, SettingsError, authorization

_DENIED: Final = (401, 403)
_BREAKS: Final = (aiohttp.ServerConnectionError, aiohttp.ClientPayloadError, OSError)
_ENDPOINTS: Final = 4


class NoAnswerError(Exception):
    """An endpoint did not answer as it should; `reason` is one of few words, for a label."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Mesos:
    """The HTTP interface of what is measured; to be used in one event loop."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.url.rstrip("/")
        headers = {"User-Agent": "mesos-exporter", "Accept": "application/json"}
        if settings.credentials:
            headers["Authorization"] = authorization(settings.credentials)
        self._session = aiohttp.ClientSession(
            connector=_connector(_tls(settings)),
            headers=headers,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def get(self, path: str) -> Any:
        """Return the JSON that a path answers with; NoAnswerError when it does not.

        There is no timeout here: who asks for several paths has one for all of them. Redirects are
        not followed: they lead to another master, whose figures are another exporter's.
        """
        try:
            async with self._session.get(f"{self._url}{path}", allow_redirects=False) as response:
                if response.status != 200:
                    raise _refused(response)
                return json.loads(await response.read())
        except aiohttp.ClientSSLError as exc:
            raise NoAnswerError("tls", f"no trust in its certificate: {exc}") from exc
        except aiohttp.ClientConnectorError as exc:
            raise NoAnswerError(_why_no_connection(exc.os_error), str(exc)) from exc
        except _BREAKS as exc:
            detail = f"it broke the connection off ({exc}); does it want TLS?"
            raise NoAnswerError("broken_off", detail) from exc
        except ValueError as exc:
            raise NoAnswerError("not_json", f"no JSON: {exc}") from exc
        except aiohttp.ClientError as exc:
            raise NoAnswerError("no_http", f"no HTTP: {exc}") from exc


def _refused(response: aiohttp.ClientResponse) -> NoAnswerError:
    status = response.status
    if status in _DENIED:
        return NoAnswerError("unauthorized", f"it wants other credentials ({status})")
    if 300 <= status < 400:
        where = response.headers.get("Location", "")
        return NoAnswerError("redirected", f"it sends us to {where} ({status})")
    return NoAnswerError(f"http_{status}", f"status {status}")


def _why_no_connection(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "unknown_host"
    return "refused" if isinstance(error, ConnectionRefusedError) else "unreachable"


def _connector(tls: ssl.SSLContext | None) -> aiohttp.TCPConnector:
    # The aiohttp of Debian 12 verifies nothing where it is told `ssl=True`.
    if tls is None:
        return aiohttp.TCPConnector(limit=_ENDPOINTS)
    return aiohttp.TCPConnector(limit=_ENDPOINTS, ssl=tls)


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if not settings.url.startswith("https:"):
        return None
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
        if settings.certificate_file:
            context.load_cert_chain(settings.certificate_file, settings.key_file)
    except OSError as exc:  # ssl.SSLError is one
        named = (settings.ca_file, settings.certificate_file, settings.key_file)
        raise SettingsError(f"no TLS with {', '.join(filter(None, named))}: {exc}") from exc
    return context
