"""Serves an aiohttp application, with the aiohttp of Debian 12 (3.8) as with later ones."""

from __future__ import annotations

import inspect
from typing import Any

from aiohttp import web


async def serve(
    application: web.Application, *, address: str, port: int, goodbye_seconds: float
) -> web.AppRunner:
    """Listen on `address` ("": on all) and return the runner, whose `cleanup` ends it.

    `goodbye_seconds` bounds how long requests may go on then. Raises OSError when the port cannot
    be had; nothing is left to clean up then.
    """
    # Until 3.8 the site takes the bound, from 3.9 on the runner; either refuses the other's.
    later = "shutdown_timeout" in inspect.signature(web.BaseRunner.__init__).parameters
    bound: dict[str, Any] = {"shutdown_timeout": goodbye_seconds}
    runner = web.AppRunner(application, access_log=None, **(bound if later else {}))
    await runner.setup()
    try:
        await web.TCPSite(runner, address or None, port, **({} if later else bound)).start()
    except OSError:
        await runner.cleanup()
        raise
    return runner
