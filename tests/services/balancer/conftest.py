"""A real HAProxy, a stand-in Marathon and a balancer between them, for tests without a cluster."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from mesosdeploy.services.balancer.balancer import Balancer
from mesosdeploy.services.balancer.haproxy import Haproxy
from mesosdeploy.services.balancer.marathon import Marathon
from mesosdeploy.services.balancer.options import Options
from tests.services.balancer.standin import StandIn

# What the role haproxy writes, without what needs root.
BASE = """\
global
    maxconn 500
    stats socket {directory}/admin.sock mode 600 level admin expose-fd listeners
    hard-stop-after 30s
    log stderr format short daemon notice
defaults
    log global
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    timeout http-keep-alive 10s
"""


@pytest.fixture(scope="session", autouse=True)
def _haproxy_is_there() -> None:
    if shutil.which("haproxy", path="/usr/sbin:/usr/bin") is None:
        pytest.skip("HAProxy is not installed: apt-get install haproxy")


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


@dataclass(kw_only=True)
class World:
    """Everything of one test; `ports` yields free ones."""

    directory: Path
    marathon: StandIn
    options: Options
    ports: Iterator[int]
    haproxy: asyncio.subprocess.Process
    balancer: Balancer


def settings(directory: Path, ports: Iterator[int], *urls: str, **more: object) -> Options:
    """Return options for a HAProxy of the directory's own."""
    (directory / "haproxy.cfg").write_text(BASE.format(directory=directory))
    values: dict[str, object] = {
        "marathon": urls,
        "bind_address": "127.0.0.1",
        "http_port": next(ports),
        "listen_address": "127.0.0.1",
        "listen_port": next(ports),
        "haproxy_config": str(directory / "haproxy.cfg"),
        "services_config": str(directory / "services.cfg"),
        "master_socket": str(directory / "master.sock"),
        **more,
    }
    return Options(**values)  # type: ignore[arg-type]


@asynccontextmanager
async def running_haproxy(options: Options) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run HAProxy as the role's unit does: master and worker, two files, a master's socket."""
    services = Path(options.services_config)
    services.touch()
    process = await asyncio.create_subprocess_exec(
        *(options.haproxy, "-W", "-f", options.haproxy_config, "-f", str(services)),
        *("-S", f"{options.master_socket},mode,600,level,admin"),
        cwd=services.parent,
    )
    try:
        async with asyncio.timeout(10):
            while not Path(options.master_socket).exists():
                await asyncio.sleep(0.02)
        yield process
    finally:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            process.kill()
            await process.wait()


@asynccontextmanager
async def balancing(options: Options) -> AsyncIterator[Balancer]:
    """Run a balancer in this process."""
    async with aiohttp.ClientSession() as session:
        marathon = Marathon(options, session)
        balancer = Balancer(options, marathon=marathon, haproxy=Haproxy(options=options))
        task = asyncio.create_task(balancer.run())
        try:
            yield balancer
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def world(directory: Path, **more: object) -> AsyncIterator[World]:
    """Run all three."""
    ports = iter(free_ports(30))
    marathon = StandIn(port=next(ports), directory=directory)
    options = settings(directory, ports, marathon.url, **more)
    async with (
        marathon.serving(),
        running_haproxy(options) as process,
        balancing(options) as balancer,
    ):
        yield World(
            directory=directory,
            marathon=marathon,
            options=options,
            ports=ports,
            haproxy=process,
            balancer=balancer,
        )
