"""What the state of a leader calls for."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

from mesosdeploy.services.marathon import changes
from mesosdeploy.services.marathon.backoff import Delay
from mesosdeploy.services.marathon.core import Wanted
from mesosdeploy.services.marathon.model import timestamp
from tests.unit.services.marathon.apps import V2, app, instance
from tests.unit.services.marathon.leader import core


def test_missing_instances_are_wanted_with_the_delay_that_is_left() -> None:
    web, api = app("/web", instances=3), app("/api")
    leader = core([web, api], [instance("a")])
    leader.delays["/api"] = Delay(seconds=60, until=time.monotonic() + 60)
    wanted = leader.assess().wanted
    assert wanted["/web"] == Wanted(app=web, count=2, delay_seconds=0)
    assert 55 < wanted["/api"].delay_seconds <= 60


def test_instances_of_no_app_are_killed() -> None:
    web = app("/web")
    leader = core([web], [instance("a")])
    del leader.catalog.apps["/web"]
    assert leader.assess().kill == ("a",)


def test_launch_that_takes_too_long_is_killed() -> None:
    now = datetime.now(UTC)
    late, early = (timestamp(now - timedelta(seconds=seconds)) for seconds in (11, 5))
    slow = instance("slow", state="TASK_STAGING", staged_at=late)
    quick = instance("quick", state="TASK_STARTING", staged_at=early)
    leader = core([app(instances=2)], [slow, quick], task_launch_timeout=10000)
    assert leader.assess().kill == ("slow",)


def test_unreachable_instance_is_forgotten_in_time_and_replaced() -> None:
    since = timestamp(datetime.now(UTC) - timedelta(seconds=100))
    gone = instance("gone", state="TASK_UNREACHABLE", unreachable_since=since)
    strategy = {"inactiveAfterSeconds": 10, "expungeAfterSeconds": 50}
    found = core([app(unreachableStrategy=strategy)], [gone]).assess()
    assert found.forget == (gone,)
    assert found.wanted["/web"].count == 1


def test_step_is_finished_when_all_of_its_apps_are() -> None:
    async def run() -> None:
        leader = core([app("/web"), app("/api")], [instance("a"), instance("b", app_id="/api")])
        apps = leader.catalog.apps
        target = {one: apps[one].with_instances(2, version=V2) for one in apps}
        deployment = changes.deployment(apps, target, version=V2)
        await leader.catalog.begin(deployment, [])
        assert leader.assess().finished_steps == ()
        await leader.registry.add([instance("c")])
        assert leader.assess().finished_steps == ()
        await leader.registry.add([instance("d", app_id="/api")])
        assert leader.assess().finished_steps == (deployment,)

    asyncio.run(run())
