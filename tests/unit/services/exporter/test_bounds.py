from __future__ import annotations

import pytest

from mesosdeploy.services.exporter.bounds import FRAMEWORKS, ROLES, TASKS, Bound
from mesosdeploy.services.exporter.model import Figure, Type

Frameworks = dict[str, tuple[float, float]]


def framework(name: str, cpus: float, calls: float) -> list[Figure]:
    labels = {"framework": name, "framework_id": f"id-{name}"}
    return [
        Figure(
            name="mesos_master_framework_cpus_used",
            type=Type.GAUGE,
            help="h",
            value=cpus,
            labels=labels,
        ),
        Figure(
            name="mesos_master_framework_calls_total",
            type=Type.COUNTER,
            help="h",
            value=calls,
            labels=labels,
        ),
    ]


def measure(bound: Bound, frameworks: Frameworks) -> Frameworks:
    """Apply a bound to {name: (CPUs, calls)} and return the same of what is left."""
    figures = [each for name, (c, n) in frameworks.items() for each in framework(name, c, n)]
    found: dict[str, list[float]] = {}
    for figure in bound.apply(figures):
        values = found.setdefault(figure.labels["framework"], [0.0, 0.0])
        values[figure.type is Type.COUNTER] += figure.value
    return {name: (cpus, calls) for name, (cpus, calls) in found.items()}


def test_the_largest_are_shown_and_the_rest_is_other() -> None:
    bound = Bound(FRAMEWORKS, 2)
    found = measure(bound, {"a": (1, 10), "b": (4, 20), "c": (2, 30), "d": (0.5, 40)})
    assert found == {"b": (4, 20), "c": (2, 30), "other": (1.5, 50)}
    assert bound.cut == 2


def test_nothing_is_summed_below_the_limit() -> None:
    bound = Bound(FRAMEWORKS, 2)
    frameworks: Frameworks = {"a": (1, 10), "b": (4, 20)}
    assert measure(bound, frameworks) == frameworks
    assert bound.cut == 0


def test_limit_of_zero_sums_all() -> None:
    assert measure(Bound(FRAMEWORKS, 0), {"a": (1, 10), "b": (4, 20)}) == {"other": (5, 30)}


def test_who_is_shown_stays_shown_when_another_grows() -> None:
    bound = Bound(FRAMEWORKS, 1)
    measure(bound, {"a": (2, 10), "b": (1, 20)})
    assert measure(bound, {"a": (2, 11), "b": (9, 21)}) == {"a": (2, 11), "other": (9, 21)}


def test_who_ended_makes_room() -> None:
    bound = Bound(FRAMEWORKS, 1)
    measure(bound, {"a": (2, 10), "b": (1, 20)})
    assert set(measure(bound, {"a": (0, 10), "b": (1, 20)})) == {"b", "other"}


def test_sum_of_counters_does_not_fall_when_a_member_leaves() -> None:
    bound = Bound(FRAMEWORKS, 1)
    assert measure(bound, {"a": (2, 10), "b": (1, 20), "c": (1, 30)})["other"] == (2, 50)
    assert measure(bound, {"a": (2, 10), "b": (1, 25)})["other"] == (1, 55)
    assert measure(bound, {"a": (2, 10), "b": (1, 26)})["other"] == (1, 56)


def test_sum_of_counters_grows_by_what_a_demoted_member_did_since() -> None:
    bound = Bound(FRAMEWORKS, 1)
    measure(bound, {"a": (2, 1000)})
    # `a` ended and moves to the others: its thousand calls are no news.
    assert measure(bound, {"a": (0, 1003), "b": (1, 5)})["other"] == (0, 3)


def test_counter_that_began_anew_counts_from_zero() -> None:
    bound = Bound(FRAMEWORKS, 0)
    measure(bound, {"a": (1, 100)})
    assert measure(bound, {"a": (1, 4)}) == {"other": (1, 104)}


def test_counters_that_were_not_told_once_are_no_news() -> None:
    bound = Bound(FRAMEWORKS, 0)
    measure(bound, {"a": (1, 100)})
    measure(bound, {})
    assert measure(bound, {"a": (1, 101)}) == {"other": (1, 101)}


def test_figures_of_another_group_pass() -> None:
    task = Figure(
        name="mesos_agent_task_mem_rss_bytes",
        type=Type.GAUGE,
        help="h",
        value=1,
        labels={"task": "t", "name": "n", "framework": "f", "framework_id": "i"},
    )
    plain = Figure(name="mesos_master_elected", type=Type.GAUGE, help="h", value=1)
    assert Bound(FRAMEWORKS, 0).apply([task, plain]) == [task, plain]
    assert Bound(ROLES, 0).apply([task, plain]) == [task, plain]
    (kept, summed) = Bound(TASKS, 0).apply([plain, task])
    assert kept == plain
    assert set(summed.labels.values()) == {"other"}


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_series_are_bounded_whatever_comes(limit: int) -> None:
    bound = Bound(FRAMEWORKS, limit)
    for round_ in range(5):
        frameworks: Frameworks = {f"{round_}-{n}": (n % 3, n) for n in range(50)}
        found = measure(bound, frameworks)
        assert len(found) <= limit + 1
        assert sum(cpus for cpus, _ in found.values()) == sum(c for c, _ in frameworks.values())
