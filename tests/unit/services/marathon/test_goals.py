"""Tables of situations of an app, and what is decided in each."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesosdeploy.services.marathon import goals
from mesosdeploy.services.marathon.definition import App
from mesosdeploy.services.marathon.goals import Decision, Standing, decide, stand
from mesosdeploy.services.marathon.model import timestamp
from tests.unit.services.marathon.apps import V1, V2, V3, app, instance

_NOW = datetime(2026, 11, 22, 17, tzinfo=UTC)


def standing(text: str) -> Standing:
    """Read "name new|old ready|unready|killing|unreachable|inactive|staging"."""
    name, kind, *words = text.split()
    state = "TASK_RUNNING"
    if {"unreachable", "inactive"} & set(words):
        state = "TASK_UNREACHABLE"
    if "staging" in words:
        state = "TASK_STAGING"
    runs = instance(name, state=state, killing="killing" in words, staged_at=f"t{name}")
    return Standing(
        instance=runs,
        fresh=kind == "new",
        ready="ready" in words,
        active="inactive" not in words,
    )


def decided(action: Any, wanted: App, *texts: str) -> Decision:
    return decide(action, wanted, [standing(text) for text in texts])


@pytest.mark.parametrize(
    ("count", "instances", "expected"),
    [
        (0, [], Decision(done=True)),
        (2, [], Decision(launch=2)),
        (2, ["a new ready"], Decision(launch=1)),
        (2, ["a new ready", "b new staging"], Decision()),
        (2, ["a new ready", "b old ready"], Decision(done=True)),
        (1, ["a new ready", "b new ready"], Decision(kill=("b",))),
        (1, ["a new unready", "b new ready"], Decision(kill=("a",))),
        (1, ["a new staging", "b new unready"], Decision(kill=("a",))),
        (1, ["a new ready", "b new killing"], Decision()),
        (2, ["a new ready", "b new killing"], Decision()),
        (2, ["a new ready", "b new unreachable"], Decision()),
        (2, ["a new ready", "b new inactive"], Decision(launch=1)),
        (1, ["a new ready", "b new inactive"], Decision(done=True)),
        (0, ["a new ready", "b new ready"], Decision(kill=("b", "a"))),
    ],
    ids=[
        "nothing wanted",
        "all missing",
        "one missing",
        "one starting",
        "any version does",
        "youngest first",
        "unhealthy first",
        "staging before unhealthy",
        "surplus is going",
        "no replacement before the end",
        "unreachable counts",
        "inactive is replaced",
        "inactive does not count",
        "to zero",
    ],
)
def test_scaling(count: int, instances: list[str], expected: Decision) -> None:
    assert decided("ScaleApplication", app(instances=count), *instances) == expected


def test_oldest_is_killed_first_when_the_app_says_so() -> None:
    wanted = app(instances=1, killSelection="OLDEST_FIRST")
    decision = decided("ScaleApplication", wanted, "a new ready", "b new ready")
    assert decision.kill == ("a",)


_OLD = ["a old ready", "b old ready", "c old ready", "d old ready"]


@pytest.mark.parametrize(
    ("minimum", "over", "instances", "expected"),
    [
        (1, 1, _OLD, Decision(launch=4)),
        (1, 0, _OLD, Decision(launch=1)),
        (0.5, 0, _OLD, Decision(kill=("d", "c"))),
        (0.5, 0.25, _OLD, Decision(launch=1, kill=("d", "c"))),
        (0, 0, _OLD, Decision(kill=("d", "c", "b", "a"))),
        (0.6, 0, _OLD, Decision(kill=("d",))),
        (1, 0.25, [*_OLD, "n new ready"], Decision(kill=("d",))),
        (1, 0.25, [*_OLD, "n new staging"], Decision()),
        (1, 0.25, [*_OLD[:3], "d old killing", "n new ready"], Decision()),
        (1, 1, [*_OLD[:3], "d old unready"], Decision(launch=4, kill=("d",))),
        (1, 1, ["a old unreachable"], Decision(launch=4, kill=("a",))),
        (1, 1, [f"{n} new ready" for n in "klmn"], Decision(done=True)),
        (1, 1, [*(f"{n} new ready" for n in "klmn"), "a old killing"], Decision()),
        (1, 1, [*(f"{n} new ready" for n in "klm"), "n new unready"], Decision()),
        (1, 1, [f"{n} new ready" for n in "klmno"], Decision(kill=("o",))),
    ],
    ids=[
        "double",
        "one more where there is no other way",
        "half may go",
        "half may go, one may come",
        "all may go",
        "minimum is rounded up",
        "one ready, one goes",
        "waits until ready",
        "waits for the end",
        "useless goes at once",
        "unreachable goes at once",
        "done",
        "not done before the last end",
        "not done before all are ready",
        "surplus of new ones goes",
    ],
)
def test_replacing_four_instances(
    minimum: float, over: float, instances: list[str], expected: Decision
) -> None:
    strategy = {"minimumHealthCapacity": minimum, "maximumOverCapacity": over}
    wanted = app(instances=4, upgradeStrategy=strategy)
    assert decided("RestartApplication", wanted, *instances) == expected


def test_replacing_with_no_instances_wanted_ends_all() -> None:
    wanted = app(instances=0)
    assert decided("RestartApplication", wanted, *_OLD[:1]) == Decision(kill=("a",))
    assert decided("RestartApplication", wanted) == Decision(done=True)


@settings(deadline=None)
@given(
    count=st.integers(1, 6),
    before=st.integers(0, 8),
    minimum=st.sampled_from([0, 0.25, 0.5, 0.75, 1]),
    over=st.sampled_from([0, 0.1, 0.5, 1]),
)
def test_replacing_always_ends_within_its_capacities(
    count: int, before: int, minimum: float, over: float
) -> None:
    """Every launch becomes ready and every kill ends before the next decision."""
    strategy = {"minimumHealthCapacity": minimum, "maximumOverCapacity": over}
    wanted = app(instances=count, upgradeStrategy=strategy)
    least, most = math.ceil(count * minimum), math.floor(count * (1 + over))
    most += least == most
    standings = [standing(f"o{n} old ready") for n in range(before)]
    for turn in range(50):
        decision = decide("RestartApplication", wanted, standings)
        if decision.done:
            break
        ready = [one for one in standings if one.instance.task_id not in decision.kill]
        assert len(ready) >= min(len(standings), least)
        started = [standing(f"n{turn}-{n} new ready") for n in range(decision.launch)]
        assert not started or len(standings) + len(started) <= most
        standings = ready + started
    assert decision.done
    assert [one.fresh for one in standings] == [True] * count


def test_stopping_kills_all_and_is_done_when_they_are_gone() -> None:
    gone = decided("StopApplication", app(), "a new ready", "b old killing", "c new inactive")
    assert gone == Decision(kill=("a", "c"))
    assert decided("StopApplication", app()) == Decision(done=True)


def test_starting_is_done_before_anything_is_launched() -> None:
    assert decided("StartApplication", app(instances=3)) == Decision(done=True)


@pytest.mark.parametrize(
    ("changes", "fresh"),
    [
        ({}, True),
        ({"version": V3, "last_scaling_at": V3}, True),
        ({"version": V3, "last_config_change_at": V3}, False),
    ],
    ids=["same", "scaled", "changed"],
)
def test_instance_is_fresh_when_its_configuration_is_the_wanted_one(
    changes: dict[str, str], fresh: bool
) -> None:
    runs = app(version=V2)
    wanted = replace(runs, **changes)  # type: ignore[arg-type]
    judged = stand(instance("a", version=V2), wanted=wanted, runs=runs, now=_NOW)
    assert judged.fresh is fresh


@pytest.mark.parametrize(
    ("healthy", "checked", "ready"),
    [(None, False, True), (None, True, False), (False, True, False), (True, True, True)],
)
def test_ready_needs_health_only_where_it_is_checked(
    healthy: bool | None, checked: bool, ready: bool
) -> None:
    check = {"protocol": "COMMAND", "command": {"value": "true"}}
    runs = app(healthChecks=[check] if checked else [])
    judged = stand(instance("a", healthy=healthy), wanted=runs, runs=runs, now=_NOW)
    assert judged.ready is ready


@pytest.mark.parametrize(
    ("strategy", "seconds", "inactive", "lost"),
    [
        ({"inactiveAfterSeconds": 10, "expungeAfterSeconds": 20}, 9, False, False),
        ({"inactiveAfterSeconds": 10, "expungeAfterSeconds": 20}, 10, True, False),
        ({"inactiveAfterSeconds": 10, "expungeAfterSeconds": 20}, 20, True, True),
        ("disabled", 10**6, False, False),
    ],
    ids=["short", "inactive", "lost", "disabled"],
)
def test_unreachable_instance_becomes_inactive_and_then_lost(
    strategy: object, seconds: int, inactive: bool, lost: bool
) -> None:
    since = timestamp(_NOW - timedelta(seconds=seconds))
    gone = instance("a", state="TASK_UNREACHABLE", unreachable_since=since)
    wanted = app(unreachableStrategy=strategy)
    assert goals.is_inactive(gone, wanted, _NOW) is inactive
    assert goals.is_lost(gone, wanted, _NOW) is lost
    assert not goals.is_lost(replace(gone, state="TASK_RUNNING"), wanted, _NOW)


def test_versions_of_the_tables_are_in_order() -> None:
    assert V1 < V2 < V3
