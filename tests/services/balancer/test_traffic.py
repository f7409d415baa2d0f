"""Clients of a real HAProxy, while instances come, go and die: what they get and what they miss."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from tests.services.balancer.conftest import World, world
from tests.services.balancer.load import Connection, Seen, constant, until
from tests.services.balancer.standin import listening

HTTP = {"HAPROXY_0_MODE": "http"}


async def _three_instances(world: World, **labels: str) -> int:
    """Run `/web` with three instances behind a port and return the port."""
    port = next(world.ports)
    world.marathon.put("/web", port, {**HTTP, **labels})
    for name in ("web.1", "web.2", "web.3"):
        await world.marathon.start("/web", name, next(world.ports))
    await _balanced(world, "/web", 3)
    await listening(port)
    return port


async def _balanced(world: World, app: str, servers: int) -> None:
    """Wait until the balancer holds that many servers of an app."""
    async with asyncio.timeout(20):
        while True:
            rendered = world.balancer.rendered
            services = rendered.services if rendered else ()
            if any(s.app == app and len(s.servers) == servers for s in services):
                return
            await asyncio.sleep(0.02)


async def _all_answer(seen: Seen, *names: str) -> None:
    """Wait until clients had an answer of each of these instances."""
    async with asyncio.timeout(20):
        while not set(names) <= set(seen.answers):
            await asyncio.sleep(0.02)


async def _upgrade(world: World) -> None:
    """Replace each instance by a new one, as a rolling upgrade does."""
    for number in (1, 2, 3):
        await world.marathon.start("/web", f"new.{number}", next(world.ports))
        await _balanced(world, "/web", 4)
        await world.marathon.kill("/web", f"web.{number}")
        await _balanced(world, "/web", 3)


def test_every_instance_gets_requests_by_port_and_by_host_name(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with world(tmp_path) as here:
            port = await _three_instances(here, HAPROXY_0_VHOST="web.example.com")
            by_port = {await until(port) for _ in range(6)}
            http = here.options.http_port
            by_name = {await until(http, host="web.example.com") for _ in range(6)}
            assert by_port == by_name == {"web.1", "web.2", "web.3"}
            assert "No app" in await until(http, host="other.example.com", status=404)

    asyncio.run(scenario())


def test_killed_instance_costs_no_request(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with world(tmp_path) as here:
            port = await _three_instances(here)
            async with constant(port) as seen:
                await here.marathon.instances["web.1"].signal(signal.SIGKILL)
                # Marathon does not know yet, so it is HAProxy that has to find out.
                before = seen.answers.total()
                async with asyncio.timeout(20):
                    while seen.answers.total() < before + 500:
                        await asyncio.sleep(0.02)
                here.marathon.apps["/web"]["tasks"].pop(0)
                here.marathon.say("status_update_event")
                await _balanced(here, "/web", 2)
            assert seen.failures == []
            assert seen.answers["web.2"] > 100
            assert seen.answers["web.3"] > 100

    asyncio.run(scenario())


def test_rolling_upgrade_costs_neither_a_request_nor_a_reload(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with world(tmp_path) as here:
            port = await _three_instances(here)
            patient = Connection(port)
            await patient.ask()
            reloads = here.balancer.figures.reloads_total
            async with constant(port) as seen:
                await _upgrade(here)
                await _all_answer(seen, "new.1", "new.2", "new.3")
            assert seen.failures == []
            assert here.balancer.figures.reloads_total == reloads
            # Its connection is older than every instance that is left.
            status, body, _ = await patient.ask()
            assert (status, body.partition(".")[0]) == (200, "new")
            patient.close()

    asyncio.run(scenario())


def test_sticky_service_survives_a_rolling_upgrade(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with world(tmp_path) as here:
            port = await _three_instances(here, HAPROXY_0_STICKY="true")
            async with constant(port) as seen:
                await _upgrade(here)
                await _all_answer(seen, "new.1", "new.2", "new.3")
            assert seen.failures == []

    asyncio.run(scenario())


def test_reload_under_load_costs_no_request(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with world(tmp_path) as here:
            port = await _three_instances(here)
            other = next(here.ports)
            async with constant(port) as seen:
                for number in range(5):
                    name = f"v{number}.example.com"
                    here.marathon.put("/other", other, {"HAPROXY_0_VHOST": name})
                    # Nobody answers for that name, but the new worker knows it: no 404.
                    await until(here.options.http_port, host=name, status=503)
            assert here.balancer.figures.reloads_total >= 5
            assert seen.failures == []
            assert seen.answers.total() > 100

    asyncio.run(scenario())


def test_scaling_to_one_and_up_again_costs_no_request(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with world(tmp_path) as here:
            port = await _three_instances(here)
            async with constant(port) as seen:
                for name in ("web.1", "web.2"):
                    await here.marathon.kill("/web", name)
                await _balanced(here, "/web", 1)
                for name in ("web.4", "web.5"):
                    await here.marathon.start("/web", name, next(here.ports))
                await _balanced(here, "/web", 3)
                await _all_answer(seen, "web.3", "web.4", "web.5")
            assert seen.failures == []

    asyncio.run(scenario())


def test_instance_that_recovers_is_back_in_rotation_without_a_reload(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with world(tmp_path) as here:
            port = await _three_instances(here)
            task = here.marathon.instances["web.1"].task
            here.marathon.apps["/web"]["healthChecks"] = [{"protocol": "COMMAND"}]
            for each in here.marathon.apps["/web"]["tasks"]:
                each["healthCheckResults"] = [{"alive": True}]
            reloads = here.balancer.figures.reloads_total
            task["healthCheckResults"] = [{"alive": False}]
            here.marathon.say("health_status_changed_event")
            await _balanced(here, "/web", 2)
            assert {await until(port) for _ in range(6)} == {"web.2", "web.3"}
            task["healthCheckResults"] = [{"alive": True}]
            here.marathon.say("health_status_changed_event")
            await _balanced(here, "/web", 3)
            assert {await until(port) for _ in range(6)} == {"web.1", "web.2", "web.3"}
            assert here.balancer.figures.reloads_total == reloads

    asyncio.run(scenario())


def test_request_that_is_not_safe_is_never_sent_twice(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with world(tmp_path) as here:
            port = await _three_instances(here)
            connection = Connection(port)
            got, _, _ = await connection.ask("/", method="POST")
            connection.close()
            repeated, _, _ = await connection.ask("/drop")
            connection.close()
            notes = [
                line for path in here.directory.glob("web.*") for line in path.read_text().split()
            ]
            assert got == repeated == 502
            assert notes.count("POST") == 1
            assert notes.count("GET") == 6

    asyncio.run(scenario())


def test_paths_are_cut_and_redirected_as_the_labels_say(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with world(tmp_path) as here:
            labels = {
                "HAPROXY_0_VHOST": "web.example.com",
                "HAPROXY_0_HTTP_BACKEND_REDIR": "/start",
                "HAPROXY_0_HTTP_BACKEND_PROXYPASS_PATH": "/drop.it",
                "HAPROXY_0_STICKY": "true",
            }
            await _three_instances(here, **labels)
            connection = Connection(here.options.http_port, "Web.Example.COM:80")
            status, _, headers = await connection.ask("/")
            assert (status, headers["location"]) == (301, "/start")
            connection.close()
            status, _, headers = await connection.ask("/drop.it/drop")
            assert status == 502, "the instance was not asked for /drop"
            connection.close()
            status, _, headers = await connection.ask("/dropzit/drop")
            assert status == 200
            assert headers["set-cookie"].startswith("mesosphere_server_id=")
            connection.close()

    asyncio.run(scenario())
