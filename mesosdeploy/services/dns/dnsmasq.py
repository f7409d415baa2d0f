"""One dnsmasq process: tested, started, awaited, told to read again, and kept running."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

PROGRAM: Final = "/usr/sbin/dnsmasq"
_READY_SECONDS: Final = 10.0
_STOP_SECONDS: Final = 3.0
_PAUSE_SECONDS: Final = 0.5
_POLL_SECONDS: Final = 0.01


class DnsmasqError(Exception):
    """dnsmasq does not take its configuration, or does not start with it."""


async def test(config: Path) -> None:
    """Let dnsmasq judge a configuration file; DnsmasqError carries its sentence."""
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        "--test",
        f"--conf-file={config}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    if process.returncode != 0:
        text = errors.decode(errors="replace").strip()
        raise DnsmasqError(f"dnsmasq refuses {config}: {text}")


class Dnsmasq:
    """A dnsmasq that listens on `address` and `port`; one that ends by itself is started again.

    What it prints is logged with `level`; its last line is the reason when it ends.
    """

    def __init__(
        self, config: Path, *, address: str, port: int, level: int = logging.DEBUG
    ) -> None:
        self._name, self._config, self._level = config.stem, config, level
        self._address, self._port = address, port
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._last_line = ""

    @property
    def running(self) -> bool:
        """Say whether the process is there."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it and wait until it listens, after which it is kept running."""
        await self._spawn()
        self._keeper = asyncio.create_task(self._keep())

    async def restart(self) -> None:
        """Replace the process by a new one that reads the configuration anew.

        When the new one does not start, that is tried on in the background.
        """
        await self._end()
        try:
            await self._spawn()
        finally:
            self._keeper = asyncio.create_task(self._keep())

    def reload(self) -> None:
        """Let it read its file of addresses again; what it is asked meanwhile waits."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGHUP)

    async def stop(self) -> None:
        """End it for good."""
        await self._end()

    async def _spawn(self) -> None:
        await test(self._config)
        self._process = await asyncio.create_subprocess_exec(
            PROGRAM, f"--conf-file={self._config}", stderr=asyncio.subprocess.PIPE
        )
        self._reader = reader = asyncio.create_task(self._read(self._process))
        deadline = time.monotonic() + _READY_SECONDS
        while not await self._listens():
            if self._process.returncode is not None:
                await reader
                raise DnsmasqError(
                    f"dnsmasq ({self._name}) does not listen on {self._address}:{self._port},"
                    f" it ended with {self._process.returncode}: {self._last_line}"
                )
            if time.monotonic() > deadline:
                raise DnsmasqError(
                    f"dnsmasq ({self._name}) does not listen on {self._address}:{self._port}"
                    f" after {_READY_SECONDS:g} s"
                )
            await asyncio.sleep(_POLL_SECONDS)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            self._last_line = line.decode(errors="replace").strip()
            log.log(self._level, "%s: %s", self._name, self._last_line)

    async def _listens(self) -> bool:
        # It binds all its sockets before it reads any: what comes in now is answered.
        try:
            _, writer = await asyncio.open_connection(self._address, self._port)
        except OSError:
            return False
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return self.running

    async def _keep(self) -> None:
        while True:
            assert self._process is not None
            code = await self._process.wait()
            log.error("dnsmasq (%s) ended with %s: %s", self._name, code, self._last_line)
            await asyncio.sleep(_PAUSE_SECONDS)
            try:
                await self._spawn()
            except DnsmasqError as exc:
                log.error("%s", exc)  # noqa: TRY400 - a sentence, no traceback

    async def _end(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
        if self._reader is not None:
            await self._reader
