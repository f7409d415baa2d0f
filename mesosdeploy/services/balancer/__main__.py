"""The program mesosdeploy-balancer: reads its settings, then balances until it is stopped."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import aiohttp
from aiohttp import web

from mesosdeploy.services.balancer.balancer import Balancer
from mesosdeploy.services.balancer.haproxy import Haproxy
from mesosdeploy.services.balancer.marathon import Marathon
from mesosdeploy.services.balancer.options import Options, OptionsError, load
from mesosdeploy.services.balancer.web import application

_log = logging.getLogger("mesosdeploy-balancer")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; the exit code is 0 when stopped, 1 without its port, 2 without settings."""
    parser = argparse.ArgumentParser(prog="mesosdeploy-balancer", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("/etc/mesosdeploy/balancer.json"))
    parser.add_argument("--check", action="store_true", help="only check the settings")
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(message)s")
    try:
        options = load(arguments.config)
    except OptionsError as exc:
        _log.error("%s", exc)
        return 2
    if arguments.check:
        return 0
    try:
        asyncio.run(serve(options))
    except OSError as exc:
        _log.error("cannot listen on %s:%d: %s", options.listen_address, options.listen_port, exc)
        return 1
    return 0


async def serve(options: Options) -> None:
    """Balance, and answer questions about it, until SIGTERM or SIGINT."""
    async with aiohttp.ClientSession() as session:
        marathon = Marathon(options, session)
        balancer = Balancer(options, marathon=marathon, haproxy=Haproxy(options=options))
        runner = web.AppRunner(application(balancer), access_log=None)
        await runner.setup()
        work = asyncio.ensure_future(balancer.run())
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, work.cancel)
        try:
            await web.TCPSite(runner, options.listen_address, options.listen_port).start()
            await work
        except asyncio.CancelledError:
            _log.info("stopped; HAProxy keeps its configuration")
        finally:
            work.cancel()
            await runner.cleanup()


if __name__ == "__main__":
    sys.exit(main())
