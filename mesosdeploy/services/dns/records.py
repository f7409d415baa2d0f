"""The records of the domain, computed from a master's /state as Mesos-DNS names them; pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from mesosdeploy.services.dns import names, tasks

Json = Mapping[str, Any]
Kind = Literal["A", "AAAA", "SRV"]

_PROTOCOLS: Final = ("tcp", "udp")


class Record(NamedTuple):
    """One record; `value` is an address, or "target:port" of an SRV record. No trailing dots."""

    kind: Kind
    name: str
    value: str


@dataclass(frozen=True, kw_only=True)
class TaskRecords:
    """The records that one task gave."""

    framework: str
    name: str
    task_id: str
    records: tuple[Record, ...]


@dataclass(frozen=True, kw_only=True)
class Records:
    """Everything that the domain answers; each record once, in a stable order."""

    all: tuple[Record, ...] = ()
    tasks: tuple[TaskRecords, ...] = ()

    def values(self, name: str, *kinds: Kind) -> list[str]:
        """Return the values of a name (any case, with or without a trailing dot)."""
        wanted = name.rstrip(".").lower()
        return [r.value for r in self.all if r.name == wanted and r.kind in kinds]


@dataclass(frozen=True, kw_only=True)
class Zone:
    """What of the configuration decides about names.

    `name_server` has the address `listener` (empty: it has none); `sources` are the words of
    IPSources.
    """

    domain: str
    name_server: str
    listener: str
    sources: tuple[str, ...]
    rule: names.Rule = "RFC1123"


def compute(
    state: Json, *, zone: Zone, masters: Sequence[str], resolved: Mapping[str, str]
) -> Records:
    """Return the records of a state.

    `masters` are "address:port" of all masters in the order of their numbers; `resolved` maps host
    names that stand in the state (of schedulers, of masters) to addresses.
    """
    agents = {str(agent["id"]): _host_of(agent["pid"]) for agent in state.get("slaves") or []}
    by_task = tuple(_tasks(state, agents, zone))
    found = [
        *_framework_records(state, zone, resolved),
        *_agent_records(state, zone),
        *_master_records(str(state.get("leader") or ""), masters, zone, resolved),
        *([_address(zone.name_server, zone.listener)] if zone.listener else []),
        *(record for task in by_task for record in task.records),
    ]
    return Records(all=tuple(sorted(set(_valid(found)))), tasks=by_task)


def host_names(state: Json, masters: Iterable[str]) -> set[str]:
    """Return the host names that `compute` has to have resolved."""
    hosts = {_scheduler(framework)[0] for framework in state.get("frameworks") or []}
    hosts |= {master.rpartition(":")[0] for master in masters}
    return {host for host in hosts if host and not tasks.is_address(host)}


def _valid(records: Iterable[Record]) -> Iterator[Record]:
    """Leave out what cannot be a name: two labels in one place, or more than 253 characters."""
    for record in records:
        if len(record.name) <= names.LONGEST_NAME and ".." not in f".{record.name}":
            yield record


def _address(name: str, address: str) -> Record:
    kind: Kind = "A" if ipaddress.ip_address(address).version == 4 else "AAAA"
    return Record(kind, name, address)


def _service(name: str, target: str, port: int | str) -> Record:
    return Record("SRV", name, f"{target}:{port}")


def _host_of(pid: str) -> str:
    """Return the address in a libprocess ID ("slave(1)@10.0.0.2:5051")."""
    return pid.rpartition("@")[2].rpartition(":")[0].strip("[]")


def _scheduler(framework: Json) -> tuple[str, str]:
    """Return host and port of a scheduler; the port is empty for those that use the v1 API."""
    pid = str(framework.get("pid") or "")
    if "@" in pid:
        return _host_of(pid), pid.rpartition(":")[2]
    return str(framework.get("hostname") or ""), ""


def _framework_records(state: Json, zone: Zone, resolved: Mapping[str, str]) -> Iterator[Record]:
    for framework in state.get("frameworks") or []:
        host, port = _scheduler(framework)
        address = resolved.get(host, host)
        name = names.labels(str(framework.get("name") or ""), zone.rule)
        if not name or not tasks.is_address(address):
            continue
        yield _address(f"{name}.{zone.domain}", address)
        if port:
            yield _service(f"_framework._tcp.{name}.{zone.domain}", f"{name}.{zone.domain}", port)


def _agent_records(state: Json, zone: Zone) -> Iterator[Record]:
    name = f"slave.{zone.domain}"
    for agent in state.get("slaves") or []:
        address = _host_of(agent["pid"])
        if tasks.is_address(address):
            yield _address(name, address)
            yield _service(f"_slave._tcp.{zone.domain}", name, agent["pid"].rpartition(":")[2])


def _master_records(
    leader: str, masters: Sequence[str], zone: Zone, resolved: Mapping[str, str]
) -> Iterator[Record]:
    """Yield `leader`, `master` and `master0`…; a leader that is in no list gets the next number."""
    leading = leader.rpartition("@")[2]
    known = list(dict.fromkeys([*masters, *([leading] if leading else [])]))
    hosts = [master.rpartition(":")[0] for master in known]
    found = dict.fromkeys(resolved.get(host, host) for host in hosts)
    for number, address in enumerate(a for a in found if tasks.is_address(a)):
        yield _address(f"master.{zone.domain}", address)
        yield _address(f"master{number}.{zone.domain}", address)
    host, _, port = leading.rpartition(":")
    if not tasks.is_address(host):
        return
    yield _address(f"leader.{zone.domain}", host)
    for protocol in _PROTOCOLS:
        target = f"leader.{zone.domain}"
        yield _service(f"_leader._{protocol}.{zone.domain}", target, port)
    for master in known:
        target = f"master.{zone.domain}"
        for protocol in _PROTOCOLS:
            name = f"_master._{protocol}.{zone.domain}"
            yield _service(name, target, master.rpartition(":")[2])


def _tasks(state: Json, agents: Mapping[str, str], zone: Zone) -> Iterator[TaskRecords]:
    for framework in state.get("frameworks") or []:
        name = str(framework.get("name") or "")
        scope = names.labels(name, zone.rule)
        for task in framework.get("tasks") or []:
            agent = agents.get(str(task.get("slave_id")), "")
            if not scope or not tasks.is_address(agent) or not tasks.serves(task):
                continue
            told = tasks.discovery_name(task) or str(task.get("name") or "")
            # Mesos-DNS answers a DiscoveryInfo's name in both spellings: "b-a" and "b.a".
            spellings = dict.fromkeys([names.label(told, zone.rule)])
            if tasks.discovery_name(task):
                spellings[names.labels(told, zone.rule)] = None
            found = (
                record
                for spelling in filter(None, spellings)
                for record in _task_records(task, spelling, scope, agent, zone)
            )
            yield TaskRecords(
                framework=name,
                name=str(task.get("name") or ""),
                task_id=str(task["id"]),
                records=tuple(sorted(set(_valid(found)))),
            )


def _task_records(task: Json, name: str, scope: str, agent: str, zone: Zone) -> Iterator[Record]:
    unique = names.unique_label(name, task_id=str(task["id"]), agent_id=str(task["slave_id"]))
    inside, on_agent = f"{scope}.{zone.domain}", f"{scope}.slave.{zone.domain}"
    for address in tasks.addresses(task, agent, zone.sources):
        yield _address(f"{name}.{inside}", address)
        yield _address(f"{unique}.{inside}", address)
    yield _address(f"{name}.{on_agent}", agent)
    yield _address(f"{unique}.{on_agent}", agent)

    service, discovered = names.service_label(name), tasks.discovery_ports(task)
    for port in tasks.host_ports(task):
        for protocol in _PROTOCOLS:
            yield _service(f"{service}._{protocol}.{on_agent}", f"{unique}.{on_agent}", port)
            if not discovered:
                yield _service(f"{service}._{protocol}.{inside}", f"{unique}.{on_agent}", port)
    for entry in discovered:
        for protocol in filter(None, map(names.label, entry.protocols or _PROTOCOLS)):
            full = f"{service}._{protocol}.{inside}"
            yield _service(full, f"{unique}.{inside}", entry.number)
            if port_label := names.label(entry.name, zone.rule):
                named = f"{names.service_label(port_label)}.{full}"
                yield _service(named, f"{unique}.{inside}", entry.number)
