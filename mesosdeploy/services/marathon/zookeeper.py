"""Sessions with ZooKeeper ensembles."""

from __future__ import annotations

import asyncio
import logging

from kazoo.client import KazooClient
from kazoo.exceptions import KazooException
from kazoo.security import CREATOR_ALL_ACL, READ_ACL_UNSAFE

from mesosdeploy.services.marathon.settings import ZooKeeperUrl

# Kazoo's own waits between attempts grow to a minute, which no session outlives.
_LONGEST_DELAY_SECONDS = 0.5


class UnreachableError(Exception):
    """No server of an ensemble answered in time."""


async def connect(url: ZooKeeperUrl, *, session_seconds: float, wait_seconds: float) -> KazooClient:
    """Open a session; UnreachableError when there is none after `wait_seconds`.

    With credentials in the URL, what the client creates is its own, and readable by everyone.
    """
    logging.getLogger("kazoo").setLevel(logging.WARNING)
    digest = [("digest", url.credentials)] if url.credentials else None
    client = KazooClient(
        hosts=url.hosts,
        timeout=session_seconds,
        connection_retry={"max_tries": -1, "delay": 0.1, "max_delay": _LONGEST_DELAY_SECONDS},
        auth_data=digest,
        default_acl=CREATOR_ALL_ACL + READ_ACL_UNSAFE if digest else None,
    )
    try:
        await asyncio.to_thread(client.start, wait_seconds)
    except (client.handler.timeout_exception, KazooException) as exc:
        await asyncio.to_thread(client.stop)
        raise UnreachableError(f"no ZooKeeper at {url.hosts} after {wait_seconds:g} s") from exc
    return client
