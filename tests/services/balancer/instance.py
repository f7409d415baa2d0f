"""An instance of an app, as a process of its own: `python instance.py PORT NAME`.

It answers every request with its name and keeps connections open. GET /drop closes the connection
instead, after it noted the request in a file called NAME in the working directory; so does POST.
SIGTERM makes it drain: it stops listening, finishes what it began and exits.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path


async def serve(port: int, name: str) -> None:
    """Answer until SIGTERM."""
    stopping = asyncio.Event()
    busy: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not stopping.is_set():
            head = await reader.readuntil(b"\r\n\r\n")
            method, path, _ = head.split(b"\r\n")[0].split()
            if method == b"POST" or path == b"/drop":
                with Path(name).open("a") as notes:
                    notes.write(f"{method.decode()}\n")
                return
            last = b"Connection: close\r\n" if stopping.is_set() else b""
            body = name.encode()
            length = b"Content-Length: %d\r\n" % len(body)
            writer.write(b"HTTP/1.1 200 OK\r\n" + length + last + b"\r\n" + body)
            await writer.drain()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        busy.add(task)
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            busy.discard(task)
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await stopping.wait()
    server.close()
    if busy:
        await asyncio.wait(busy, timeout=0.2)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))
