"""The vocabulary that every part shares: what a node is, and what is asked of a provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class NodeRole(StrEnum):
    """A service that a node carries; the value is the name of its Ansible role and group."""

    ZOOKEEPER = "zookeeper"
    MESOS_MASTER = "mesos_master"
    MESOS_AGENT = "mesos_agent"
    MARATHON = "marathon"
    MESOS_DNS = "mesos_dns"
    HAPROXY = "haproxy"
    BALANCER = "balancer"
    RESOLVER = "resolver"
    PROMETHEUS = "prometheus"
    ALERTMANAGER = "alertmanager"
    BLACKBOX = "blackbox"
    GRAFANA = "grafana"
    MESOS_EXPORTER = "mesos_exporter"
    NODE_EXPORTER = "node_exporter"


UNITS: Mapping[str, str] = {
    NodeRole.ZOOKEEPER.value: "zookeeper",
    NodeRole.MESOS_MASTER.value: "mesos-master",
    NodeRole.MESOS_AGENT.value: "mesos-agent",
    NodeRole.MARATHON.value: "marathon",
    NodeRole.MESOS_DNS.value: "mesos-dns",
    NodeRole.HAPROXY.value: "haproxy",
    NodeRole.BALANCER.value: "mesosdeploy-balancer",
    NodeRole.PROMETHEUS.value: "prometheus",
    NodeRole.ALERTMANAGER.value: "prometheus-alertmanager",
    NodeRole.BLACKBOX.value: "prometheus-blackbox-exporter",
    NodeRole.GRAFANA.value: "grafana-server",
    NodeRole.MESOS_EXPORTER.value: "mesos-exporter@*",
    NodeRole.NODE_EXPORTER.value: "prometheus-node-exporter",
}
"""The systemd unit that runs a role's process, by the role's name.

One with an asterisk is a pattern, as systemctl and journalctl take it: a process for each thing
that is measured.
"""

ATTENDANT: frozenset[NodeRole] = frozenset(
    {NodeRole.RESOLVER, NodeRole.MESOS_EXPORTER, NodeRole.NODE_EXPORTER}
)
"""What comes with the other roles of a node: no reason to have it, and nothing to tell it by."""


class NodeStatus(StrEnum):
    """What a provider says of a machine, in the words that the plan is made with."""

    PENDING = "pending"
    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class NodeRequest:
    """One machine that must exist: everything a provider needs to make it.

    `name` is unique in the cluster and a DNS label ("master-1"); `cpus` and `memory_mb` are
    limits for providers that can set them (None: the provider's default); `options` holds the
    group's provider-specific keys, checked by that provider. `settings` are what the playbook makes
    of the machine later (an agent's attributes and resources), of no concern to a provider.
    """

    cluster: str
    name: str
    group: str
    index: int
    roles: frozenset[NodeRole]
    labels: Mapping[str, str] = field(default_factory=dict)
    cpus: float | None = None
    memory_mb: int | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Jump:
    """A machine through which SSH reaches others; its host key is pinned like theirs.

    `private_key` is the path of the key that opens it, "" for that of the node behind.
    """

    host: str
    user: str
    port: int = 22
    host_key: str | None = None
    private_key: str = ""


@dataclass(frozen=True, kw_only=True)
class Node:
    """A machine as its provider reports it.

    `address` is the one the nodes use among themselves (empty until known); `ssh_host`,
    `ssh_port` and `ssh_user` are how the controller reaches it. `provider_id` is the provider's
    own identifier; `host_key` is the pinned public host key ("ssh-ed25519 AAAA…") where the
    provider knows it from creation, else None. `jump` is the machine through which SSH goes;
    `private_key` the path of the key that opens this node, "" for the cluster's.
    `zone` is what may fail as a whole without the others, `region` what the zones are near to
    each other in; both are empty where nobody knows them.
    """

    cluster: str
    name: str
    group: str
    index: int
    status: NodeStatus
    provider_id: str
    address: str = ""
    ssh_host: str = ""
    ssh_port: int = 22
    ssh_user: str = "root"
    host_key: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    detail: str = ""
    jump: Jump | None = None
    private_key: str = ""
    zone: str = ""
    region: str = ""
