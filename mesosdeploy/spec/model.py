"""cluster.yml as frozen models: what a cluster is, field by field, and what follows from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import ConfigDict, Field, PrivateAttr, model_validator

from mesosdeploy.nodes import NodeRequest, NodeRole
from mesosdeploy.spec.fields import AttributeText, Label, Model, PortRange
from mesosdeploy.spec.software import Features, Versions

GroupKind = Literal["masters", "zookeepers", "schedulers", "agents", "balancers", "monitors"]
KINDS: tuple[GroupKind, ...] = get_args(GroupKind)
"""Every kind of group, in the order in which nodes are listed."""

WATCHERS = frozenset({NodeRole.PROMETHEUS, NodeRole.ALERTMANAGER, NodeRole.BLACKBOX})
"""What a monitoring node runs to watch the cluster."""

MEASURED = frozenset({NodeRole.ZOOKEEPER, NodeRole.MESOS_MASTER, NodeRole.MESOS_AGENT})
"""What mesos-exporter asks for its figures."""

NAME_SERVERS = 2
"""How many masters carry Mesos-DNS: one may fail, and resolv.conf(5) has room for three servers."""


class Resources(Model):
    """What an agent offers to frameworks.

    What is not given is computed once by the role mesos_agent and kept: all CPUs, memory less
    1024 MB and disk less 5120 MB (`mesos_agent_reserved_*`; at least half of each), and the ports
    31000-32000.
    """

    cpus: float | None = Field(default=None, gt=0, description="CPUs, as a number.", examples=[2])
    mem_mb: int | None = Field(default=None, ge=32, description="Memory in MB.", examples=[2048])
    disk_mb: int | None = Field(default=None, ge=1, description="Disk in MB.", examples=[4096])
    ports: Annotated[tuple[PortRange, ...], Field(strict=False)] = Field(
        default=(),
        description='Ports for tasks, as ranges "first-last"; unset: 31000-32000.',
        examples=[["31000-32000"]],
    )

    def given(self) -> dict[str, object]:
        """Return the keys that were given; the role mesos_agent computes the others."""
        return {
            key: value
            for key, value in self.model_dump(mode="json").items()
            if value is not None and value != []
        }


class Group(Model):
    """Machines that are alike: how many, what they carry, and how large they are."""

    count: int = Field(ge=1, le=1000, description="How many machines.", examples=[3])
    kind: GroupKind | None = Field(
        default=None,
        description="What they carry; only for a group that is not named after its kind.",
        examples=["agents"],
    )
    attributes: dict[AttributeText, AttributeText] = Field(
        default_factory=dict,
        description="Mesos attributes of the agents, for placement constraints.",
        examples=[{"rack": "r1"}],
    )
    resources: Resources = Field(
        default_factory=Resources,
        description="What the agents offer to frameworks.",
        examples=[{"cpus": 2, "mem_mb": 2048}],
    )
    labels: dict[str, str] = Field(
        default_factory=dict,
        description="Labels of the machines at the provider (tags in a cloud).",
        examples=[{"team": "search"}],
    )
    cpus: float | None = Field(
        default=None, gt=0, description="CPUs of each machine; unset: the provider's.", examples=[2]
    )
    memory_mb: int | None = Field(
        default=None,
        ge=128,
        description="Memory of each machine in MB; unset: the provider's.",
        examples=[2048],
    )
    options: dict[str, Any] = Field(
        default_factory=dict,
        description="Options of the machines that only the provider understands.",
        examples=[{"instance_type": "m6i.large"}],
    )


class ProviderSpec(Model):
    """Where the machines come from: a type, and the options of that type."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="The provider's name.", examples=["local"])

    def options(self) -> dict[str, Any]:
        """Return every key but `type`; for a built-in type checked and with its defaults."""
        return dict(self.model_extra or {})


