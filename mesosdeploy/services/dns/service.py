"""The running program: reads the state again and again, and publishes the records it makes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from mesosdeploy.services.dns.api import Api, Status
from mesosdeploy.services.dns.dnsmasq import DnsmasqError
from mesosdeploy.services.dns.history import carry_over
from mesosdeploy.services.dns.masters import Masters, NoMasterError
from mesosdeploy.services.dns.records import Records, Zone, compute, host_names
from mesosdeploy.services.dns.server import Server
from mesosdeploy.services.dns.settings import Settings
from mesosdeploy.services.serving import serve

Json = dict[str, Any]
log = logging.getLogger(__name__)

# While there are no records yet the master is asked more often: the port is not open until then.
_FIRST_SECONDS: Final = 1.0
_GOODBYE_SECONDS: Final = 1.0


class Service:
    """One DNS server of a cluster."""

    def __init__(self, settings: Settings, directory: Path) -> None:
        self._settings = settings
        self._wake = asyncio.Event()
        self._masters = Masters(settings, changed=self._wake.set)
        self._server = Server(settings, directory)
        self._zone = Zone(
            domain=settings.domain,
            name_server=settings.name_server,
            listener=settings.listener,
            sources=tuple(settings["IPSources"]),
            rule=settings.rule,
        )
        self._state: Json | None = None
        self._records = Records()
        self._leader = ""
        self._updated: float | None = None
        self._serial = 0
        self._problem = ""
        self._counters = {"refreshes": 0, "refresh_failures": 0, "record_changes": 0}

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT; DnsmasqError when the port cannot be opened."""
        task = asyncio.current_task()
        assert task is not None
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        runner = None
        try:
            if self._settings["httpon"]:
                runner = await serve(
                    Api(self._settings, self.status).application(),
                    address=self._settings.listener,
                    port=self._settings["httpport"],
                    goodbye_seconds=_GOODBYE_SECONDS,
                )
            await self._masters.connect()
            await self._refresh_forever()
        except asyncio.CancelledError:
            log.info("stopping")
        finally:
            if runner:
                await runner.cleanup()
            await self._server.close()
            await self._masters.close()

    def status(self) -> Status:
        """Return what the HTTP interface tells."""
        age = None if self._updated is None else time.monotonic() - self._updated
        return Status(
            records=self._records,
            serial=self._serial,
            age_seconds=age,
            dns_running=self._server.running,
            problem=self._problem,
            counters=self._counters | {"server_restarts": self._server.restarts},
        )

    async def _refresh_forever(self) -> None:
        while True:
            self._wake.clear()
            await self._refresh()
            interval = self._settings["refreshSeconds"] if self._updated else _FIRST_SECONDS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), interval)

    async def _refresh(self) -> None:
        """Read the state once and publish what follows; without a master the last records stay."""
        self._counters["refreshes"] += 1
        try:
            state, masters = await self._masters.state()
        except NoMasterError as exc:
            self._counters["refresh_failures"] += 1
            self._tell(f"no leading master: {exc}")
            return
        self._state = carry_over(self._state, state, now=time.time())
        leader = str(state["leader"]).rpartition("@")[2]
        if leader != self._leader:
            log.info("the leading master is %s", leader)
            self._leader = leader
        resolved = await self._resolve(host_names(self._state, masters))
        records = compute(self._state, zone=self._zone, masters=masters, resolved=resolved)
        try:
            if self._settings["dnson"]:
                await self._server.publish(records)
        except DnsmasqError as exc:
            if self._updated is None:
                raise
            self._tell(str(exc))
            return
        self._tell("")
        self._updated = time.monotonic()
        if records.all != self._records.all:
            self._counters["record_changes"] += 1
            self._serial = int(time.time())
            log.info("%d records of %d tasks", len(records.all), len(records.tasks))
        self._records = records

    def _tell(self, problem: str) -> None:
        """Log a problem when it begins or changes, and when it is over."""
        if problem == self._problem:
            return
        if problem:
            kept = len(self._records.all)
            log.warning("%s (%d records stay as they are)", problem, kept)
        else:
            log.info("solved: %s", self._problem)
        self._problem = problem

    async def _resolve(self, hosts: Iterable[str]) -> dict[str, str]:
        """Return the IPv4 addresses of host names; a name without one in time is left out."""
        wanted = sorted(hosts)
        found = await asyncio.gather(*map(self._resolve_one, wanted))
        return {host: address for host, address in zip(wanted, found, strict=True) if address}

    async def _resolve_one(self, host: str) -> str:
        ask = asyncio.get_running_loop().getaddrinfo(host, None, family=socket.AF_INET)
        try:
            answers = await asyncio.wait_for(ask, self._settings["timeout"])
        except OSError:
            return ""
        return str(answers[0][4][0])
