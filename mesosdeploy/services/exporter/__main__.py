"""The program mesos-exporter: reads its settings, then serves metrics until it is stopped."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Sequence

from mesosdeploy.services.exporter.exporter import Exporter
from mesosdeploy.services.exporter.mesos import Mesos
from mesosdeploy.services.exporter.settings import Settings, SettingsError, load
from mesosdeploy.services.exporter.web import application
from mesosdeploy.services.serving import serve

_log = logging.getLogger("mesos-exporter")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; the exit code is 0 when stopped, 1 without its port, 2 without settings."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(message)s")
    try:
        settings, only_check = load(argv)
    except SettingsError as exc:
        _log.error("%s", exc)
        return 2
    if only_check:
        return 0
    try:
        asyncio.run(_run(settings))
    except SettingsError as exc:
        _log.error("%s", exc)
        return 2
    except OSError as exc:
        where = f"{settings.listen_address}:{settings.listen_port}"
        _log.error("cannot listen on %s: %s", where, exc)
        return 1
    return 0


async def _run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    mesos = Mesos(settings)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    try:
        runner = await serve(
            application(Exporter(settings, mesos), credentials=settings.web_credentials),
            address=settings.listen_address,
            port=settings.listen_port,
            goodbye_seconds=settings.timeout_seconds,
        )
        _log.info("metrics of the %s at %s", settings.kind, settings.url)
        try:
            await stopped.wait()
        finally:
            await runner.cleanup()
    finally:
        await mesos.close()


if __name__ == "__main__":
    sys.exit(main())
