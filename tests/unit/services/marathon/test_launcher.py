"""When the master is asked for offers, and what is done with them."""

from __future__ import annotations

import asyncio
from typing import Any

from mesosdeploy.services.marathon.core import Core, Wanted
from mesosdeploy.services.marathon.launcher import Launcher
from tests.unit.services.marathon.apps import V2, app
from tests.unit.services.marathon.leader import Calls, core

Json = dict[str, Any]


def offer(number: int, cpus: float = 4) -> Json:
    scalars = {"cpus": cpus, "mem": 1024, "disk": 1024}
    resources: list[Json] = [
        {"name": name, "type": "SCALAR", "role": "*", "scalar": {"value": value}}
        for name, value in scalars.items()
    ]
    ports = {"range": [{"begin": 31000, "end": 31099}]}
    resources.append({"name": "ports", "type": "RANGES", "role": "*", "ranges": ports})
    return {
        "id": {"value": f"O{number}"},
        "agent_id": {"value": f"S{number}"},
        "hostname": f"host{number}",
        "resources": resources,
    }


def wanted(count: int, delay: float = 0, **fields: Any) -> dict[str, Wanted]:
    return {"/web": Wanted(app=app(**fields), count=count, delay_seconds=delay)}


def calls(leader: Core) -> Calls:
    return leader.mesos  # type: ignore[return-value]


def test_offers_come_only_while_something_is_missing() -> None:
    async def run() -> None:
        leader = core()
        launcher = Launcher(leader)
        for missing in (
            {},
            wanted(2),
            wanted(2),
            wanted(1),
            wanted(1, version=V2),
            wanted(2),
            {},
            {},
        ):
            await launcher.want(missing)
        assert calls(leader).types == ["REVIVE", "REVIVE", "REVIVE", "SUPPRESS"]
        launcher.subscribed()
        await launcher.want({})
        await launcher.want(wanted(1))
        assert calls(leader).types[4:] == ["REVIVE"]

    asyncio.run(run())


def test_back_off_keeps_offers_away_until_it_ends() -> None:
    async def run() -> None:
        leader = core()
        launcher = Launcher(leader)
        await launcher.want(wanted(1, delay=3))
        assert calls(leader).types == []
        await launcher.want(wanted(1))
        assert calls(leader).types == ["REVIVE"]

    asyncio.run(run())


def test_instances_are_spread_over_offers_and_stored_before_they_are_launched() -> None:
    async def run() -> None:
        leader = core([app(instances=3)])
        stored_at_call: list[int] = []
        call = leader.mesos.call

        async def observe(body: Json) -> bool:
            stored_at_call.append(len(leader.store.content))  # type: ignore[attr-defined]
            return await call(body)

        leader.mesos.call = observe  # type: ignore[method-assign]
        offers = [offer(1), offer(2), offer(3, cpus=0.1)]
        await Launcher(leader).use(offers, wanted(3, cpus=0.5))
        hosts = sorted(one.host for one in leader.registry.all())
        assert hosts == ["host1", "host2"]
        assert calls(leader).types == ["ACCEPT", "ACCEPT", "DECLINE"]
        assert stored_at_call == [1, 2, 2]
        (declined,) = [one for one in calls(leader).made if one["type"] == "DECLINE"]
        assert declined["decline"]["filters"] == {"refuse_seconds": 120}

    asyncio.run(run())


def test_rest_that_a_small_offer_did_not_take_is_tried_again_at_once() -> None:
    async def run() -> None:
        leader = core([app(instances=2)])
        launcher = Launcher(leader)
        await launcher.want(wanted(2))
        await launcher.use([offer(1), offer(2, cpus=0.1)], wanted(2, cpus=0.5))
        await launcher.want(wanted(1))
        await launcher.use([offer(1, cpus=0.1)], wanted(1, cpus=0.5))
        await launcher.want(wanted(1))
        assert calls(leader).types == ["REVIVE", "ACCEPT", "DECLINE", "REVIVE", "DECLINE"]

    asyncio.run(run())


def test_nothing_is_launched_during_a_back_off_and_offers_return_soon() -> None:
    async def run() -> None:
        leader = core([app()])
        await Launcher(leader).use([offer(1)], wanted(1, delay=2))
        (declined,) = calls(leader).made
        assert declined["decline"]["filters"] == {"refuse_seconds": 5}

    asyncio.run(run())


def test_queue_tells_why_the_last_offers_did_not_do() -> None:
    async def run() -> None:
        leader = core([app(cpus=8, instances=2)])
        launcher = Launcher(leader)
        await launcher.use([offer(1)], leader.assess().wanted)
        await launcher.use([offer(1), offer(2)], leader.assess().wanted)
        (item,) = launcher.queue()
        assert (item.app.id, item.count, item.processed, item.unused) == ("/web", 2, 3, 3)
        assert item.reject_summary == {"InsufficientCpus": 2}
        assert item.rejected_total == {"InsufficientCpus": 3}

    asyncio.run(run())
