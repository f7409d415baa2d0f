"""The cluster's view as tables for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from mesosdeploy.mesos.views import (
    SERVING,
    AgentView,
    ClusterView,
    MasterView,
    ServiceView,
    ZooKeeperView,
)

_HOUR, _DAY = 3600, 86400


def render(view: ClusterView, *, headline: str) -> Group:
    """Return the headline and a table each of masters, agents, ZooKeeper and the services."""
    leader = view.leader or ("contested: " + ", ".join(view.leaders) if view.leaders else "none")
    return Group(
        Text(f"{view.cluster}: leader {leader}; {headline}"),
        _masters(view.masters),
        _agents(view.agents),
        _zookeepers(view.zookeepers),
        *([_services(view.services)] if view.services else []),
    )


def _table(title: str, *columns: str) -> Table:
    return Table(*columns, title=title, title_justify="left")


def _masters(masters: tuple[MasterView, ...]) -> Table:
    zones = ["zone"] if any(one.domain for one in masters) else []
    table = _table("Masters", "node", *zones, "state", "version", "quorum", "log", "uptime", "URL")
    for one in masters:
        table.add_row(
            one.node,
            *_zone(zones, one),
            _master_state(one),
            one.version or "-",
            _text(one.quorum),
            "-" if one.ensemble_size is None else f"{one.ensemble_size} replicas",
            duration(one.uptime),
            f"http://{one.address}:{one.port}",
        )
    return table


def _master_state(one: MasterView) -> Text:
    if not one.reachable:
        return Text("does not answer", style="bold red")
    if one.is_leader:
        return Text("LEADER", style="bold green")
    if one.leader is None:
        return Text("knows no leader", style="red")
    return Text(f"follows {one.leader}")


def _agents(agents: tuple[AgentView, ...]) -> Table:
    zones = ["zone"] if any(one.domain for one in agents) else []
    columns = ("state", "version", "cpus", "memory MB", "disk MB", "attributes", "URL")
    table = _table("Agents (resources used/total)", "node", *zones, *columns)
    for one in agents:
        attributes = ", ".join(f"{name}={value}" for name, value in one.attributes.items())
        table.add_row(
            one.node,
            *_zone(zones, one),
            _agent_state(one),
            one.version or "-",
            *(_used(one.used, one.resources, name) for name in ("cpus", "mem_mb", "disk_mb")),
            attributes or "-",
            f"http://{one.address}:{one.port}",
        )
    return table


def _zone(columns: list[str], one: MasterView | AgentView) -> list[str]:
    """Return the cell of the column of zones, none where the table has no such column."""
    return [one.domain.zone if one.domain else "-" for _ in columns]


def _agent_state(one: AgentView) -> Text:
    if not one.reachable:
        known = ", still registered" if one.registered else ""
        return Text(f"does not answer{known}", style="bold red")
    if one.registered is None:
        return Text("no leader to ask", style="red")
    if not one.registered:
        return Text("not registered", style="bold red")
    return Text("active", style="green") if one.active else Text("not active", style="yellow")


def _zookeepers(servers: tuple[ZooKeeperView, ...]) -> Table:
    table = _table("ZooKeeper", "node", "mode", "version", "latency ms", "waiting", "address")
    for one in servers:
        mode = Text(one.mode or "does not answer", style="" if one.mode in SERVING else "bold red")
        table.add_row(
            one.node,
            mode,
            one.version or "-",
            _text(one.latency),
            _text(one.outstanding),
            f"{one.address}:{one.port}",
        )
    return table


def _services(services: tuple[ServiceView, ...]) -> Table:
    table = _table("Services", "process", "node", "state", "URL")
    for one in services:
        table.add_row(one.kind, one.node, _service_state(one), f"http://{one.address}:{one.port}")
    return table


def _service_state(one: ServiceView) -> Text:
    if not one.reachable:
        return Text("does not answer", style="bold red")
    if one.error:
        return Text(one.error, style="red")
    if one.leader is None:
        return Text("answers", style="green")
    if one.leader == one.node:
        return Text("LEADER", style="bold green")
    return Text(f"follows {one.leader}")


def _used(used: Mapping[str, Any], total: Mapping[str, Any], name: str) -> str:
    if name not in total:
        return "-"
    taken = f"{used[name]:g}" if name in used else "?"
    return f"{taken}/{total[name]:g}"


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def duration(seconds: float | None) -> str:
    """Return seconds as people say them: 3m05s, 2h10m, 4d02h."""
    if seconds is None:
        return "-"
    if seconds < _HOUR:
        return f"{int(seconds // 60)}m{int(seconds % 60):02d}s"
    if seconds < _DAY:
        return f"{int(seconds // _HOUR)}h{int(seconds % _HOUR // 60):02d}m"
    return f"{int(seconds // _DAY)}d{int(seconds % _DAY // _HOUR):02d}h"
