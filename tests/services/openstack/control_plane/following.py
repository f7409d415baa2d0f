"""Somebody who is told, by HTTP, when machines or what surrounds them have changed."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tests.services.openstack.control_plane.configuration import ADDRESS

VARIABLE = "MACHINES_FOLLOWER"
"""Tells the services where the follower listens."""


@contextmanager
def listening(follow: Callable[[], None]) -> Iterator[str]:
    """Call `follow` at each POST to the address that is returned; a failure is told to the caller.

    The answer comes when `follow` has returned: what Nova then says is so.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, text = 200, ""
            try:
                follow()
            except Exception as exc:  # noqa: BLE001 - whatever it is, the service shall log it
                traceback.print_exc()
                status, text = 500, f"{type(exc).__name__}: {exc}"
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_given: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer((ADDRESS, 0), Handler) as server:
        thread = Thread(target=server.serve_forever, name="follower", daemon=True)
        thread.start()
        try:
            yield f"http://{ADDRESS}:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
