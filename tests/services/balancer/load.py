"""A client that sends request after request and keeps every answer that is not 200.

It repeats nothing: where a library would send a request again, this one counts a failure.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

_SECONDS = 10


@dataclass(kw_only=True)
class Seen:
    """What clients got: answers by their body, and failures in words."""

    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


class Connection:
    """A connection that is opened again only after it was announced that it closes."""

    def __init__(self, port: int, host: str = "") -> None:
        self._port, self._host = port, host or f"127.0.0.1:{port}"
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, path: str = "/", *, method: str = "GET") -> tuple[int, str, dict[str, str]]:
        """Return status, body and headers; raises OSError or IncompleteReadError."""
        async with asyncio.timeout(_SECONDS):
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._streams
            writer.write(f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())
            lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            pairs = (line.partition(":") for line in lines[1:] if line)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            if headers.get("connection") == "close":
                self.close()
            return int(lines[0].split()[1]), body.decode(), headers

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


@asynccontextmanager
async def constant(port: int, *, clients: int = 4) -> AsyncIterator[Seen]:
    """Send requests all the time: half of the clients keep their connection, half open new ones."""
    seen = Seen()
    stop = asyncio.Event()

    async def client(number: int) -> None:
        connection = Connection(port)
        while not stop.is_set():
            try:
                status, body, _ = await connection.ask()
            except (OSError, asyncio.IncompleteReadError) as exc:
                seen.failures.append(f"{'kept' if number % 2 else 'new'}: {exc!r}")
                connection.close()
            else:
                if status != 200:
                    seen.failures.append(f"{status} {body.strip()}")
                seen.answers[body] += 1
            if not number % 2:
                connection.close()
            await asyncio.sleep(0.002)
        connection.close()

    async with asyncio.TaskGroup() as group:
        for number in range(clients):
            group.create_task(client(number))
        try:
            yield seen
        finally:
            stop.set()


async def until(port: int, *, host: str = "", status: int = 200) -> str:
    """Return the body of the first answer with that status."""
    connection = Connection(port, host)
    got: object = None
    async with asyncio.timeout(20):
        while True:
            try:
                got, body, _ = await connection.ask()
            except (OSError, asyncio.IncompleteReadError):
                got = None
            if got == status:
                connection.close()
                return body
            connection.close()
            await asyncio.sleep(0.02)
