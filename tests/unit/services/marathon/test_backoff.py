"""How the launch delay of a failing app grows and ends."""

from __future__ import annotations

import pytest

from mesosdeploy.services.marathon.backoff import Delay, after_end
from tests.unit.services.marathon.apps import app

_APP = app(backoffSeconds=2, backoffFactor=3, maxLaunchDelaySeconds=20)


@pytest.mark.parametrize(
    ("before", "ran", "seconds"),
    [
        (None, 0, 2),
        (2, 0, 6),
        (6, 0, 18),
        (18, 0, 20),
        (20, 0, 20),
        (6, 6, 18),
        (6, 6.5, 2),
    ],
    ids=["first", "second", "third", "limit", "stays", "not proven", "proven by its run"],
)
def test_delay_grows_by_the_factor_up_to_the_limit_until_a_task_lasts(
    before: float | None, ran: float, seconds: float
) -> None:
    earlier = None if before is None else Delay(seconds=before, until=100)
    delay = after_end(_APP, earlier, ran_seconds=ran, now=200)
    assert delay == Delay(seconds=seconds, until=200 + seconds)


@pytest.mark.parametrize(("now", "left"), [(100, 5), (104, 1), (105, 0), (200, 0)])
def test_delay_runs_out(now: float, left: float) -> None:
    assert Delay(seconds=5, until=105).left(now) == left
