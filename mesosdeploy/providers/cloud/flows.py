"""Who may reach which port of whom: one table by role, and the firewall rules that follow. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from mesosdeploy.nodes import NodeRequest, NodeRole
from mesosdeploy.spec.ports import SSH, parse_range

ADMIN = "admin"
"""The source that stands for the networks from which people and the controller come."""

DEFAULT_TASK_PORTS = "31000-32000"


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Ports of every node with the role `to`, open to nodes with one of `sources`."""

    to: NodeRole
    first: int
    last: int
    sources: frozenset[NodeRole]
    why: str
    admin: bool = False
    protocols: tuple[str, ...] = ("tcp",)


@dataclass(frozen=True, kw_only=True, order=True)
class Rule:
    """One line of a firewall group; `source` is a group of the spec, or ADMIN."""

    protocol: str
    first: int
    last: int
    source: str
    why: str


def _flow(
    to: NodeRole, ports: str, sources: Iterable[NodeRole], why: str, *, admin: bool = False
) -> Flow:
    first, _, last = ports.partition("-")
    protocols = ("tcp", "udp") if first == "53" else ("tcp",)
    return Flow(
        to=to,
        first=int(first),
        last=int(last or first),
        sources=frozenset(sources),
        why=why,
        admin=admin,
        protocols=protocols,
    )


_R = NodeRole
_HOP = _R.MESOS_MASTER
"""Commands from outside come through SSH to a master, and ask every process from there."""

FLOWS: tuple[Flow, ...] = (
    # An agent and a scheduler learn from ZooKeeper which master leads.
    _flow(
        _R.ZOOKEEPER,
        "2181",
        (_R.ZOOKEEPER, _R.MESOS_MASTER, _R.MESOS_AGENT, _R.MARATHON, _R.MESOS_DNS),
        "ZooKeeper clients",
    ),
    _flow(_R.ZOOKEEPER, "2888", (_R.ZOOKEEPER,), "ZooKeeper quorum"),
    _flow(_R.ZOOKEEPER, "3888", (_R.ZOOKEEPER,), "ZooKeeper election"),
    _flow(
        _R.MESOS_MASTER,
        "5050",
        (_R.MESOS_MASTER, _R.MESOS_AGENT, _R.MARATHON, _R.MESOS_DNS, _R.HAPROXY),
        "Mesos master",
        admin=True,
    ),
    # Masters dial back; the web page in a browser asks agents for sandboxes.
    _flow(_R.MESOS_AGENT, "5051", (_R.MESOS_MASTER, _R.MARATHON), "Mesos agent", admin=True),
    _flow(
        _R.MESOS_AGENT,
        DEFAULT_TASK_PORTS,
        (_R.MESOS_AGENT, _R.HAPROXY, _R.MARATHON),
        "tasks",
    ),
    _flow(
        _R.MARATHON,
        "8080",
        (_R.MARATHON, _R.HAPROXY, _R.BALANCER, _R.PROMETHEUS, _HOP),
        "Marathon",
        admin=True,
    ),
    # Masters and agents connect to a scheduler, at a port that is pinned for this.
    _flow(_R.MARATHON, "17080", (_R.MESOS_MASTER, _R.MESOS_AGENT), "Marathon from Mesos"),
    _flow(_R.MESOS_DNS, "53", (_R.RESOLVER, _R.BLACKBOX), "Mesos-DNS"),
    _flow(_R.MESOS_DNS, "8123", (_R.PROMETHEUS, _HOP), "Mesos-DNS API"),
    _flow(_R.HAPROXY, "80", (_R.MESOS_AGENT, _HOP), "virtual hosts", admin=True),
    _flow(
        _R.HAPROXY, "5050", (_R.MESOS_AGENT, _R.BLACKBOX), "way to the leading master", admin=True
    ),
    _flow(_R.HAPROXY, "8080", (_R.MESOS_AGENT, _R.BLACKBOX), "way to Marathon", admin=True),
    _flow(_R.HAPROXY, "8404", (_R.PROMETHEUS, _HOP), "HAProxy statistics"),
    _flow(_R.HAPROXY, "10000-20000", (_R.MESOS_AGENT,), "service ports", admin=True),
    _flow(_R.BALANCER, "8405", (_R.PROMETHEUS,), "balancer"),
    _flow(_R.PROMETHEUS, "9090", (_R.PROMETHEUS, _HOP), "Prometheus", admin=True),
    _flow(_R.GRAFANA, "3000", (_HOP,), "Grafana", admin=True),
    _flow(_R.ALERTMANAGER, "9093", (_R.PROMETHEUS, _HOP), "Alertmanager", admin=True),
    _flow(_R.MESOS_EXPORTER, "9105-9107", (_R.PROMETHEUS,), "metrics of Mesos and ZooKeeper"),
    _flow(_R.NODE_EXPORTER, "9100", (_R.PROMETHEUS,), "metrics of machines"),
)
"""Every way between nodes; what is not here is closed. The network's own way out stays open."""

LOCAL_PORTS = frozenset({18080, 9115})
"""Ports that only their own node uses: ZooKeeper's admin server, and the prober."""


def rules(
    requests: Sequence[NodeRequest], *, entrance: str = ADMIN
) -> Mapping[str, tuple[Rule, ...]]:
    """Return the firewall rules of each group of the spec, SSH for the admin among them.

    Groups name groups and never addresses, so that they hold for machines that come later. With an
    `entrance`, a group of its own, people reach the nodes from there only, and it by SSH only.
    """
    roles: dict[str, set[NodeRole]] = {}
    for request in requests:
        roles.setdefault(request.group, set()).update(request.roles)
    ssh = Rule(protocol="tcp", first=SSH.port, last=SSH.port, source=ADMIN, why="SSH")
    made = {
        group: {ssh, *_rules_of(carried, roles, _task_ports(requests, group))}
        for group, carried in roles.items()
    }
    if entrance != ADMIN:
        made = {group: {_from(rule, entrance) for rule in lines} for group, lines in made.items()}
        made[entrance] = {ssh}
    return {group: tuple(sorted(lines)) for group, lines in made.items()}


def _from(rule: Rule, entrance: str) -> Rule:
    return replace(rule, source=entrance) if rule.source == ADMIN else rule


def _rules_of(
    carried: set[NodeRole], roles: Mapping[str, set[NodeRole]], tasks: Sequence[range]
) -> Iterable[Rule]:
    for flow in FLOWS:
        if flow.to not in carried:
            continue
        sources = [group for group, theirs in roles.items() if theirs & flow.sources]
        is_tasks = (flow.to, flow.why) == (NodeRole.MESOS_AGENT, "tasks")
        spans = tasks if is_tasks else [range(flow.first, flow.last + 1)]
        for source in [*sources, *([ADMIN] if flow.admin else [])]:
            for span in spans:
                for protocol in flow.protocols:
                    yield Rule(
                        protocol=protocol,
                        first=span[0],
                        last=span[-1],
                        source=source,
                        why=flow.why,
                    )


def _task_ports(requests: Sequence[NodeRequest], group: str) -> Sequence[range]:
    """Return the port ranges that a group's agents offer to tasks."""
    for request in requests:
        resources = request.settings.get("resources")
        if request.group == group and isinstance(resources, Mapping):
            texts = resources.get("ports") or (DEFAULT_TASK_PORTS,)
            return [found for text in texts if (found := parse_range(str(text)))]
    found = parse_range(DEFAULT_TASK_PORTS)
    return [found] if found else []
