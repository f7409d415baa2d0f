"""The masters that stand for election in ZooKeeper; the first of them leads (Mesos' contender)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any, Final

from kazoo.client import KazooClient
from kazoo.exceptions import KazooException, NoNodeError
from kazoo.handlers.threading import KazooTimeoutError

from mesosdeploy.services.dns.settings import ZooKeeper
from mesosdeploy.services.masters import MEMBER, address_of

_LONGEST_PAUSE_SECONDS: Final = 5
_POLL_SECONDS: Final = 0.1


class Election:
    """Reads the members, and calls `changed` (in the loop's thread) when they may be others."""

    def __init__(self, place: ZooKeeper, *, timeout: float, changed: Callable[[], None]) -> None:
        self._path, self._timeout = place.path, timeout
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        auth = [("digest", place.credentials)] if place.credentials else None
        self._client: Any = KazooClient(
            hosts=place.hosts,
            auth_data=auth,
            connection_retry={"max_tries": -1, "max_delay": _LONGEST_PAUSE_SECONDS},
        )
        self._client.add_listener(self._notify)

    async def connect(self, seconds: float) -> bool:
        """Begin to connect; say whether that was done within `seconds`. It goes on in any case."""
        self._client.start_async()
        deadline = time.monotonic() + seconds
        while not self._client.connected and time.monotonic() < deadline:
            await asyncio.sleep(_POLL_SECONDS)
        return bool(self._client.connected)

    async def members(self) -> list[str]:
        """Return "address:port" of each master, the leader first; empty when there is none.

        Raises ConnectionError when ZooKeeper does not answer.
        """
        if not self._client.connected:
            raise ConnectionError("no connection to ZooKeeper")
        try:
            return await asyncio.to_thread(self._read)
        except (KazooException, KazooTimeoutError) as exc:
            raise ConnectionError(f"ZooKeeper: {exc or type(exc).__name__}") from exc

    async def close(self) -> None:
        """End the session."""
        await asyncio.to_thread(self._stop)

    def _stop(self) -> None:
        self._client.remove_listener(self._notify)
        self._client.stop()
        self._client.close()

    def _read(self) -> list[str]:
        try:
            asked = self._client.get_children_async(self._path, watch=self._notify)
            children = asked.get(timeout=self._timeout)
        except NoNodeError:
            return []
        found = []
        for child in sorted(name for name in children if name.startswith(MEMBER)):
            try:
                data, _ = self._client.get_async(f"{self._path}/{child}").get(timeout=self._timeout)
            except NoNodeError:  # it left meanwhile
                continue
            found.append(address_of(json.loads(data)))
        return found

    def _notify(self, _event: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._changed)