class Spec(Model):
    """A cluster: its name, where its machines come from, their groups, versions and features."""

    name: Label = Field(
        description="The cluster's name: part of host names, tags and paths.", examples=["local"]
    )
    provider: ProviderSpec = Field(
        description="Where the machines come from.", examples=[{"type": "local"}]
    )
    groups: dict[Label, Group] = Field(
        description="The machines by group; masters, zookeepers, schedulers, agents, balancers and"
        " monitors carry what their name says, any other name needs `kind`.",
        examples=[{"masters": {"count": 3}, "agents": {"count": 2}}],
    )
    versions: Versions = Field(
        default_factory=Versions,
        description="Which software is installed.",
        examples=[{"mesos": {"flavour": "lab"}}],
    )
    features: Features = Field(
        default_factory=Features,
        description="What runs beside Mesos, and what is asked of Mesos beyond the basics.",
        examples=[{"jni": False}],
    )

    _directory: Path = PrivateAttr(default=Path())

    @model_validator(mode="before")
    @classmethod
    def _kinds_from_names(cls, data: Any) -> Any:
        """Fill in the kind of each group that is named after one."""
        groups = data.get("groups") if isinstance(data, dict) else None
        if not isinstance(groups, dict):
            return data
        filled = {
            name: {"kind": name, **group}
            if isinstance(group, dict) and name in KINDS and group.get("kind") is None
            else group
            for name, group in groups.items()
        }
        return {**data, "groups": filled}

    @property
    def directory(self) -> Path:
        """Return the inventory directory that the spec was read from."""
        return self._directory

    def in_directory(self, directory: Path) -> Self:
        """Return the same spec, read from `directory`."""
        copy = self.model_copy()
        copy._directory = directory
        return copy

    def with_provider(self, name: str) -> Self:
        """Return the same cluster on another provider, with that provider's default options."""
        return self.model_copy(update={"provider": ProviderSpec(type=name)})

    def groups_of(self, kind: GroupKind) -> Mapping[str, Group]:
        """Return the groups of a kind by name, in the order of the file."""
        return {name: group for name, group in self.groups.items() if group.kind == kind}

    def roles_of(self, kind: GroupKind) -> frozenset[NodeRole]:
        """Return what a machine of this kind carries in this cluster."""
        marathon = {NodeRole.MARATHON} if self.features.marathon else set()
        balancer = {NodeRole.HAPROXY, NodeRole.BALANCER} if self.features.balances else set()
        resolver = {NodeRole.RESOLVER} if self.features.service_discovery else set()
        monitors = set(WATCHERS) if self.features.monitoring else set()
        monitors |= {NodeRole.GRAFANA} if self.features.grafana else set()
        roles: dict[GroupKind, set[NodeRole]] = {
            "masters": {NodeRole.MESOS_MASTER},
            "zookeepers": {NodeRole.ZOOKEEPER},
            "schedulers": marathon,
            "agents": {NodeRole.MESOS_AGENT},
            "balancers": balancer,
            "monitors": monitors,
        }
        if not self.groups_of("zookeepers"):
            roles["masters"].add(NodeRole.ZOOKEEPER)
        if not self.groups_of("schedulers"):
            roles["masters"] |= marathon
        if not self.groups_of("balancers"):
            roles["monitors"] |= balancer
        carried = roles[kind] | resolver
        if self.features.monitoring:
            measured = bool(carried & MEASURED)
            carried |= {NodeRole.NODE_EXPORTER} | ({NodeRole.MESOS_EXPORTER} if measured else set())
        return frozenset(carried)

    def node_names(self, group: str) -> tuple[str, ...]:
        """Return the names of a group's nodes: master-1, agent-2, or a static host's own."""
        return tuple(
            self._given_name(group, index) or node_name(group, index)
            for index in range(1, self.groups[group].count + 1)
        )

    def _given_name(self, group: str, index: int) -> str | None:
        if self.provider.type != "static":
            return None
        hosts = self.provider.options().get("hosts", {}).get(group, ())
        return hosts[index - 1].get("name") if index <= len(hosts) else None

    def requests(self) -> tuple[NodeRequest, ...]:
        """Return every machine that must exist, in the order of KINDS.

        Inside a kind the order is that of the file, inside a group that of the numbers.
        """
        servers = self._name_servers()
        return tuple(
            NodeRequest(
                cluster=self.name,
                name=node,
                group=name,
                index=index,
                roles=self.roles_of(kind) | ({NodeRole.MESOS_DNS} if node in servers else set()),
                labels=dict(group.labels),
                cpus=group.cpus,
                memory_mb=group.memory_mb,
                options=dict(group.options),
                settings=_settings(group) if kind == "agents" else {},
            )
            for kind in KINDS
            for name, group in self.groups_of(kind).items()
            for index, node in enumerate(self.node_names(name), start=1)
        )

    def _name_servers(self) -> tuple[str, ...]:
        """Return the nodes that carry Mesos-DNS: the first two masters (a resolver asks few)."""
        if not self.features.service_discovery:
            return ()
        masters = (node for name in self.groups_of("masters") for node in self.node_names(name))
        return tuple(islice(masters, NAME_SERVERS))

    def requests_with(self, role: NodeRole) -> tuple[NodeRequest, ...]:
        """Return the machines that carry `role`, in the order of `requests`."""
        return tuple(request for request in self.requests() if role in request.roles)

    @property
    def masters(self) -> tuple[NodeRequest, ...]:
        """Return the machines that carry a Mesos master."""
        return self.requests_with(NodeRole.MESOS_MASTER)

    @property
    def zookeepers(self) -> tuple[NodeRequest, ...]:
        """Return the machines that carry ZooKeeper; their ids count from 1 in this order."""
        return self.requests_with(NodeRole.ZOOKEEPER)

    @property
    def agents(self) -> tuple[NodeRequest, ...]:
        """Return the machines that carry a Mesos agent."""
        return self.requests_with(NodeRole.MESOS_AGENT)

    @property
    def quorum(self) -> int:
        """Return how many masters must agree: the majority, n // 2 + 1."""
        return majority(len(self.masters))

    def fingerprint(self) -> str:
        """Return the SHA-256 (hex) of what the spec says, whatever its layout and comments."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()


def _settings(group: Group) -> dict[str, object]:
    """Return what the playbook makes of a group's agents, as plain data."""
    return group.model_dump(mode="json", include={"attributes", "resources"})


def node_name(group: str, index: int) -> str:
    """Return the name of a group's node: `master-1` for `masters`, `gpu-1` for `gpu`."""
    return f"{group[:-1] if group in KINDS else group}-{index}"


def majority(count: int) -> int:
    """Return the smallest number that is more than half of `count`."""
    return count // 2 + 1
