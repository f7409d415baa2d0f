"""The connection to the leading Mesos master: found, subscribed, and found again when it breaks."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
from kazoo.client import KazooClient
from kazoo.exceptions import KazooException, NoNodeError

from mesosdeploy.mesos.recordio import Decoder
from mesosdeploy.services.marathon import calls, zookeeper
from mesosdeploy.services.marathon.definition import Json
from mesosdeploy.services.marathon.settings import Settings, ZooKeeperUrl
from mesosdeploy.services.masters import MEMBER, address_of

log = logging.getLogger(__name__)

_PATH = "/api/v1/scheduler"
_HEADERS = {"Accept": "application/json"}
_CONNECT_SECONDS = 5.0
_CALL_SECONDS = 10.0
# Until SUBSCRIBED tells another interval, and how many may be missed.
_HEARTBEAT_SECONDS = 15.0
_HEARTBEATS = 5
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.25, 5.0
_BROKEN = (aiohttp.ClientError, TimeoutError, OSError, ValueError)


class MasterDetector:
    """Says where the leading master is, as host:port: from ZooKeeper, or a fixed address."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: KazooClient | None = None
        self._loop = asyncio.get_running_loop()
        self.changed = asyncio.Event()

    async def leader(self) -> str:
        """Return the leading master's address; "" while there is none.

        `changed` is set when that may have changed afterwards.
        """
        if not self._settings.master.startswith("zk://"):
            return self._settings.master
        url = ZooKeeperUrl.parse(self._settings.master)
        if self._client is None:
            try:
                self._client = await zookeeper.connect(
                    url,
                    session_seconds=self._settings.zk_session_timeout / 1000,
                    wait_seconds=self._settings.zk_connection_timeout / 1000,
                )
            except zookeeper.UnreachableError as exc:
                log.warning("the Mesos masters cannot be found: %s", exc)
                return ""
        self.changed.clear()
        try:
            return await asyncio.to_thread(self._read, self._client, url.path)
        except (KazooException, ValueError, KeyError) as exc:
            log.warning("the Mesos masters cannot be found: %r", exc)
            return ""

    def _read(self, client: KazooClient, path: str) -> str:
        """Read the first candidate's MasterInfo (src/master/contender/zookeeper.cpp)."""
        try:
            names = client.get_children(path, watch=self._wake)
            candidates = [name for name in names if name.startswith(MEMBER)]
            if not candidates:
                return ""
            info = json.loads(client.get(f"{path}/{min(candidates)}")[0])
        except NoNodeError:
            return ""
        return address_of(info)

    def _wake(self, _event: object) -> None:
        self._loop.call_soon_threadsafe(self.changed.set)

    async def close(self) -> None:
        """End the session with the masters' ZooKeeper."""
        if self._client is not None:
            await asyncio.to_thread(self._client.stop)


class Mesos:
    """Keeps one subscription alive; its events go to a queue, and DISCONNECTED after each end."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._detector = MasterDetector(settings)
        self._stream_id = ""
        self._http: aiohttp.ClientSession | None = None
        self.events: asyncio.Queue[Json] = asyncio.Queue()
        self.framework_id = ""
        self.leader = ""

    async def run(self) -> None:
        """Subscribe, and again whenever the stream ends; returns only by cancellation."""
        wait = _FIRST_WAIT_SECONDS
        async with aiohttp.ClientSession(headers=self._headers()) as self._http:
            try:
                while True:
                    leader = await self._detector.leader()
                    if leader and await self._follow(leader):
                        wait = _FIRST_WAIT_SECONDS
                    await self._pause(wait)
                    wait = min(wait * 2, _LONGEST_WAIT_SECONDS)
            finally:
                await self._detector.close()

    def _headers(self) -> dict[str, str]:
        """Return what every call carries: with a principal, its HTTP basic credentials."""
        principal = self._settings.mesos_authentication_principal
        file = self._settings.mesos_authentication_secret_file
        if not principal:
            return _HEADERS
        secret = Path(file).read_text().strip() if file else ""
        encoded = base64.b64encode(f"{principal}:{secret}".encode()).decode()
        return {**_HEADERS, "Authorization": f"Basic {encoded}"}

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._detector.changed.wait(), seconds)

    async def _follow(self, leader: str) -> bool:
        """Serve one stream until it ends; tell whether it had been subscribed."""
        reading = asyncio.create_task(self._stream(leader))
        moved = asyncio.create_task(self._wait_for_other(leader))
        try:
            await asyncio.wait({reading, moved}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                log.warning("the Mesos masters have a new leader")
            elif exc := reading.exception():
                if not isinstance(exc, _BROKEN):
                    raise exc
                log.warning("the master at %s: %s", leader, exc or type(exc).__name__)
            else:
                log.warning("the master at %s closed the event stream", leader)
        finally:
            for task in (reading, moved):
                task.cancel()
            await asyncio.gather(reading, moved, return_exceptions=True)
            subscribed, self.leader, self._stream_id = bool(self.leader), "", ""
            self.events.put_nowait({"type": "DISCONNECTED"})
        return subscribed

    async def _wait_for_other(self, leader: str) -> None:
        """Wait until ZooKeeper names a leader that is not `leader`."""
        while True:
            # A watch can get lost together with its connection, so it is not relied upon alone.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._detector.changed.wait(), _HEARTBEAT_SECONDS)
            now = await self._detector.leader()
            if now not in {"", leader}:
                return

    async def _stream(self, leader: str) -> None:
        assert self._http
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=_CONNECT_SECONDS, sock_read=_HEARTBEAT_SECONDS * _HEARTBEATS
        )
        body = calls.subscribe(self._settings, self.framework_id)
        async with self._http.post(
            f"http://{leader}{_PATH}", json=body, timeout=timeout, allow_redirects=False
        ) as response:
            if response.status != 200:
                text = (await response.text())[:200] or response.headers.get("Location", "")
                raise ValueError(f"it answered {response.status} {text}")
            self._stream_id, decoder = response.headers["Mesos-Stream-Id"], Decoder()
            async for piece in response.content.iter_any():
                for event in decoder.feed(piece):
                    if event["type"] == "SUBSCRIBED":
                        self.framework_id = event["subscribed"]["framework_id"]["value"]
                        self.leader = leader
                    self.events.put_nowait(event)

    async def call(self, body: Json) -> bool:
        """Send a call; tell whether the master took it.

        One that it did not take is logged and not repeated: a subscription that broke is made
        again, and reconciliation follows.
        """
        if not (self.leader and self._http):
            return False
        message: dict[str, Any] = {**body, "framework_id": {"value": self.framework_id}}
        try:
            async with self._http.post(
                f"http://{self.leader}{_PATH}",
                json=message,
                headers={"Mesos-Stream-Id": self._stream_id},
                timeout=aiohttp.ClientTimeout(total=_CALL_SECONDS),
                allow_redirects=False,
            ) as response:
                if response.status == 202:
                    return True
                answer = f"{response.status} {(await response.text())[:200]}"
        except _BROKEN as exc:
            answer = str(exc) or type(exc).__name__
        log.warning("%s was not taken by the master: %s", body["type"], answer)
        return False
