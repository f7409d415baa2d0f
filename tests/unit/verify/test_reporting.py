"""Claims about what is told of a pytest report."""

from __future__ import annotations

import json
import os
from types import SimpleNamespace
from typing import Any

import pytest

from mesosdeploy.verify.reporting import Reporter, concise


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            "AssertionError: nothing listens\nassert 1 == 0\n +  where 1 = f()",
            "nothing listens",
            id="said why",
        ),
        pytest.param(
            "assert False\n +  where False = <service x>.is_running\n +    where <service x> = ...",
            "assert False\n +  where False = <service x>.is_running",
            id="said nothing",
        ),
        pytest.param("cannot reach agent-1", "cannot reach agent-1", id="pytest.fail"),
        pytest.param("", "", id="empty"),
    ],
)
def test_a_failure_is_told_without_the_way_there(text: str, told: str) -> None:
    assert concise(text) == told


def logged(when: str, outcome: str, **changes: Any) -> Any:
    base: dict[str, Any] = {
        "nodeid": "common/test_x.py::test_x[agent-1]",
        "when": when,
        "outcome": outcome,
        "passed": outcome == "passed",
        "failed": outcome == "failed",
        "duration": 0.25,
        "longrepr": None,
        "sections": [],
        "user_properties": [("node", "agent-1"), ("role", "common"), ("check", "x")],
    }
    return SimpleNamespace(**{**base, **changes})


def lines_of(*reports: Any) -> list[dict[str, Any]]:
    read_end, write_end = os.pipe()
    reporter = Reporter(write_end, ["agent-1"])
    for report in reports:
        reporter.pytest_runtest_logreport(report)
    reporter.close()
    with os.fdopen(read_end) as stream:
        return [json.loads(line) for line in stream]


def test_a_passed_check_is_told_once_with_the_time_of_its_setup() -> None:
    (line,) = lines_of(
        logged("setup", "passed"), logged("call", "passed"), logged("teardown", "passed")
    )
    assert line == {
        "node": "agent-1",
        "role": "common",
        "check": "x",
        "outcome": "passed",
        "seconds": 0.5,
    }


def test_a_failed_setup_is_a_failed_check() -> None:
    (line,) = lines_of(logged("setup", "failed", longrepr="no ssh"), logged("teardown", "passed"))
    assert (line["outcome"], line["message"]) == ("failed", "no ssh")


def test_a_skip_tells_its_reason() -> None:
    (line,) = lines_of(logged("setup", "skipped", longrepr=("file", 3, "Skipped: dead")))
    assert (line["outcome"], line["message"]) == ("skipped", "dead")


def test_a_failure_carries_the_journal_but_no_other_section() -> None:
    sections = [("Captured stdout", "noise"), ("journal of x on agent-1", "segfault")]
    (line,) = lines_of(logged("call", "failed", longrepr="bad", sections=sections))
    assert line["journal"] == "segfault"


def test_the_plan_counts_the_checks_of_each_node() -> None:
    read_end, write_end = os.pipe()
    reporter = Reporter(write_end, ["agent-1", "agent-10"])
    ids = ["a/t.py::t[agent-1]", "a/t.py::t[agent-10-x]", "a/t.py::t[agent-1-y]", "cluster/t.py::t"]
    reporter.pytest_xdist_node_collection_finished(object(), ids)
    reporter.pytest_xdist_node_collection_finished(object(), ids)
    reporter.close()
    with os.fdopen(read_end) as stream:
        (line,) = [json.loads(text) for text in stream]
    assert line == {"planned": {"agent-1": 2, "agent-10": 1, "cluster": 1}}
