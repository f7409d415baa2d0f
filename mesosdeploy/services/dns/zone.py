"""What dnsmasq is told: configurations of the listening one and of those behind it; pure."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mesosdeploy.services.dns.records import Records
from mesosdeploy.services.dns.settings import Settings

LOOPBACK = "127.0.0.1"

# Types of records that dnsmasq gets as bytes (RFC 1035, 3.2.2).
_NS, _SOA = 2, 6
_MOST_QUERIES = 1000


@dataclass(frozen=True, kw_only=True)
class Account:
    """The user and group that dnsmasq runs as: those of this process."""

    user: str
    group: str


def hosts(records: Records) -> str:
    """Return the file of addresses (hosts(5)), which dnsmasq reads again without a restart."""
    lines = [f"{r.value} {r.name}" for r in records.all if r.kind in ("A", "AAAA")]
    return "".join(f"{line}\n" for line in lines)


def services(records: Records) -> str:
    """Return the lines of the SRV records, which dnsmasq reads only when it starts."""
    lines = []
    for record in records.all:
        if record.kind == "SRV":
            target, _, port = record.value.rpartition(":")
            lines.append(f"srv-host={record.name},{target},{port}")
    return "".join(f"{line}\n" for line in lines)


def behind(settings: Settings, account: Account, *, port: int, files: Sequence[Path]) -> str:
    """Return the configuration of a dnsmasq that knows the domain and nothing else.

    `files` are the file of addresses and the file of services. A name of the domain that is not
    known is answered at once, and without an SOA record, so that nobody remembers the answer.
    """
    addresses, targets = files
    return _lines(
        *_common(account, port=port, listener=LOOPBACK),
        f"local=/{settings.domain}/",
        f"addn-hosts={addresses}",
        f"local-ttl={settings['ttl']}",
        f"conf-file={targets}",
    )


def authority(settings: Settings, *, serial: int) -> str:
    """Return the lines of the domain's SOA and NS records."""
    name_server = _wire(settings.name_server)
    numbers = [settings[f"SOA{key}"] for key in ("Refresh", "Retry", "Expire", "Minttl")]
    mailbox = _wire(str(settings["SOARname"]).replace("@", "."))
    start = name_server + mailbox + struct.pack("!5I", serial, *numbers)
    return _lines(
        f"dns-rr={settings.domain},{_SOA},{start.hex()}",
        f"dns-rr={settings.domain},{_NS},{name_server.hex()}",
    )


def front(
    settings: Settings, account: Account, *, ports: Iterable[int], resolvers: Iterable[str]
) -> str:
    """Return the configuration of the dnsmasq that clients ask.

    It keeps nothing (the domain's own `ttl` is what clients keep) and asks all servers at once:
    of the two that know the domain one can restart meanwhile, and a dead resolver costs no time.
    """
    return _lines(
        *_common(account, port=settings["port"], listener=settings.listener),
        "cache-size=0",
        "all-servers",
        "dns-loop-detect",
        f"dns-forward-max={_MOST_QUERIES}",
        f"fast-dns-retry=1000,{settings['timeout'] * 1000}",
        *(f"server=/{settings.domain}/{LOOPBACK}#{port}" for port in ports),
        *(
            f"server=/{zone}/{_server(server)}"
            for zone, servers in settings["zoneResolvers"].items()
            for server in servers
        ),
        *(f"server={_server(server)}" for server in resolvers),
    )


def _common(account: Account, *, port: int, listener: str) -> Iterable[str]:
    yield from ("keep-in-foreground", "log-facility=-", "pid-file=", "no-hosts", "no-resolv")
    yield from (f"user={account.user}", f"group={account.group}", f"port={port}")
    if listener:
        yield from (f"listen-address={listener}", "bind-interfaces")


def _server(server: str) -> str:
    """Return "10.0.0.1:5353" as dnsmasq writes it: with "#" before the port."""
    return server.replace(":", "#") if server.count(":") == 1 else server


def _wire(name: str) -> bytes:
    """Return a name as it is on the wire: each label after its length (RFC 1035, 3.1)."""
    parts = [part.encode() for part in name.strip(".").split(".")]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def _lines(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)
