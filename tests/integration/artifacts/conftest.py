"""A server on the loopback that misbehaves as real ones do."""

from __future__ import annotations

import hashlib
import io
import random
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy.artifacts.lock import Entry, Kind, Lock, Source, SourceKind, Wanted
from mesosdeploy.artifacts.pip_settings import PipSettings
from mesosdeploy.artifacts.resolve import Resolver
from mesosdeploy.artifacts.sources import Places
from mesosdeploy.artifacts.store import Store
from mesosdeploy.artifacts.transport import Limits

FILENAME = "upload-1.0.tar.gz"
Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Server:
    """Answers of a server by path, and what it was asked: (method, path, Authorization)."""

    url: str
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def add(self, path: str, answer: Answer) -> str:
        self.answers[path] = answer
        return self.url + path

    def paths(self, method: str = "GET") -> list[str]:
        return [path for asked, path, _ in self.asked if asked == method]


def _reply(
    body: bytes, *, kind: str = "application/octet-stream", status: int = 200, **headers: str
) -> Answer:
    """Return an answer with this body; HEAD gets its head only. `length` may lie about it."""
    length = headers.pop("length", str(len(body)))

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", length)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        if handler.command == "GET":
            handler.wfile.write(body)

    return answer


@pytest.fixture
def reply() -> Callable[..., Answer]:
    return _reply


@pytest.fixture
def server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append((self.command, self.path, self.headers.get("Authorization")))
            answer = made.answers.get(self.path, _reply(b"no", status=404))
            try:
                answer(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    made = Server(url=f"http://127.0.0.1:{httpd.server_port}")
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    made.stop.set()
    httpd.shutdown()
    httpd.server_close()
    thread.join()


@pytest.fixture(scope="session")
def content() -> bytes:
    """Return an archive of some 400 kB that does not compress."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        data = random.Random(1).randbytes(400_000)
        info = tarfile.TarInfo("library.so")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def make_entry(content: bytes) -> Callable[..., Entry]:
    def make(*urls: str, project: str | None = None) -> Entry:
        sources = [Source(kind=SourceKind.URL, location=url) for url in urls]
        if project:
            sources.append(Source(kind=SourceKind.PACKAGE_INDEX, location=project))
        return Entry(
            wanted=Wanted(name="mesos-upload", version="1.0", flavour="lab"),
            kind=Kind.FILE,
            licence="Apache-2.0",
            declared_in=Path("lock"),
            filename=FILENAME,
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            sources=tuple(sources),
        )

    return make


@pytest.fixture
def places() -> Callable[..., Places]:
    """Return a maker of places with short limits and the given index settings."""

    def make(mirror: str | None = None, pip: PipSettings | None = None, **limits: Any) -> Places:
        quick = {"connect": 2.0, "read": 0.5, "attempts": 2, "pause": 0.01, **limits}
        return Places(mirror=mirror, limits=Limits(**quick), ask_pip=lambda: pip or PipSettings())

    return make


@pytest.fixture
def make_resolver(store: Store, places: Callable[..., Places]) -> Callable[..., Resolver]:
    def make(entry: Entry, given: Places | None = None) -> Resolver:
        return Resolver(
            lock=Lock((entry,)),
            store=store,
            report=lambda _: None,
            places=given or places(),
            builders={},
        )

    return make
