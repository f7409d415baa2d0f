"""What a master's /state says of one task: whether it serves, where, and on which ports."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Json = Mapping[str, Any]

_RUNNING: Final = "TASK_RUNNING"
_RANGE: Final = re.compile(r"(\d+)-(\d+)")
_LABELS: Final = {
    "docker": "Docker.NetworkSettings.IPAddress",
    "mesos": "MesosContainerizer.NetworkSettings.IPAddress",
}
"""The labels of a status in which containerizers told an address before there were NetworkInfos."""


@dataclass(frozen=True, kw_only=True)
class NamedPort:
    """A port out of a task's DiscoveryInfo; `protocols` is empty when it names none."""

    name: str
    number: int
    protocols: tuple[str, ...]


def serves(task: Json) -> bool:
    """Say whether a task runs and its last health check, if it has any, did not fail."""
    if task.get("state") != _RUNNING:
        return False
    statuses = task.get("statuses") or []
    latest: Json = max(statuses, key=lambda status: status.get("timestamp", 0.0), default={})
    return latest.get("healthy") is not False


def discovery_name(task: Json) -> str:
    """Return the name in the task's DiscoveryInfo; empty when it has none."""
    return str((task.get("discovery") or {}).get("name") or "")


def discovery_ports(task: Json) -> list[NamedPort]:
    """Return the ports of the task's DiscoveryInfo."""
    ports = ((task.get("discovery") or {}).get("ports") or {}).get("ports") or []
    return [
        NamedPort(
            name=str(port.get("name") or ""),
            number=int(port["number"]),
            protocols=tuple(filter(None, str(port.get("protocol") or "").lower().split(","))),
        )
        for port in ports
    ]


def host_ports(task: Json) -> list[int]:
    """Return the agent's ports that the task holds: "[31000-31001, 31005-31005]" is three."""
    text = str((task.get("resources") or {}).get("ports") or "")
    return [
        port for first, last in _RANGE.findall(text) for port in range(int(first), int(last) + 1)
    ]


def addresses(task: Json, agent_address: str, sources: tuple[str, ...]) -> list[str]:
    """Return the task's addresses: all those of the first source that knows any.

    The sources are the words of the key IPSources; `agent_address` is what "host" gives.
    """
    for source in sources:
        found = [agent_address] if source == "host" else list(_from_status(task, source))
        valid = [address for address in found if is_address(address)]
        if valid:
            return list(dict.fromkeys(valid))
    return []


def is_address(text: str) -> bool:
    """Say whether a text is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _from_status(task: Json, source: str) -> Iterator[str]:
    running = [s for s in task.get("statuses") or [] if s.get("state") == _RUNNING]
    if not running:
        return
    status = max(running, key=lambda status: status.get("timestamp", 0.0))
    if source in _LABELS:
        for entry in status.get("labels") or []:
            if entry.get("key") == _LABELS[source]:
                yield str(entry.get("value", ""))
    elif source == "netinfo":
        for network in (status.get("container_status") or {}).get("network_infos") or []:
            for entry in network.get("ip_addresses") or []:
                yield str(entry.get("ip_address", ""))
