"""Which of the schedulers leads: ephemeral znodes in order, the first one is the leader's."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import NoNodeError
from kazoo.retry import KazooRetry

log = logging.getLogger(__name__)

_SEQUENCE_DIGITS = 10
_LONGEST_DELAY_SECONDS = 1.0


class LostError(Exception):
    """The own znode is gone: others may lead by now."""


@dataclass(frozen=True)
class Result:
    """Whether this scheduler is elected, and the "host:port" of who is."""

    elected: bool
    leader: str


def judge(members: Mapping[str, str], own: str) -> Result:
    """Return who leads among `members` (znode to address), of which `own` is this scheduler's.

    Raises LostError when `own` is not among them.
    """
    if own not in members:
        raise LostError(f"the election node {own} is gone")
    first = min(members, key=lambda name: name[-_SEQUENCE_DIGITS:])
    return Result(elected=first == own, leader=members[first])


class Election:
    """Takes part with one znode of this session, and tells every result."""

    def __init__(self, client: KazooClient, path: str, address: str) -> None:
        self._client = client
        self._folder = f"{path}/leader"
        self._address = address
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._retry = KazooRetry(max_tries=-1, max_delay=_LONGEST_DELAY_SECONDS)
        self.node = ""

    async def follow(self, tell: Callable[[Result], None]) -> None:
        """Tell the result now, and each one that differs from the one before.

        Never returns; raises LostError when the election has gone on without this scheduler.
        """
        self.node = await asyncio.to_thread(self._join)
        own, last = self.node.rpartition("/")[2], None
        while True:
            self._changed.clear()
            result = judge(await asyncio.to_thread(self._retry, self._members), own)
            if result != last:
                last = result
                tell(result)
            await self._changed.wait()

    def _join(self) -> str:
        node: str = self._client.create(
            f"{self._folder}/member_",
            self._address.encode(),
            ephemeral=True,
            sequence=True,
            makepath=True,
        )
        return node

    def _members(self) -> dict[str, str]:
        """Read everyone's address, and have `_changed` set at the next change.

        Kazoo calls a watch also when its connection breaks, so no change is missed.
        """
        found = {}
        for name in self._client.get_children(self._folder, watch=self._wake):
            try:
                found[name] = self._client.get(f"{self._folder}/{name}")[0].decode()
            except NoNodeError:
                continue
        return found

    def _wake(self, _event: object) -> None:
        self._loop.call_soon_threadsafe(self._changed.set)


class SessionWatch:
    """Calls `lost` once when the session has ended, or may have while there is no connection.

    ZooKeeper ends a session that it has not heard of for the session timeout, and a client that
    cannot reach it learns of that only afterwards. So it counts as lost when a connection has been
    missing for that long.
    """

    def __init__(
        self, client: KazooClient, session_seconds: float, lost: Callable[[], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._seconds = session_seconds
        self._lost = lost
        self._timer: asyncio.TimerHandle | None = None
        client.add_listener(self._listen)

    def _listen(self, state: str) -> None:
        self._loop.call_soon_threadsafe(self._react, state)

    def _react(self, state: str) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if state == KazooState.LOST:
            self._lost()
        elif state == KazooState.SUSPENDED:
            log.warning("no connection to ZooKeeper")
            self._timer = self._loop.call_later(self._seconds, self._lost)
