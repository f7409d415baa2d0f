"""Claims about when a deployment has ended, and how."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.marathon.deployment import CRASHES, Look, Watch, follow
from mesosdeploy.marathon.failures import NoAnswerError, NotFoundError
from mesosdeploy.marathon.views import AppView, Waiting, app_view, waiting
from tests.unit.marathon.fake import failure, task

Json = dict[str, Any]
CHECK = {"protocol": "MESOS_HTTP"}


def view(*, want: int = 1, run: int = 1, healthy: int | None = None, **more: Any) -> AppView:
    return app_view(
        {
            "id": "/web",
            "instances": want,
            "tasksRunning": run,
            "tasksHealthy": healthy or 0,
            "healthChecks": [] if healthy is None else [CHECK],
            "tasks": [task("/web", n) for n in range(run)],
            **more,
        }
    )


def judged(*looks: Look, watch: Watch | None = None) -> list[str | None]:
    watch = watch or Watch(app_id="/web")
    return [watch.judge(look) for look in looks]


def test_a_healthy_app_is_ready_at_once() -> None:
    assert judged(Look(view=view(healthy=1), deploying=False)) == ["ready"]


def test_without_health_checks_the_same_tasks_must_be_seen_twice() -> None:
    first = Look(view=view(tasks=[task("/web", 1)]), deploying=False)
    second = Look(view=view(tasks=[task("/web", 2)]), deploying=False)
    assert judged(first, second, second) == [None, None, "ready"]


@pytest.mark.parametrize(
    "look",
    [
        Look(view=view(healthy=1), deploying=True),
        Look(view=view(want=2, healthy=1), deploying=False),
        Look(view=view(want=1, run=2, healthy=2), deploying=False),
        Look(view=view(want=2, run=2, healthy=1), deploying=False),
        Look(view=view(healthy=1, tasksStaged=1), deploying=False),
    ],
    ids=["deployment goes on", "too few", "too many", "unhealthy", "one more starts"],
)
def test_what_is_not_yet_as_wanted_is_waited_for(look: Look) -> None:
    assert judged(look, look, look) == [None, None, None]


def test_no_instances_are_ready_without_a_task() -> None:
    assert judged(Look(view=view(want=0, run=0), deploying=False)) == ["ready"]


def test_crashes_that_are_new_end_it_while_the_deployment_goes_on() -> None:
    old = view(run=0, lastTaskFailure=failure(9))
    watch = Watch(app_id="/web", before=old.failure)
    looks = [Look(view=old, deploying=True)] + [
        Look(view=view(run=0, lastTaskFailure=failure(n // 2)), deploying=True)
        for n in range(2 * CRASHES)
    ]
    kinds = judged(*looks, watch=watch)
    assert kinds.index("crashing") == 1 + 2 * (CRASHES - 1)
    assert len(watch.failures) == CRASHES


@pytest.mark.parametrize(
    ("ends", "look", "kind"),
    [
        ("app", Look(view=None, deploying=False), "replaced"),
        ("gone", Look(view=None, deploying=True), None),
        ("gone", Look(view=None, deploying=False), "ready"),
        ("gone", Look(view=view(), deploying=False), "replaced"),
        ("either", Look(view=None, deploying=False), "ready"),
        ("either", Look(view=view(healthy=1), deploying=False), "ready"),
    ],
)
def test_a_removal_ends_with_no_app(ends: Any, look: Look, kind: str | None) -> None:
    assert judged(look, watch=Watch(app_id="/web", ends=ends)) == [kind]


def test_another_definition_than_was_sent_is_no_success() -> None:
    watch = Watch(app_id="/web", wanted={"id": "/web", "cmd": "new"})
    assert judged(Look(view=view(cmd="old", healthy=1), deploying=False), watch=watch) == [
        "replaced"
    ]


def test_progress_says_why_nothing_is_launched() -> None:
    entry = {
        "app": {"id": "/web"},
        "count": 2,
        "delay": {"timeLeftSeconds": 7, "overdue": False},
        "processedOffersSummary": {
            "rejectSummaryLastOffers": [
                {"reason": "UnfulfilledRole", "declined": 0, "processed": 3},
                {"reason": "InsufficientCpus", "declined": 3, "processed": 3},
            ]
        },
    }
    waits = waiting([entry])["/web"]
    told = Look(view=view(want=3), deploying=True, waits=waits).told()
    assert told == (
        "1 of 3 run; 2 more to launch; delayed for 7 s after failures;"
        " waits for offers: InsufficientCpus 3 of 3 offers"
    )


def test_progress_says_what_the_health_check_found() -> None:
    sick = view(healthy=0, tasks=[task("/web", 0, healthy=False)])
    assert Look(view=sick, deploying=True).told().endswith("; health check: got 500")


class Script:
    """Answers what the script says, one step a round; the last one for ever."""

    def __init__(self, *steps: AppView | Exception) -> None:
        self.steps = list(steps)

    def deployments(self) -> list[Json]:
        return []

    def queue(self) -> list[Json]:
        return []

    def app(self, _: str) -> Json:
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        return dict(step.definition)


def followed(script: Script, timeout: float = 60) -> tuple[list[tuple[str, str]], list[str]]:
    told: list[str] = []
    outcomes = follow(
        script,
        [Watch(app_id="/web")],
        deployment="d1",
        timeout=timeout,
        report=told.append,
        pause=lambda _: None,
    )
    return [(one.app_id, one.kind) for one in outcomes], told


def test_progress_is_told_once_for_each_change() -> None:
    waits = view(want=2, run=1, healthy=1)
    done = view(want=2, run=2, healthy=2)
    outcomes, told = followed(Script(waits, waits, done))
    assert outcomes == [("/web", "ready")]
    assert told == [
        "/web: 1 of 2 run, 1 of 2 healthy",
        "/web: 2 of 2 run, 2 of 2 healthy",
    ]


def test_a_scheduler_that_fails_over_is_waited_for() -> None:
    silent = NoAnswerError("no Marathon answers:\n  a: refused")
    outcomes, told = followed(Script(silent, view(healthy=1)))
    assert outcomes == [("/web", "ready")]
    assert told[0] == "waits for Marathon: no Marathon answers:"


def test_time_runs_out() -> None:
    outcomes, _ = followed(Script(view(want=2, healthy=1)), timeout=0)
    assert outcomes == [("/web", "late")]


def test_silence_at_the_end_is_an_error() -> None:
    with pytest.raises(NoAnswerError):
        followed(Script(NoAnswerError("silent")), timeout=0)


def test_an_app_that_vanishes_was_replaced() -> None:
    assert followed(Script(NotFoundError("no app")))[0] == [("/web", "replaced")]


def test_reasons_are_left_out_where_there_are_none() -> None:
    assert str(Waiting(app_id="/a", count=1, delay_seconds=0, reasons=())) == "1 more to launch"
