"""Asks Marathon's instances for apps and listens to their events."""

from __future__ import annotations

import base64
import itertools
import logging
from collections.abc import Callable
from typing import Final
from urllib.parse import urljoin

import aiohttp

from mesosdeploy.services.balancer.model import Json
from mesosdeploy.services.balancer.options import Options

_APPS: Final = "/v2/apps?embed=apps.tasks"
_EVENTS: Final = "/v2/events"
_ANSWER: Final = aiohttp.ClientTimeout(total=10, sock_connect=3)
# The stream breathes every few seconds (comments); one that is silent for longer may be half open.
_STREAM: Final = aiohttp.ClientTimeout(total=None, sock_connect=3, sock_read=60)
_MOST_REDIRECTS: Final = 3
_log = logging.getLogger(__name__)


class MarathonError(Exception):
    """No instance answers as Marathon does; the message says what each said."""


class Marathon:
    """Every instance of one Marathon; the one that answered last is asked first."""

    def __init__(self, options: Options, session: aiohttp.ClientSession) -> None:
        self._urls = options.marathon
        self._session = session
        token = base64.b64encode(options.credentials.encode()).decode()
        self._headers = {"Authorization": f"Basic {token}"} if options.credentials else {}
        self._preferred = 0

    async def apps(self) -> list[Json]:
        """Return every app with its tasks; raises MarathonError when no instance gives them."""
        reasons = []
        for number in range(len(self._urls)):
            index = (self._preferred + number) % len(self._urls)
            url = self._urls[index]
            try:
                apps = await self._apps_of(url)
            except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as exc:
                reasons.append(f"{url}: {exc or type(exc).__name__}")
                continue
            self._preferred = index
            return apps
        raise MarathonError("; ".join(reasons))

    async def _apps_of(self, url: str) -> list[Json]:
        async with self._session.get(
            f"{url}{_APPS}", headers=self._headers, timeout=_ANSWER, raise_for_status=True
        ) as answer:
            body = await answer.json(content_type=None)
        apps = body["apps"]
        if not all(isinstance(app, dict) for app in apps):
            raise ValueError("the answer holds apps that are no objects")
        return list(apps)

    async def listen(self, number: int, on_event: Callable[[], None]) -> None:
        """Call `on_event` at once, then whenever something happened, until the stream ends.

        `number` chooses the instance. What happened is not read: every event means that the apps
        have to be asked for, and some are too long to be worth it. Raises MarathonError.
        """
        url = f"{self._urls[number % len(self._urls)]}{_EVENTS}"
        headers = {**self._headers, "Accept": "text/event-stream"}
        try:
            for _ in range(_MOST_REDIRECTS):
                # A redirect to the leader is followed here: aiohttp would drop the credentials.
                async with self._session.get(
                    url, headers=headers, timeout=_STREAM, allow_redirects=False
                ) as answer:
                    if answer.status in (302, 307, 308):
                        url = urljoin(url, answer.headers["Location"])
                        continue
                    answer.raise_for_status()
                    _log.info("listening to the events of %s", url)
                    on_event()
                    async for chunk in answer.content.iter_any():
                        if b"event:" in chunk:
                            on_event()
                    raise MarathonError(f"{url} ended the stream of events")
            raise MarathonError(f"{url} redirects again and again")
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError) as exc:
            raise MarathonError(f"{url}: {exc or type(exc).__name__}") from exc


def delays() -> itertools.chain[float]:
    """Return how long to wait, in seconds, before each further attempt to listen."""
    return itertools.chain((0.2, 0.5, 1.0, 2.0), itertools.repeat(5.0))
