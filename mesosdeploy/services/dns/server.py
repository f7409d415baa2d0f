"""The DNS server: a dnsmasq that clients ask, and two behind it that know the domain.

dnsmasq reads SRV records only when it starts. A restart of the one that listens would lose what is
asked meanwhile (measured: docs/service-discovery.md), so that one never restarts: it asks the two
behind it at once and passes on the first answer, and these restart one after the other.
"""

from __future__ import annotations

import grp
import logging
import os
import pwd
import socket
import time
from pathlib import Path
from typing import Final

from mesosdeploy.services.dns import dnsmasq, upstream, zone
from mesosdeploy.services.dns.dnsmasq import Dnsmasq, DnsmasqError
from mesosdeploy.services.dns.records import Records
from mesosdeploy.services.dns.settings import Settings

log = logging.getLogger(__name__)

_BEHIND: Final = 2


class Server:
    """Answers the names of the domain once there are records, and forwards all other names."""

    def __init__(self, settings: Settings, directory: Path) -> None:
        self._settings, self._directory = settings, directory
        self._addresses, self._services = directory / "hosts", directory / "services.conf"
        self._front: Dnsmasq | None = None
        self._behind: list[Dnsmasq] = []
        self._lines: dict[Path, str] = {}
        self.restarts = 0

    @property
    def running(self) -> bool:
        """Say whether the one that clients ask runs, and one of those behind it."""
        front = self._front is not None and self._front.running
        return front and any(child.running for child in self._behind)

    async def publish(self, records: Records) -> None:
        """Answer with these records from now on; the first call opens the port.

        Raises DnsmasqError when that is not possible; what was answered before is answered on.
        """
        if self._front is None:
            await self._open(records)
            return
        if self._changed(self._services, services := zone.services(records)):
            await self._judge(services)
            _write(self._addresses, zone.hosts(records))
            self._write_services(services)
            self._lines |= {self._addresses: zone.hosts(records), self._services: services}
            for child in self._behind:
                await child.restart()
            self.restarts += 1
        elif self._changed(self._addresses, addresses := zone.hosts(records)):
            _write(self._addresses, addresses)
            self._lines[self._addresses] = addresses
            for child in self._behind:
                child.reload()

    async def close(self) -> None:
        """Stop answering."""
        for child in (self._front, *self._behind):
            if child is not None:
                await child.stop()

    async def _open(self, records: Records) -> None:
        account = zone.Account(
            user=pwd.getpwuid(os.geteuid()).pw_name, group=grp.getgrgid(os.getegid()).gr_name
        )
        self._lines = {
            self._addresses: zone.hosts(records),
            self._services: zone.services(records),
        }
        _write(self._addresses, self._lines[self._addresses])
        self._write_services(self._lines[self._services])
        ports = [_free_port() for _ in range(_BEHIND)]
        files = (self._addresses, self._services)
        for number, port in enumerate(ports, start=1):
            config = self._directory / f"behind-{number}.conf"
            _write(config, zone.behind(self._settings, account, port=port, files=files))
            child = Dnsmasq(config, address=zone.LOOPBACK, port=port)
            self._behind.append(child)
            await child.start()
        await self._open_front(account, ports)

    async def _open_front(self, account: zone.Account, ports: list[int]) -> None:
        settings, config = self._settings, self._directory / "front.conf"
        resolvers = _resolvers(settings)
        log.info("names outside of %s: %s", settings.domain, ", ".join(resolvers) or "refused")
        _write(config, zone.front(settings, account, ports=ports, resolvers=resolvers))
        address = settings.listener or zone.LOOPBACK
        _require_free(address, settings["port"])
        front = Dnsmasq(config, address=address, port=settings["port"], level=logging.INFO)
        await front.start()
        self._front = front
        log.info("answering on %s:%d", settings["listener"], settings["port"])

    async def _judge(self, services: str) -> None:
        candidate = self._directory / "candidate.conf"
        _write(candidate, services)
        await dnsmasq.test(candidate)

    def _write_services(self, services: str) -> None:
        authority = zone.authority(self._settings, serial=int(time.time()))
        _write(self._services, authority + services)

    def _changed(self, path: Path, text: str) -> bool:
        return self._lines.get(path) != text


def _resolvers(settings: Settings) -> list[str]:
    if not settings["externalon"]:
        return []
    own = {zone.LOOPBACK, "::1", settings.listener}
    given = [server for server in settings["resolvers"] or [] if server not in own]
    return given or upstream.servers(upstream.SOURCES, own=own)


def _require_free(address: str, port: int) -> None:
    """Raise DnsmasqError when another process answers on the port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(family, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError as exc:
                raise DnsmasqError(
                    f"cannot listen on {address}:{port}: {exc.strerror}"
                    f" (`ss -lntup 'sport = :{port}'` names the process)"
                ) from exc


def _free_port() -> int:
    """Return a port of the loopback interface that is free for both TCP and UDP."""
    while True:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram,
        ):
            stream.bind((zone.LOOPBACK, 0))
            port = int(stream.getsockname()[1])
            try:
                datagram.bind((zone.LOOPBACK, port))
            except OSError:
                continue
            return port


def _write(path: Path, text: str) -> None:
    """Replace a file in one step: dnsmasq may be reading it."""
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.chmod(0o644)
    part.replace(path)
