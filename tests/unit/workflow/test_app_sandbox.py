"""Claims about reading files of sandboxes piece by piece.

httpx.MockTransport answers as an agent does: the bytes of a piece as they are, in JSON. Real
agents are asked in tests/services/app.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from mesosdeploy.errors import DeployError
from mesosdeploy.workflow import app_sandbox
from mesosdeploy.workflow.app_sandbox import SandboxFile

AGENT = "http://10.0.0.2:5051"
STATE = {"frameworks": [{"executors": [{"id": "t", "directory": "/sandbox"}]}]}


class Agent:
    """An agent with one file, which may grow."""

    def __init__(self, content: bytes = b"") -> None:
        self.content = content

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/state":
            return httpx.Response(200, json=STATE)
        params = request.url.params
        if params["path"] != "/sandbox/stdout":
            return httpx.Response(404)
        offset, length = int(params["offset"]), int(params["length"])
        if offset < 0:
            return httpx.Response(200, json={"data": "", "offset": len(self.content)})
        piece = self.content[offset : offset + length].decode(errors="surrogateescape")
        text = json.dumps({"data": piece, "offset": offset}, ensure_ascii=False)
        return httpx.Response(200, content=text.encode(errors="surrogateescape"))


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], Agent]:
    def serve(content: bytes) -> Agent:
        agent = Agent(content)

        def client() -> httpx.Client:
            return httpx.Client(transport=httpx.MockTransport(agent.answer))

        monkeypatch.setattr(app_sandbox, "client", client)
        monkeypatch.setattr(app_sandbox, "_PIECE", 7)
        return agent

    return serve


@pytest.mark.parametrize(
    ("content", "lines", "shown"),
    [
        (b"", 3, []),
        (b"one\ntwo\nthree\n", 2, ["two", "three"]),
        (b"one\ntwo\nthree\n", 9, ["one", "two", "three"]),
        (b"one\nno end", 1, ["no end"]),
        (b"one\n", 0, []),
        ("müßig\ntörl\n".encode(), 2, ["müßig", "törl"]),
        (b"\xff\xfe\n", 1, ["\ufffd\ufffd"]),
    ],
    ids=["empty", "last", "all", "no newline", "none", "characters over pieces", "no text"],
)
def test_the_last_lines_are_read_from_the_end(
    serving: Callable[[bytes], Agent], content: bytes, lines: int, shown: list[str]
) -> None:
    serving(content)
    found, file = SandboxFile.of_task(AGENT, "t", "stdout").tail(lines)
    assert (found, file.offset) == (shown, len(content))


def test_only_whole_lines_are_added(serving: Callable[[bytes], Agent]) -> None:
    agent = serving(b"a\n")
    _, file = SandboxFile.of_task(AGENT, "t", "stdout").tail(1)
    agent.content += b"b\nc"
    lines, file = file.added()
    assert lines == ["b"]
    agent.content += b"d\n"
    lines, file = file.added()
    assert lines == ["cd"]
    assert file.added()[0] == []


def test_an_endless_line_is_passed_on_in_pieces(serving: Callable[[bytes], Agent]) -> None:
    agent = serving(b"")
    _, file = SandboxFile.of_task(AGENT, "t", "stdout").tail(1)
    agent.content += b"x" * 20
    assert file.added()[0] == ["xxxxxxx"]


@pytest.mark.parametrize(
    ("task", "said"),
    [("unknown", "stdout of unknown at http://10.0.0.2:5051: the agent knows no task unknown")],
)
def test_an_unknown_task_is_told_with_its_agent(
    serving: Callable[[bytes], Agent], task: str, said: str
) -> None:
    serving(b"")
    with pytest.raises(DeployError, match=said):
        SandboxFile.of_task(AGENT, task, "stdout")


def test_a_missing_file_is_told_with_its_path(serving: Callable[[bytes], Agent]) -> None:
    serving(b"")
    file = SandboxFile.of_task(AGENT, "t", "stderr")
    with pytest.raises(DeployError, match=r"/sandbox/stderr at .* cannot be read"):
        file.tail(1)
