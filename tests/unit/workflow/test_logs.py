"""Logs: lines of several nodes in the order of time, and what happens when nodes are silent."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy import ssh
from mesosdeploy.errors import DeployError, UsageError
from mesosdeploy.workflow import logs
from mesosdeploy.workflow.journal import Line, Query

INVENTORY = {
    "_meta": {"hostvars": {"agent-1": {}, "agent-2": {}}},
    "mesos_agent": {"hosts": ["agent-1", "agent-2"]},
}


class Environment:
    ssh_config = Path("ssh_config")

    def inventory(self) -> dict[str, Any]:
        return INVENTORY


class Stream:
    """A command on a node that has said all, and ended."""

    def __init__(self, stdout: str, stderr: str = "", code: int = 0) -> None:
        self.stdout, self.stderr, self._code = io.StringIO(stdout), io.StringIO(stderr), code
        self.terminated = False

    def wait(self) -> int:
        return self._code

    def terminate(self) -> None:
        self.terminated = True


def journal(*entries: tuple[int, str]) -> str:
    """Return what journalctl says, newest first where the number of lines is limited."""
    return "".join(reversed(told(*entries)))


def told(*entries: tuple[int, str]) -> list[str]:
    return [
        json.dumps(
            {
                "__REALTIME_TIMESTAMP": str(second * 1_000_000),
                "__CURSOR": f"at-{second}",
                "MESSAGE": text,
                "_SYSTEMD_UNIT": "mesos-agent.service",
            }
        )
        + "\n"
        for second, text in entries
    ]


def answer(node: str, stdout: str = "", *, code: int = 0, stderr: str = "") -> ssh.Answer:
    return ssh.Answer(node=node, code=code, stdout=stdout, stderr=stderr)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, ssh.Answer]:
    """Return what nodes answer, to be changed by a test."""
    given = {
        "agent-1": answer("agent-1", journal((2, "second"), (4, "fourth"))),
        "agent-2": answer("agent-2", journal((1, "first"), (3, "third"))),
    }
    monkeypatch.setattr(ssh, "run", lambda _config, node, _words, **_: given[node])
    return given


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> dict[str, Stream]:
    """Return what nodes say while they are followed; `commands` are what they were asked."""
    given = {
        "agent-1": Stream("".join(told((6, "sixth"))), "Connection closed", 255),
        "agent-2": Stream("".join(told((5, "fifth"), (7, "seventh")))),
    }

    def stream(_config: Path, node: str, words: list[str]) -> Stream:
        asked = "--after-cursor=at-4" if node == "agent-1" else "--after-cursor=at-3"
        assert asked in words
        return given[node]

    monkeypatch.setattr(ssh, "stream", stream)
    return given


def texts(lines: Iterator[Line]) -> list[str]:
    return [line.text for line in lines]


def read(query: Query | None = None) -> Iterator[Line]:
    return logs.read(Environment(), query or Query())  # type: ignore[arg-type]


def test_lines_are_in_the_order_of_time(answers: dict[str, ssh.Answer]) -> None:
    assert texts(read()) == ["first", "second", "third", "fourth"]


def test_lines_of_one_moment_keep_their_order(answers: dict[str, ssh.Answer]) -> None:
    answers["agent-1"] = answer("agent-1", journal((1, "z"), (1, "a")))
    answers["agent-2"] = answer("agent-2")
    assert texts(read()) == ["z", "a"]


def test_silent_node_is_named_after_the_lines_of_the_others(
    answers: dict[str, ssh.Answer],
) -> None:
    answers["agent-2"] = answer("agent-2", code=255, stderr="timed out")
    seen: list[str] = []
    with pytest.raises(DeployError, match="cannot read the journal of agent-2: timed out"):
        seen.extend(line.text for line in read())
    assert seen == ["second", "fourth"]


def test_lines_without_a_limit_come_oldest_first(answers: dict[str, ssh.Answer]) -> None:
    answers["agent-1"] = answer("agent-1", "".join(told((1, "a"), (1, "b"))))
    answers["agent-2"] = answer("agent-2")
    assert texts(read(Query(since="-1h"))) == ["a", "b"]


def test_pattern_that_matches_nothing_is_no_failure(answers: dict[str, ssh.Answer]) -> None:
    answers["agent-2"] = answer("agent-2", code=1)
    assert texts(read(Query(grep="o"))) == ["second", "fourth"]


def test_bad_time_is_a_usage_error(answers: dict[str, ssh.Answer]) -> None:
    for node in answers:
        answers[node] = answer(node, code=1, stderr="Failed to parse timestamp: soonish")
    with pytest.raises(UsageError, match="journalctl knows no time 'soonish'"):
        texts(read(Query(since="soonish")))


def test_bad_pattern_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no regular expression"):
        logs.check_pattern("(")


def test_followed_lines_come_after_those_of_before_in_order(
    answers: dict[str, ssh.Answer], streams: dict[str, Stream]
) -> None:
    reported: list[str] = []
    seen: list[str] = []
    following = logs.follow(Environment(), Query(), reported.append)  # type: ignore[arg-type]
    with pytest.raises(DeployError, match="no journal is left"):
        seen.extend(line.text for line in following)
    assert seen == ["first", "second", "third", "fourth", "fifth", "sixth", "seventh"]
    assert sorted(reported) == [
        "the journal of agent-1 ended: Connection closed",
        "the journal of agent-2 ended: it ended with 0",
    ]
    assert all(stream.terminated for stream in streams.values())


def test_node_that_is_down_is_named_at_once_and_the_other_followed(
    answers: dict[str, ssh.Answer], streams: dict[str, Stream]
) -> None:
    answers["agent-1"] = answer("agent-1", code=255, stderr="refused")
    reported: list[str] = []
    following = logs.follow(Environment(), Query(), reported.append)  # type: ignore[arg-type]
    assert [next(following).text for _ in range(3)] == ["first", "third", "fifth"]
    assert reported == ["cannot read the journal of agent-1: refused"]
    following.close()  # type: ignore[attr-defined]
    assert not streams["agent-1"].terminated
    assert streams["agent-2"].terminated


def test_nothing_is_followed_when_all_nodes_are_down(answers: dict[str, ssh.Answer]) -> None:
    for node in answers:
        answers[node] = answer(node, code=255, stderr="refused")
    with pytest.raises(DeployError, match="agent-1: refused; agent-2: refused"):
        texts(logs.follow(Environment(), Query(), print))  # type: ignore[arg-type]


def test_end_and_following_exclude_one_another() -> None:
    with pytest.raises(UsageError, match="do not go together"):
        texts(logs.follow(Environment(), Query(until="now"), print))  # type: ignore[arg-type]
