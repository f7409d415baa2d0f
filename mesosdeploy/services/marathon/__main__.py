"""Runs one scheduler: the API at once, the election, and scheduling when it is won."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys

from kazoo.exceptions import KazooException

from mesosdeploy.services.marathon import settings as options
from mesosdeploy.services.marathon import zookeeper
from mesosdeploy.services.marathon.api.application import application
from mesosdeploy.services.marathon.concurrency import race
from mesosdeploy.services.marathon.election import (
    Election,
    LostError,
    Result,
    SessionWatch,
)
from mesosdeploy.services.marathon.leadership import FrameworkRefusedError, FrameworkRemovedError
from mesosdeploy.services.marathon.scheduler import FrameworkIdMissingError, Scheduler
from mesosdeploy.services.marathon.settings import Settings, SettingsError, ZooKeeperUrl
from mesosdeploy.services.marathon.store import StoreError
from mesosdeploy.services.serving import serve

log = logging.getLogger("marathon")

# Marathon's exit codes (docs/exit-codes.md).
_NO_ZOOKEEPER, _ZOOKEEPER_LOST = 100, 101
_LEADERSHIP_LOST, _ABDICATED = 103, 105
_MESOS_ERROR, _UNCAUGHT = 106, 107
_FRAMEWORK_ID_MISSING, _FRAMEWORK_REMOVED = 108, 110
_BIND_FAILED, _BAD_OPTION = 111, 112

_CODES: dict[type[Exception], int] = {
    LostError: _LEADERSHIP_LOST,
    StoreError: _ZOOKEEPER_LOST,
    KazooException: _ZOOKEEPER_LOST,
    FrameworkRefusedError: _MESOS_ERROR,
    FrameworkIdMissingError: _FRAMEWORK_ID_MISSING,
    FrameworkRemovedError: _FRAMEWORK_REMOVED,
}
# What an API answer may still take when the process ends.
_GOODBYE_SECONDS = 0.5


def main() -> int:
    """Run until a signal or an error; the exit code is Marathon's for the reason."""
    try:
        settings = options.read(sys.argv[1:], os.environ)
    except SettingsError as exc:
        sys.stderr.write(f"marathon: {exc}\n")
        return _BAD_OPTION
    logging.basicConfig(
        level=settings.logging_level.upper(),
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    return asyncio.run(_run(settings))


async def _run(settings: Settings) -> int:
    url, seconds = ZooKeeperUrl.parse(settings.zk), settings.zk_session_timeout / 1000
    wait = settings.zk_connection_timeout / 1000
    try:
        client = await zookeeper.connect(url, session_seconds=seconds, wait_seconds=wait)
    except zookeeper.UnreachableError as exc:
        log.critical("exit with code %d: %s", _NO_ZOOKEEPER, exc)
        return _NO_ZOOKEEPER
    try:
        scheduler = Scheduler(settings, client)
        try:
            runner = await serve(
                application(scheduler),
                address=settings.http_address,
                port=settings.http_port,
                goodbye_seconds=_GOODBYE_SECONDS,
            )
        except OSError as exc:
            log.critical("exit with code %d: %s", _BIND_FAILED, exc)
            return _BIND_FAILED
        try:
            lost = asyncio.Event()
            SessionWatch(client, seconds, lost.set)
            election = Election(client, url.path, settings.address)
            return await _until_the_end(scheduler, election, lost)
        finally:
            await runner.cleanup()
    finally:
        # Ends the session: the others elect a new leader at once.
        await asyncio.to_thread(client.stop)


async def _until_the_end(scheduler: Scheduler, election: Election, lost: asyncio.Event) -> int:
    """Take part in the election and lead when elected; the exit code of whatever ends first."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    codes = (0, _ABDICATED, _ZOOKEEPER_LOST, _UNCAUGHT)
    try:
        first = await race(
            stopped.wait(),
            _abdicated(scheduler),
            lost.wait(),
            _take_part(scheduler, election),
        )
    except tuple(_CODES) as exc:
        code = next(code for kind, code in _CODES.items() if isinstance(exc, kind))
        log.critical("exit with code %d: %s: %s", code, type(exc).__name__, exc)
        return code
    except Exception:
        log.exception("exit with code %d", _UNCAUGHT)
        return _UNCAUGHT
    log.info("exit with code %d", codes[first])
    return codes[first]


async def _abdicated(scheduler: Scheduler) -> None:
    await scheduler.abdicated.wait()
    await asyncio.sleep(_GOODBYE_SECONDS)


async def _take_part(scheduler: Scheduler, election: Election) -> None:
    """Follow the election; lead from the first result that elects this scheduler on."""
    elected = asyncio.Event()

    def tell(result: Result) -> None:
        if result.elected:
            elected.set()
        else:
            log.info("%s leads", result.leader)
            scheduler.leader = result.leader

    async def lead() -> None:
        await elected.wait()
        scheduler.leader = ""
        await scheduler.lead(election.node)

    await race(election.follow(tell), lead())


if __name__ == "__main__":
    sys.exit(main())
