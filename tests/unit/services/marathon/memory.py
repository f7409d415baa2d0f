"""A store in memory: ZooKeeper is left to the tests of services, what is written is judged here."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]


class MemoryStore:
    """Takes the writes of a registry or a catalog."""

    def __init__(self, content: Mapping[str, Json] | None = None) -> None:
        self.content: dict[str, Json] = dict(content or {})
        self.writes: list[dict[str, Json | None]] = []

    def write(self, changes: Mapping[str, Json | None]) -> asyncio.Future[None]:
        self.writes.append(dict(changes))
        for path, one in changes.items():
            self.content.pop(path, None)
            if one is not None:
                self.content[path] = one
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    async def read(self, path: str) -> Json | None:
        return self.content.get(path)
