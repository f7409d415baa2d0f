"""Claims about the JUnit XML."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from mesosdeploy.verify.junit import render
from mesosdeploy.verify.results import Outcome, VerifyReport, VerifyResult

REPORT = VerifyReport(
    cluster="demo",
    seconds=2.0,
    results=(
        VerifyResult(node="agent-1", role="common", check="clock", outcome=Outcome.PASSED),
        VerifyResult(
            node="agent-1",
            role="mesos_agent",
            check="unit <runs>",
            outcome=Outcome.FAILED,
            message="it is dead\n\x1b[1mred",
            journal="line & more",
        ),
        VerifyResult(node="", role="cluster", check="leader", outcome=Outcome.PASSED),
        VerifyResult(
            node="agent-1", role="cluster", check="task", outcome=Outcome.SKIPPED, message="dead"
        ),
    ),
)


def test_each_node_and_the_cluster_is_a_suite() -> None:
    root = ET.fromstring(render(REPORT))
    suites = root.findall("testsuite")
    assert [suite.get("name") for suite in suites] == ["agent-1", "cluster"]
    assert [suite.get("failures") for suite in suites] == ["1", "0"]
    assert [suite.get("skipped") for suite in suites] == ["0", "1"]


def test_a_failure_holds_message_and_journal_without_control_characters() -> None:
    case = ET.fromstring(render(REPORT)).findall(".//testcase")[1]
    failure = case.find("failure")
    assert failure is not None
    assert (failure.get("message"), failure.text) == ("it is dead", "it is dead\n[1mred")
    assert case.findtext("system-out") == "line & more"
    assert case.get("classname") == "mesos_agent.agent-1"
