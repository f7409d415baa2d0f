"""The balancer between a real HAProxy and Marathon: what it follows, refuses and keeps."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path

import aiohttp
import pytest

from mesosdeploy.services.balancer import balancer as balancer_module
from mesosdeploy.services.balancer.model import Service
from tests.services.balancer.conftest import (
    World,
    balancing,
    free_ports,
    running_haproxy,
    settings,
    world,
)
from tests.services.balancer.load import until
from tests.services.balancer.standin import StandIn, listening

HTTP = {"HAPROXY_0_MODE": "http"}


async def _wait(what: str, holds: Callable[[], bool]) -> None:
    try:
        async with asyncio.timeout(20):
            while not holds():
                await asyncio.sleep(0.02)
    except TimeoutError:
        pytest.fail(f"not within 20 s: {what}")


def test_events_of_the_leader_are_followed_with_credentials(tmp_path: Path) -> None:
    async def scenario() -> None:
        ports = iter(free_ports(10))
        secret = "user:pass:word"
        leader = StandIn(port=next(ports), directory=tmp_path, credentials=secret)
        follower = StandIn(
            port=next(ports), directory=tmp_path, credentials=secret, leader=leader.url
        )
        options = settings(tmp_path, ports, follower.url, credentials=secret, poll_seconds=3600)
        async with (
            leader.serving(),
            follower.serving(),
            running_haproxy(options),
            balancing(options) as balancer,
        ):
            await _wait("the leader is listened to", lambda: leader.listeners == 1)
            asked = follower.asked
            leader.say("status_update_event")
            await _wait("an event makes it ask", lambda: follower.asked > asked)
            assert balancer.figures.event_stream_up == 1

    asyncio.run(scenario())


def test_other_instance_is_asked_when_one_is_gone(tmp_path: Path) -> None:
    async def scenario() -> None:
        ports = iter(free_ports(10))
        first, second = (StandIn(port=next(ports), directory=tmp_path) for _ in range(2))
        options = settings(tmp_path, ports, first.url, second.url, poll_seconds=0.5)
        async with second.serving(), running_haproxy(options), AsyncExitStack() as stack:
            async with first.serving():
                balancer = await stack.enter_async_context(balancing(options))
                await _wait("the first is listened to", lambda: first.listeners == 1)
            await _wait("the second is listened to", lambda: second.listeners == 1)
            asked = second.asked
            await _wait("the second is asked", lambda: second.asked > asked)
            assert balancer.figures.marathon_up == 1

    asyncio.run(scenario())


def test_configuration_stays_while_marathon_is_gone(tmp_path: Path) -> None:
    async def scenario() -> None:
        ports = iter(free_ports(10))
        marathon = StandIn(port=next(ports), directory=tmp_path)
        options = settings(tmp_path, ports, marathon.url, poll_seconds=0.2)
        async with running_haproxy(options), balancing(options) as balancer:
            async with marathon.serving():
                marathon.put("/web", next(ports), {"HAPROXY_0_VHOST": "web.example.com"})
                await until(options.http_port, host="web.example.com", status=503)
            await _wait("Marathon is missed", lambda: balancer.figures.marathon_up == 0)
            # 503 and not 404: the service is known, it has no instance.
            await until(options.http_port, host="web.example.com", status=503)
            assert "web.example.com" in (tmp_path / "services.cfg").read_text()

    asyncio.run(scenario())


def test_port_of_another_process_costs_only_that_service(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with world(tmp_path, poll_seconds=0.2) as here:
            with socket.socket() as other:
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                other.bind(("127.0.0.1", 0))
                other.listen()
                taken, good = other.getsockname()[1], next(here.ports)
                here.marathon.put("/taken", taken, {})
                here.marathon.put("/good", good, HTTP)
                await until(good, status=503)
                await _wait("it is applied", lambda: len(_services(here)) == 1)
                assert here.balancer.rendered is not None
                (problem,) = here.balancer.rendered.problems
                assert str(problem) == (
                    f"/taken port 0: port {taken} is taken by another process of the balancer's"
                    " machine"
                )
            await listening(taken)
            await _wait("it is served", lambda: not here.balancer.figures.rejected_labels)

    asyncio.run(scenario())


def test_configuration_that_is_not_valid_leaves_the_old_one(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with world(tmp_path, poll_seconds=0.2) as here:
            port = next(here.ports)
            here.marathon.put("/web", port, HTTP)
            await until(port, status=503)
            services, base = tmp_path / "services.cfg", tmp_path / "haproxy.cfg"
            before, good = services.read_text(), base.read_text()
            base.write_text(good + "    no such word\n")
            here.marathon.put("/more", next(here.ports), HTTP)
            figures = here.balancer.figures
            await _wait("it is refused", lambda: figures.configurations_refused_total > 0)
            assert services.read_text() == before
            await until(port, status=503)
            base.write_text(good)
            await _wait("it is taken", lambda: "/more" in {s.app for s in _services(here)})
            assert services.read_text() != before

    asyncio.run(scenario())


def _services(here: World) -> tuple[Service, ...]:
    return here.balancer.rendered.services if here.balancer.rendered else ()


def test_reload_that_fails_puts_the_old_configuration_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with world(tmp_path, poll_seconds=0.2) as here:
            port = next(here.ports)
            here.marathon.put("/web", port, HTTP)
            await until(port, status=503)
            before = (tmp_path / "services.cfg").read_text()
            # A port that is taken between the look at it and the reload.
            monkeypatch.setattr(balancer_module, "_is_taken", lambda _address, _port: False)
            with socket.socket() as other:
                other.bind(("127.0.0.1", 0))
                other.listen()
                here.marathon.put("/taken", other.getsockname()[1], HTTP)
                figures = here.balancer.figures
                await _wait("a reload fails", lambda: figures.reloads_failed_total > 0)
                del here.marathon.apps["/taken"]
                done = figures.reloads_total
                await _wait("the next one works", lambda: figures.reloads_total > done)
            assert (tmp_path / "services.cfg").read_text() == before
            await until(port, status=503)

    asyncio.run(scenario())


def test_haproxy_that_starts_anew_has_what_it_had(tmp_path: Path) -> None:
    async def scenario() -> None:
        ports = iter(free_ports(10))
        marathon = StandIn(port=next(ports), directory=tmp_path)
        options = settings(tmp_path, ports, marathon.url)
        async with marathon.serving(), balancing(options):
            port = next(ports)
            async with running_haproxy(options):
                marathon.put("/web", port, HTTP)
                await marathon.start("/web", "web.1", next(ports))
                assert await until(port) == "web.1"
                marathon.say("status_update_event")
            (tmp_path / "master.sock").unlink(missing_ok=True)
            async with running_haproxy(options):
                assert await until(port) == "web.1"

    asyncio.run(scenario())


def test_program_serves_health_and_metrics_and_stops_when_asked(tmp_path: Path) -> None:
    async def scenario() -> None:
        ports = iter(free_ports(10))
        marathon = StandIn(port=next(ports), directory=tmp_path)
        options = settings(tmp_path, ports, marathon.url)
        (tmp_path / "balancer.json").write_text(json.dumps(asdict(options)))
        async with marathon.serving(), running_haproxy(options), aiohttp.ClientSession() as session:
            port = next(ports)
            marathon.put("/web", port, {**HTTP, "HAPROXY_1_PORT": "1"})
            await marathon.start("/web", "web.1", next(ports))
            program = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "mesosdeploy.services.balancer"),
                *("--config", str(tmp_path / "balancer.json")),
            )
            assert await until(port) == "web.1"
            url = f"http://127.0.0.1:{options.listen_port}"
            async with asyncio.timeout(20):
                while True:
                    async with session.get(f"{url}/health") as answer:
                        if (answer.status, (await answer.json())["healthy"]) == (200, True):
                            break
                    await asyncio.sleep(0.02)
            async with session.get(f"{url}/metrics") as answer:
                assert "mesosdeploy_balancer_servers 1.0\n" in await answer.text()
            async with session.get(f"{url}/config") as answer:
                assert await answer.text() == (tmp_path / "services.cfg").read_text()
            async with session.get(f"{url}/services") as answer:
                body = await answer.json()
            assert [each["backend"] for each in body["services"]] == ["web_0"]
            assert body["problems"] == [
                "/web port 1: HAPROXY_1_… is about a port that the app does not have"
            ]
            program.send_signal(signal.SIGTERM)
            assert await program.wait() == 0

    asyncio.run(scenario())
