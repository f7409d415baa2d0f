"""Keeps HAProxy in step with Marathon: one loop that asks, renders and applies."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import time
from collections.abc import Iterable, Sequence

from mesosdeploy.services.balancer import change
from mesosdeploy.services.balancer.figures import Figures
from mesosdeploy.services.balancer.haproxy import Haproxy, HaproxyError, ReloadError
from mesosdeploy.services.balancer.marathon import Marathon, MarathonError, delays
from mesosdeploy.services.balancer.model import Json, Problem, Rendered, Surroundings
from mesosdeploy.services.balancer.options import Options
from mesosdeploy.services.balancer.render import render
from mesosdeploy.services.balancer.services import hosts

COALESCE_SECONDS = 0.1
"""Events come in bursts: the first is applied at once, those within this time after it together."""

RETRY_SECONDS = 2.0
"""How soon to try again what failed."""

FRESH_SECONDS = 60.0
"""A balancer that did not succeed for longer is not healthy."""

_log = logging.getLogger(__name__)


class Balancer:
    """The state of the loop; `figures`, `rendered` and `healthy` are for who asks."""

    def __init__(self, options: Options, *, marathon: Marathon, haproxy: Haproxy) -> None:
        self.options = options
        self.figures = Figures()
        self.rendered: Rendered | None = None
        self._marathon = marathon
        self._haproxy = haproxy
        self._woken = asyncio.Event()
        # None: it is not known what the worker holds, which a reload settles.
        self._running: change.Running | None = None
        self._worker = ""
        self._written = ""
        self._told: frozenset[Problem] = frozenset()

    @property
    def healthy(self) -> bool:
        """Tell whether HAProxy had what it should have within the last minute."""
        return time.time() - self.figures.last_success_timestamp_seconds < FRESH_SECONDS

    async def run(self) -> None:
        """Balance until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            group.create_task(self._keep_in_step())

    async def _keep_in_step(self) -> None:
        while True:
            self._woken.clear()
            began = time.monotonic()
            pause = self.options.poll_seconds if await self.step() else RETRY_SECONDS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), pause)
            await asyncio.sleep(began + COALESCE_SECONDS - time.monotonic())

    async def step(self) -> bool:
        """Ask Marathon once and apply what it says; a failure is logged, and nothing changes."""
        figures = self.figures
        try:
            apps = await self._marathon.apps()
        except MarathonError as exc:
            figures.marathon_up = 0
            _log.warning("Marathon does not answer, the last configuration stays: %s", exc)
            return False
        figures.marathon_up = 1
        rendered = await self._render(apps)
        self._report(rendered)
        figures.apps = len(apps)
        try:
            await self._apply(rendered)
        except HaproxyError as exc:
            _log.error("HAProxy keeps its configuration: %s", exc)
            return False
        figures.last_success_timestamp_seconds = time.time()
        return True

    async def _render(self, apps: Sequence[Json]) -> Rendered:
        """Render with the addresses of this moment, without ports that others have."""
        addresses = await _resolve(hosts(apps))
        rendered = render(apps, self.options, Surroundings(addresses=addresses))
        ours = self._haproxy.ports()
        wanted = {service.port for service in rendered.services if service.port} - ours
        taken = frozenset(p for p in wanted if _is_taken(self.options.bind_address, p))
        if not taken:
            return rendered
        around = Surroundings(addresses=addresses, taken_ports=taken)
        return render(apps, self.options, around)

    async def _apply(self, rendered: Rendered) -> None:
        if await self._haproxy.worker() != self._worker:
            # Started anew, by somebody else: it may have read a file that was just being replaced.
            self._running = None
        running = self._running
        if running is None or running.rendered.text != rendered.text:
            update = change.update(running, rendered) if running else None
            # Unless all goes well it is not known what the worker holds.
            self._running = None
            if update is not None and await self._command(update):
                self._running = change.Running(rendered=rendered, retired=update.retired)
            else:
                await self._reload(rendered)
                self._running = change.Running(rendered=rendered)
        elif running.retired:
            retired = await self._delete(running.retired)
            self._running = change.Running(rendered=rendered, retired=retired)
        # Servers change in the worker first: Marathon kills old instances as soon as new ones are
        # healthy, and the check of a file takes longer than that.
        if self._written != rendered.text:
            await self._install(rendered)
        self._show(rendered)

    async def _command(self, update: change.Update) -> bool:
        """Change servers in the worker; return whether HAProxy took every command."""
        try:
            for command in update.commands:
                await self._haproxy.command(command)
                self.figures.commands_total += 1
        except HaproxyError as exc:
            self.figures.commands_failed_total += 1
            _log.warning("reloading, because HAProxy refused %s", exc)
            return False
        _log.info("changed without a reload: %s", "; ".join(update.commands) or "comments")
        return True

    async def _install(self, rendered: Rendered) -> None:
        try:
            await self._haproxy.install(rendered.text)
        except HaproxyError:
            self.figures.configurations_refused_total += 1
            raise
        self._written = rendered.text

    async def _reload(self, rendered: Rendered) -> None:
        """Replace the file and let a new worker read it; put the old one back if none starts."""
        await self._install(rendered)
        try:
            await self._haproxy.reload()
        except ReloadError:
            self.figures.reloads_failed_total += 1
            self._haproxy.restore()
            self._written = ""
            raise
        self.figures.reloads_total += 1
        self._worker = await self._haproxy.worker()
        _log.info("reloaded: %d services", len(rendered.services))

    async def _delete(self, retired: Iterable[str]) -> frozenset[str]:
        """Delete servers that have no connection any more; return those that still have one."""
        kept = set()
        for name in retired:
            try:
                await self._haproxy.command(f"del server {name}")
            except HaproxyError:
                kept.add(name)
        return frozenset(kept)

    def _show(self, rendered: Rendered) -> None:
        self.rendered = rendered
        self.figures.backends = len(rendered.services)
        self.figures.servers = sum(len(service.servers) for service in rendered.services)

    def _report(self, rendered: Rendered) -> None:
        """Log the problems that were not there before, not each time the same."""
        problems = frozenset(rendered.problems)
        for problem in sorted(problems - self._told, key=str):
            _log.warning("not balanced: %s", problem)
        for problem in sorted(self._told - problems, key=str):
            _log.info("no longer: %s", problem)
        self._told = problems
        self.figures.rejected_labels = len(problems)

    async def _listen(self) -> None:
        """Listen to one instance after the other, with a pause that grows while none answers."""
        number, pauses = 0, delays()

        def on_event() -> None:
            nonlocal pauses
            pauses = delays()
            self.figures.event_stream_up = 1
            self.figures.events_total += 1
            self._woken.set()

        while True:
            try:
                await self._marathon.listen(number, on_event)
            except MarathonError as exc:
                _log.info("no events: %s", exc)
            self.figures.event_stream_up = 0
            number += 1
            await asyncio.sleep(next(pauses))


async def _resolve(names: Iterable[str]) -> dict[str, str]:
    """Return the addresses of the names that have one."""
    loop = asyncio.get_running_loop()

    async def address(name: str) -> str:
        try:
            found = await loop.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except OSError:
            return ""
        return str(found[0][4][0])

    listed = sorted(names)
    addresses = await asyncio.gather(*map(address, listed))
    return {name: found for name, found in zip(listed, addresses, strict=True) if found}


def _is_taken(address: str, port: int) -> bool:
    """Tell whether another process listens on a port: HAProxy could not reload with it."""
    host = "0.0.0.0" if address == "*" else address  # noqa: S104 - nothing is served here
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            return exc.errno == errno.EADDRINUSE
    return False
