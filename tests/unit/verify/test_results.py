"""Claims about the report of a verification."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.verify.results import Outcome, VerifyReport, VerifyResult, order


def result(**changes: Any) -> VerifyResult:
    base: dict[str, Any] = {
        "node": "agent-1",
        "role": "common",
        "check": "clock",
        "outcome": Outcome.PASSED,
    }
    return VerifyResult(**{**base, **changes})


def report(*results: VerifyResult) -> VerifyReport:
    return VerifyReport(cluster="demo", results=results, seconds=1.23456)


def test_a_result_survives_its_json_form() -> None:
    one = result(outcome=Outcome.FAILED, message="off", seconds=0.5, journal="x")
    assert VerifyResult.from_data(one.as_data()) == one


@pytest.mark.parametrize(
    ("outcomes", "ok"),
    [
        pytest.param([Outcome.PASSED, Outcome.SKIPPED], True, id="passed and skipped"),
        pytest.param([Outcome.PASSED, Outcome.FAILED], False, id="one failed"),
        pytest.param([Outcome.SKIPPED], False, id="all skipped"),
        pytest.param([], False, id="nothing ran"),
    ],
)
def test_a_report_is_ok_if_checks_passed_and_none_failed(outcomes: list[Outcome], ok: bool) -> None:
    assert report(*(result(outcome=one) for one in outcomes)).ok is ok


def test_nodes_come_before_the_cluster() -> None:
    cluster = result(node="agent-0", role="cluster")
    whole, first, second = result(node="", role="cluster"), result(), result(node="agent-2")
    assert sorted([cluster, second, whole, first], key=order) == [first, second, whole, cluster]


def test_the_data_counts_outcomes() -> None:
    data = report(result(), result(outcome=Outcome.FAILED)).as_data()
    assert (data["ok"], data["passed"], data["failed"], data["skipped"]) == (False, 1, 1, 0)
    assert data["seconds"] == 1.235
    assert [one["outcome"] for one in data["results"]] == ["passed", "failed"]


def test_a_headline_is_one_line() -> None:
    one = result(node="", role="cluster", message="assert False\n +  where x")
    assert one.headline == "cluster: clock: assert False + where x"
