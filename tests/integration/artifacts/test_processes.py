"""Two processes at one store, and one that is killed in the middle of a download."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy.artifacts.lock import Entry
from mesosdeploy.artifacts.resolve import Resolver, expected_of
from mesosdeploy.artifacts.store import Store

ROOT = Path(__file__).parents[3]
SCRIPT = """
import sys
from pathlib import Path
from mesosdeploy.artifacts import Store, Wanted, load_lock, resolve
lock = load_lock(Path(sys.argv[1]))
found = resolve(
    [Wanted(name="mesos-upload", version="1.0", flavour="lab")], lock=lock,
    store=Store(Path(sys.argv[2])), offline=None, mirror=None,
    report=lambda line: print(line, flush=True),
)
print("origin:", found["mesos-upload"].origin)
"""


@pytest.fixture
def start(tmp_path: Path, store: Store) -> Iterator[Callable[[Entry], subprocess.Popen[str]]]:
    """Return a function that starts a process which resolves the entry."""
    started: list[subprocess.Popen[str]] = []

    def run(entry: Entry) -> subprocess.Popen[str]:
        document = {"format": 1, "artifacts": [entry.as_fields()]}
        (tmp_path / "artifacts.lock.yml").write_text(json.dumps(document))
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(tmp_path), str(store.root)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def held_back(content: bytes, gate: threading.Event) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer with half of the content, the rest when the gate opens."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[: len(content) // 2])
        handler.wfile.flush()
        gate.wait(20)
        handler.wfile.write(content[len(content) // 2 :])

    return answer


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "nothing happened for 20 s"
        time.sleep(0.02)


def parts(store: Store) -> list[Path]:
    return [path for path in store.root.glob("*/*/*.part") if path.stat().st_size]


def test_two_processes_that_want_the_same_file_fetch_it_once(
    server: Any,
    content: bytes,
    make_entry: Callable[..., Entry],
    start: Callable[[Entry], subprocess.Popen[str]],
    store: Store,
) -> None:
    gate = threading.Event()
    entry = make_entry(server.add("/f", held_back(content, gate)))
    first = start(entry)
    wait_for(lambda: bool(parts(store)))
    second = start(entry)
    assert second.stdout
    assert "waiting for another mesosdeploy" in second.stdout.readline()
    gate.set()
    last = [process.communicate(timeout=30)[0].splitlines()[-1] for process in (first, second)]
    assert last == [f"origin: url {server.url}/f", "origin: store"]
    assert server.paths() == ["/f"]


def test_a_killed_download_leaves_nothing_that_looks_complete(
    server: Any,
    content: bytes,
    make_entry: Callable[..., Entry],
    make_resolver: Callable[..., Resolver],
    start: Callable[[Entry], subprocess.Popen[str]],
    store: Store,
) -> None:
    gate = threading.Event()
    entry = make_entry(server.add("/f", held_back(content, gate)))
    process = start(entry)
    wait_for(lambda: bool(parts(store)))
    process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=10) == -signal.SIGKILL
    assert store.find(expected_of(entry)) is None
    assert not store.path(expected_of(entry)).exists()
    assert list(store.audit()) == []
    gate.set()
    found = make_resolver(entry).resolve(entry.wanted)
    assert found.path.read_bytes() == content
    assert not list(store.root.glob("*/*/*.part")), "the next one clears what was left"
