"""Claims about what stays known while a new leader waits for its agents."""

from __future__ import annotations

import pytest

from mesosdeploy.services.dns.history import carry_over
from mesosdeploy.services.dns.records import compute
from tests.unit.services.dns.states import MASTERS, ZONE, agent, framework, state, task

NOW = 1000.0
BEFORE = state(framework(task("web"), task("db", on=2)))


def _addresses(given: dict[str, object], name: str) -> list[str]:
    found = compute(given, zone=ZONE, masters=MASTERS, resolved={})
    return found.values(f"{name}.marathon.mesos", "A")


def test_tasks_of_an_agent_that_is_expected_back_stay() -> None:
    after = state(framework(task("db", on=2)), agents=(2,)) | {"recovered_slaves": [agent(1)]}
    merged = carry_over(BEFORE, after, now=NOW)
    assert _addresses(merged, "web") == ["10.0.1.1"]
    assert _addresses(merged, "db") == ["10.0.1.2"]


def test_framework_that_the_new_leader_does_not_know_yet_stays() -> None:
    after = state(agents=()) | {"recovered_slaves": [agent(1), agent(2)]}
    merged = carry_over(carry_over(BEFORE, after, now=NOW), after, now=NOW)
    assert (_addresses(merged, "web"), _addresses(merged, "db")) == (["10.0.1.1"], ["10.0.1.2"])


def test_agent_that_came_back_speaks_for_itself() -> None:
    after = state(framework(task("db", on=2))) | {"recovered_slaves": []}
    assert _addresses(carry_over(BEFORE, after, now=NOW), "web") == []


def test_agent_that_nobody_expects_is_forgotten() -> None:
    after = state(framework(), agents=())
    assert _addresses(carry_over(BEFORE, after, now=NOW), "web") == []


def test_first_state_is_taken_as_it_is() -> None:
    after = state(agents=()) | {"recovered_slaves": [agent(1)]}
    assert carry_over(None, after, now=NOW) == after


@pytest.mark.parametrize(
    ("elected", "expected"),
    [
        pytest.param(NOW - 1, ["10.0.1.1"], id="just elected"),
        pytest.param(NOW - 61, [], id="long since elected"),
    ],
)
def test_leader_that_has_not_read_its_registry_forgets_nothing(
    elected: float, expected: list[str]
) -> None:
    after = state(agents=()) | {"elected_time": elected}
    assert _addresses(carry_over(BEFORE, after, now=NOW), "web") == expected
