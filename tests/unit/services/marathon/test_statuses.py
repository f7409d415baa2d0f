"""What updates of Mesos do to an instance."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mesosdeploy.services.marathon.model import Instance, timestamp
from mesosdeploy.services.marathon.statuses import GONE_STATES, failure, updated
from tests.unit.services.marathon.apps import V1, instance

_NOW = datetime(2026, 11, 22, 17, tzinfo=UTC)
_TIME = timestamp(_NOW)
_STAGED = instance("a", state="TASK_STAGING", agent_id="S0")


def after(before: Instance, state: str, **fields: Any) -> Instance:
    return updated(before, {"state": state, **fields}, _NOW)


def test_first_running_update_starts_it_and_later_ones_do_not() -> None:
    started = after(_STAGED, "TASK_RUNNING")
    assert (started.state, started.started_at) == ("TASK_RUNNING", _TIME)
    later = updated(started, {"state": "TASK_RUNNING"}, datetime.now(UTC))
    assert later.started_at == _TIME


def test_addresses_of_the_container_are_taken_over_and_kept() -> None:
    networks = [{"ip_addresses": [{"ip_address": "10.0.0.7"}, {"protocol": "IPv6"}]}]
    started = after(_STAGED, "TASK_RUNNING", container_status={"network_infos": networks})
    assert started.addresses == ("10.0.0.7",)
    assert after(started, "TASK_RUNNING").addresses == ("10.0.0.7",)


def test_health_results_are_counted() -> None:
    running = after(_STAGED, "TASK_RUNNING")
    assert running.healthy is None
    good = after(running, "TASK_RUNNING", healthy=True)
    assert (good.healthy, good.first_success, good.consecutive_failures) == (True, _TIME, 0)
    bad = after(after(good, "TASK_RUNNING", healthy=False), "TASK_RUNNING", healthy=False)
    assert (bad.healthy, bad.last_failure, bad.consecutive_failures) == (False, _TIME, 2)
    assert after(bad, "TASK_RUNNING", healthy=True).consecutive_failures == 0


def test_repeated_health_of_a_reconciliation_is_no_new_result() -> None:
    bad = after(_STAGED, "TASK_RUNNING", healthy=False)
    again = after(bad, "TASK_RUNNING", healthy=False, reason="REASON_RECONCILIATION")
    assert again == bad


def test_unreachable_counts_from_when_the_master_says() -> None:
    since = {"nanoseconds": int(datetime(2026, 11, 22, 16, tzinfo=UTC).timestamp() * 1e9)}
    lost = after(_STAGED, "TASK_UNREACHABLE", unreachable_time=since)
    assert lost.unreachable_since == "2026-11-22T16:00:00.000Z"
    assert after(lost, "TASK_UNREACHABLE").unreachable_since == lost.unreachable_since
    assert after(lost, "TASK_RUNNING").unreachable_since == ""


@pytest.mark.parametrize(
    ("state", "changes", "is_failure"),
    [
        ("TASK_FAILED", {}, True),
        ("TASK_ERROR", {}, True),
        ("TASK_GONE", {}, True),
        ("TASK_FINISHED", {}, False),
        ("TASK_KILLED", {}, False),
        ("TASK_KILLED", {"healthy": False}, True),
        ("TASK_FAILED", {"killing": True}, False),
    ],
    ids=["failed", "error", "gone", "finished", "killed", "unhealthy", "asked for"],
)
def test_failure_is_an_end_that_nobody_asked_for(
    state: str, changes: dict[str, Any], is_failure: bool
) -> None:
    assert state in GONE_STATES
    ended = replace(instance("a", state=state, agent_id="S0", host="h"), **changes)
    found = failure(ended, "why", _NOW)
    assert (found is not None) is is_failure
    if found:
        assert (found.task_id, found.slave_id, found.message) == ("a", "S0", "why")
        assert (found.version, found.timestamp) == (V1, _TIME)
