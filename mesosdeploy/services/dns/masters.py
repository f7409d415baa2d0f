"""Finds the leading master and reads its /state."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import aiohttp

from mesosdeploy.services.dns.election import Election
from mesosdeploy.services.dns.settings import Settings

Json = dict[str, Any]
log = logging.getLogger(__name__)

_DENIED: Final = (401, 403)
_DEFAULT_PORT: Final = 5050
_LONGEST_WAIT_SECONDS: Final = 3600.0


class NoMasterError(Exception):
    """No leading master gave its state; the message says what each one answered."""


class Answer(NamedTuple):
    """The leader's state and "address:port" of all known masters, in the order of their numbers."""

    state: Json
    masters: list[str]


class Masters:
    """The masters of a cluster, as ZooKeeper or the configuration names them."""

    def __init__(self, settings: Settings, *, changed: Callable[[], None]) -> None:
        self._settings = settings
        self._configured: list[str] = list(settings["masters"] or [])
        self._elected: list[str] = []
        place = settings.zookeeper
        timeout = float(settings["timeout"])
        self._election = Election(place, timeout=timeout, changed=changed) if place else None
        limits = aiohttp.ClientTimeout(total=settings["stateTimeoutSeconds"], connect=timeout)
        credentials = settings.credentials
        self._session = aiohttp.ClientSession(
            timeout=limits,
            auth=aiohttp.BasicAuth(*credentials) if credentials else None,
            headers={"User-Agent": "Mesos-DNS"},
        )

    async def connect(self) -> None:
        """Wait for ZooKeeper as long as the configuration says (0: without an end)."""
        if self._election is None:
            return
        limit = float(self._settings["zkDetectionTimeout"]) or _LONGEST_WAIT_SECONDS
        if not await self._election.connect(limit):
            log.warning("no connection to ZooKeeper after %g s; it is tried on", limit)

    async def close(self) -> None:
        """Close what is open."""
        await self._session.close()
        if self._election is not None:
            await self._election.close()

    async def state(self) -> Answer:
        """Return what the leading master says; NoMasterError when there is none to say it."""
        problems = []
        if self._election is not None:
            try:
                self._elected = await self._election.members() or self._elected
            except ConnectionError as exc:
                problems.append(str(exc))
        # A leader that nobody lists is found through the redirect of those that are listed.
        waiting, asked = [*self._elected[:1], *self._configured, *self._elected[1:]], set[str]()
        while waiting:
            master = waiting.pop(0)
            if master in asked:
                continue
            asked.add(master)
            try:
                answer = await self._ask(master)
            except (aiohttp.ClientError, TimeoutError, ValueError) as exc:
                problems.append(f"{master}: {exc or type(exc).__name__}")
                continue
            if isinstance(answer, str):
                problems.append(f"{master}: does not lead")
                waiting.insert(0, answer)
            else:
                return Answer(answer, self._configured or sorted(self._elected))
        raise NoMasterError("; ".join(problems) or "ZooKeeper names no master")

    async def _ask(self, master: str) -> Json | str:
        """Return a master's state, or "address:port" of the leader that it refers to."""
        url = f"http://{master}/state"
        async with self._session.get(url, allow_redirects=False) as response:
            if response.status in _DENIED:
                raise ValueError(
                    f"it wants other credentials ({response.status}); see mesosCredentials"
                )
            if location := response.headers.get("Location"):
                parts = urlsplit(location)
                return f"{parts.hostname}:{parts.port or _DEFAULT_PORT}"
            response.raise_for_status()
            state: Json = json.loads(await response.read())
        if not state.get("leader"):
            raise ValueError("it knows no leader")
        return state
