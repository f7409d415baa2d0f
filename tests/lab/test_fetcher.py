"""URIs of tasks: brought into the sandbox by the fetcher."""

from __future__ import annotations

import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.lab.processes import Agent
from tests.lab.scheduler import Scheduler, task


class Server(ThreadingHTTPServer):
    """Serves a directory and remembers which files were downloaded."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.downloads: list[str] = []
        super().__init__(("127.0.0.1", 0), partial(_Handler, directory=str(directory)))

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"


class _Handler(SimpleHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.downloads.append(self.path)
        super().do_GET()

    def log_message(self, *_args: object) -> None:
        """Stay quiet."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "plain.txt").write_text("plain\n")
    (tmp_path / "script.sh").write_text("#!/bin/sh\necho executed\n")
    (tmp_path / "member.txt").write_text("from the archive\n")
    with tarfile.open(tmp_path / "archive.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "member.txt", "inside/member.txt")
    with Server(tmp_path) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def command(value: str, *uris: dict[str, Any]) -> dict[str, Any]:
    return {"shell": True, "value": value, "uris": list(uris)}


@pytest.mark.parametrize(
    ("uri", "value", "output"),
    [
        pytest.param({"value": "{http}/plain.txt"}, "cat plain.txt", "plain\n", id="http"),
        pytest.param({"value": "{files}/plain.txt"}, "cat plain.txt", "plain\n", id="path"),
        pytest.param(
            {"value": "file://{files}/plain.txt"}, "cat plain.txt", "plain\n", id="file-uri"
        ),
        pytest.param(
            {"value": "{http}/plain.txt", "output_file": "a/b.txt"},
            "cat a/b.txt",
            "plain\n",
            id="output-file",
        ),
        pytest.param(
            {"value": "{http}/script.sh", "executable": True},
            "./script.sh",
            "executed\n",
            id="executable",
        ),
        pytest.param(
            {"value": "{http}/archive.tar.gz"},
            "cat inside/member.txt",
            "from the archive\n",
            id="extracted",
        ),
        pytest.param(
            {"value": "{http}/archive.tar.gz", "extract": False},
            "ls -d archive.tar.gz inside 2>/dev/null",
            "archive.tar.gz\n",
            id="not-extracted",
        ),
        pytest.param(
            {"value": "{http}/archive.tar.gz", "cache": True},
            "cat inside/member.txt",
            "from the archive\n",
            id="extracted-from-cache",
        ),
    ],
)
def test_uri_is_in_the_sandbox(
    framework: Scheduler,
    agent: Agent,
    server: Server,
    uri: dict[str, Any],
    value: str,
    output: str,
) -> None:
    places = {"http": server.url("").rstrip("/"), "files": server.directory}
    uri = {**uri, "value": uri["value"].format(**places)}
    task_id = framework.launch(task(command(value, uri)))
    framework.wait_end(task_id)
    assert agent.sandbox_file(task_id) == output, agent.sandbox_file(task_id, "stderr")


def test_cached_uri_is_downloaded_once(framework: Scheduler, agent: Agent, server: Server) -> None:
    uri = {"value": server.url("plain.txt"), "cache": True}
    for _ in range(2):
        task_id = framework.launch(task(command("cat plain.txt", uri)))
        framework.wait_end(task_id)
        assert agent.sandbox_file(task_id) == "plain\n", agent.sandbox_file(task_id, "stderr")
    assert server.downloads == ["/plain.txt"]


def test_fetched_files_belong_to_the_user_of_the_task(
    framework: Scheduler, agent: Agent, server: Server
) -> None:
    value = "stat -c %U plain.txt"
    info = task({**command(value, {"value": server.url("plain.txt")}), "user": "nobody"})
    task_id = framework.launch(info)
    framework.wait_end(task_id)
    assert agent.sandbox_file(task_id) == "nobody\n"


@pytest.mark.parametrize("uri", ["{http}/missing.txt", "hdfs://nowhere/file", "/no/such/file"])
def test_uri_that_cannot_be_fetched_fails_the_task(
    framework: Scheduler, server: Server, uri: str
) -> None:
    value = uri.format(http=server.url("").rstrip("/"))
    end = framework.run(task(command("true", {"value": value})))
    assert (end["state"], end["reason"]) == ("TASK_FAILED", "REASON_CONTAINER_LAUNCH_FAILED")
    assert "Failed to fetch all URIs" in end["message"]
