"""Claims about how Marathon's JSON is read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mesosdeploy.marathon.views import age, app_view
from tests.unit.marathon.fake import task

NOW = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-11-22T15:59:20.123Z", "39s"),
        ("2026-11-22T15:48:00.000Z", "12m"),
        ("2026-11-22T11:00:00Z", "5h"),
        ("2026-11-19T15:00:00Z", "3d"),
        ("2026-11-22T17:00:00Z", "0s"),
        ("", "-"),
        ("version 7", "-"),
    ],
)
def test_age_has_one_unit(moment: str, text: str) -> None:
    assert age(moment, NOW) == text


@pytest.mark.parametrize(
    ("results", "healthy", "why"),
    [
        ([], None, ""),
        ([{"alive": True, "lastFailureCause": "old"}], True, ""),
        ([{"alive": False, "lastFailureCause": "refused"}], False, "refused"),
        ([{"alive": True}, {"alive": False}], False, ""),
    ],
    ids=["no result", "alive", "dead", "one of two"],
)
def test_a_task_is_healthy_when_all_of_its_checks_are(
    results: list[dict[str, object]], healthy: bool | None, why: str
) -> None:
    data = {"id": "/a", "tasks": [{**task("/a", 0), "healthCheckResults": results}]}
    (found,) = app_view(data).tasks
    assert (found.healthy, found.why) == (healthy, why)


def test_an_address_is_host_and_port_or_the_host_alone() -> None:
    first, second = task("/a", 0), {**task("/a", 1), "ports": []}
    tasks = app_view({"id": "/a", "tasks": [first, second]}).tasks
    assert [one.places for one in tasks] == ["10.0.0.1:31000", "10.0.0.2"]


def test_json_for_programs_leaves_the_definition_out() -> None:
    data = app_view({"id": "/a", "cmd": "secret", "cpus": 0.5, "tasks": []}).as_data()
    assert (data["id"], data["cpus"], data["ready"]) == ("/a", 0.5, False)
    assert "secret" not in str(data)
