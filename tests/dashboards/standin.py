"""A Prometheus in miniature: serves the pages and the answers that a test puts into it."""

from __future__ import annotations

import http.server
import json
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mesosdeploy.dashboards import files

_CHARTS = Path("/usr/share/javascript/chart.js/chart.min.js")
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}

Series = list[tuple[dict[str, str], str]]
Answer = Callable[[str], Series]


def nothing(_expression: str) -> Series:
    """Answer each query with no series."""
    return []


def steady(**labels: str) -> Answer:
    """Answer each query with one series of these labels, which is always 1."""
    return lambda _expression: [(labels, "1")]


class _Server(http.server.ThreadingHTTPServer):
    # A browser opens several connections at once; one that is not accepted waits for seconds.
    request_queue_size = 64
    daemon_threads = True


class StandIn:
    """Serves /consoles, /user and as much of /api/v1 as the pages use."""

    def __init__(self) -> None:
        self.reset()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                split = urllib.parse.urlsplit(self.path)
                asked = dict(urllib.parse.parse_qsl(split.query))
                if split.path.startswith("/api/v1/"):
                    self._answer(*outer.api(split.path.removeprefix("/api/v1/"), asked))
                else:
                    self._answer(*outer.file(split.path))

            def _answer(self, status: int, kind: str, body: bytes) -> None:
                if not status:  # hang up
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
                """Say nothing."""

        self._http = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    def reset(self) -> None:
        """Answer with nothing, and forget what was asked."""
        self.answer: Answer = nothing
        self.alerts: list[dict[str, Any]] = []
        self.samples = 60
        self.reachable = True
        self.refused: Mapping[str, str] = {}
        self.asked: list[str] = []

    def stop(self) -> None:
        """Refuse connections."""
        self._http.shutdown()
        self._http.server_close()

    def file(self, path: str) -> tuple[int, str, bytes]:
        """Return a page, as Prometheus fills it in, or an asset."""
        directory, _, name = path.strip("/").partition("/")
        if directory == "consoles":
            text = (files.consoles_directory() / name).read_text(encoding="utf-8")
            return 200, "text/html", text.replace("{{ $externalLabels.cluster }}", "test").encode()
        if directory == "user":
            found = (
                _CHARTS if name == _CHARTS.name else files.consoles_directory() / "assets" / name
            )
            return 200, _TYPES[found.suffix], found.read_bytes()
        return 404, "text/plain", b"not found"

    def api(self, path: str, asked: dict[str, str]) -> tuple[int, str, bytes]:
        """Return what Prometheus' HTTP API would: https://prometheus.io/docs, "HTTP API"."""
        if not self.reachable:
            return 0, "", b""
        expression = asked.get("query", "")
        self.asked.append(expression)
        for part, reason in self.refused.items():
            if part in expression:
                error = {"status": "error", "errorType": "bad_data", "error": reason}
                return 400, "application/json", json.dumps(error).encode()
        data = {"status": "success", "data": self._data(path, expression, asked)}
        return 200, "application/json", json.dumps(data).encode()

    def _data(self, path: str, expression: str, asked: dict[str, str]) -> Any:
        if path == "alerts":
            return {"alerts": self.alerts}
        if path == "targets":
            return {"activeTargets": []}
        series = self.answer(expression)
        if path == "query":
            found = [{"metric": m, "value": [time.time(), v]} for m, v in series]
            return {"resultType": "vector", "result": found}
        end, step = float(asked["end"]), float(asked["step"])
        times = [end - step * back for back in range(self.samples - 1, -1, -1)]
        ranged = [{"metric": m, "values": [[t, v] for t in times]} for m, v in series]
        return {"resultType": "matrix", "result": ranged}
