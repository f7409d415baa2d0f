"""What the operator sees of a cluster: frozen views of each process, and of all together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SERVING = frozenset({"leader", "follower", "observer", "standalone"})


@dataclass(frozen=True, kw_only=True)
class Domain:
    """A fault domain: the `zone` fails as a whole, the `region` is what it shares with others."""

    region: str
    zone: str


@dataclass(frozen=True, kw_only=True)
class MasterView:
    """One master: what it says of itself, and the `leader` (a node's name) that it names.

    `error` says why it could not be read; fields that it did not tell are None.
    `ensemble_size` and `log_recovered` are those of its replicated log; `uptime` is in seconds.
    `domain` is its fault domain, None without one.
    """

    node: str
    address: str
    port: int
    reachable: bool = False
    error: str = ""
    healthy: bool = False
    version: str | None = None
    is_leader: bool = False
    leader: str | None = None
    quorum: int | None = None
    ensemble_size: int | None = None
    log_recovered: bool | None = None
    uptime: float | None = None
    domain: Domain | None = None


@dataclass(frozen=True, kw_only=True)
class AgentView:
    """One agent: what it says of itself, and whether the leader has it registered and active.

    `registered` and `active` are None while there is no leader to ask; `resources` and `used`
    are in the spec's words (cpus, mem_mb, disk_mb, ports). `domain` is its fault domain, None
    without one.
    """

    node: str
    address: str
    port: int
    reachable: bool = False
    error: str = ""
    registered: bool | None = None
    active: bool | None = None
    id: str | None = None
    version: str | None = None
    resources: Mapping[str, Any] = field(default_factory=dict)
    used: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    domain: Domain | None = None


@dataclass(frozen=True, kw_only=True)
class ZooKeeperView:
    """One ZooKeeper server; `mode` is "not serving" without a quorum, `latency` in ms (average)."""

    node: str
    address: str
    port: int
    reachable: bool = False
    error: str = ""
    mode: str | None = None
    version: str | None = None
    outstanding: int | None = None
    latency: float | None = None
    synced_followers: int | None = None


@dataclass(frozen=True, kw_only=True)
class ServiceView:
    """One process beside Mesos: `kind` is Marathon, HAProxy or Mesos-DNS.

    `leader` is the node that a Marathon names as the leading one; None where it names none, and
    for the other kinds.
    """

    node: str
    address: str
    port: int
    kind: str
    reachable: bool = False
    error: str = ""
    leader: str | None = None


@dataclass(frozen=True, kw_only=True)
class ClusterView:
    """Every process of a cluster as it answered within `seconds`."""

    cluster: str
    masters: tuple[MasterView, ...]
    agents: tuple[AgentView, ...]
    zookeepers: tuple[ZooKeeperView, ...]
    seconds: float
    services: tuple[ServiceView, ...] = ()

    @property
    def leaders(self) -> tuple[str, ...]:
        """Return the nodes whose masters say that they are elected; one, in a sound cluster."""
        return tuple(master.node for master in self.masters if master.is_leader)

    @property
    def leader(self) -> str | None:
        """Return the one leading master's node; None when there is none, or more than one."""
        return self.leaders[0] if len(self.leaders) == 1 else None

    @property
    def healthy(self) -> bool:
        """Tell whether nothing is wrong."""
        return not problems(self)

    def master(self, node: str) -> MasterView:
        """Return the master on `node`."""
        return next(view for view in self.masters if view.node == node)

    def agent(self, node: str) -> AgentView:
        """Return the agent on `node`."""
        return next(view for view in self.agents if view.node == node)

    def zookeeper(self, node: str) -> ZooKeeperView:
        """Return the ZooKeeper server on `node`."""
        return next(view for view in self.zookeepers if view.node == node)


def majority(count: int) -> int:
    """Return how many of `count` members are a quorum: more than half."""
    return count // 2 + 1


def problems(view: ClusterView) -> tuple[str, ...]:
    """Say everything that is wrong with the cluster, each as one sentence that names the node."""
    found = leadership_problems(view)
    for master in view.masters:
        found += master_problems(master, view)
    for agent in view.agents:
        found += agent_problems(agent, view)
    for server in view.zookeepers:
        found += zookeeper_problems(server)
    return (*found, *ensemble_problems(view), *service_problems(view))


def leadership_problems(view: ClusterView) -> list[str]:
    """Say whether the masters have other than one leader, or run different versions."""
    found = []
    if view.masters and not view.leaders:
        found.append("no master is the leader")
    if len(view.leaders) > 1:
        found.append(f"{len(view.leaders)} masters say that they lead: {', '.join(view.leaders)}")
    versions = {master.version for master in view.masters if master.version}
    if len(versions) > 1:
        found.append(f"the masters run different versions: {', '.join(sorted(versions))}")
    return found


def master_problems(master: MasterView, view: ClusterView) -> list[str]:
    """Say what is wrong with one master, as a member of the cluster."""
    if not master.reachable:
        return [f"{master.node}: the Mesos master does not answer: {master.error}"]
    found, count = [], len(view.masters)
    if master.error:
        found.append(f"{master.node}: {master.error}")
    if master.leader is None:
        found.append(f"{master.node} knows no leader")
    elif master.leader not in view.leaders:
        found.append(f"{master.node} names {master.leader} as the leader, which is not elected")
    if master.quorum is not None and master.quorum != majority(count):
        needed = majority(count)
        found.append(f"{master.node} has quorum {master.quorum}, but {count} masters need {needed}")
    if master.ensemble_size is not None and master.ensemble_size != count:
        found.append(
            f"{master.node} counts {master.ensemble_size} replicas of the log, not {count}"
        )
    if master.log_recovered is False:
        found.append(f"{master.node} has not recovered its replicated log")
    return found


def agent_problems(agent: AgentView, view: ClusterView) -> list[str]:
    """Say what is wrong with one agent, by itself and in the leader's eyes."""
    found = []
    if not agent.reachable:
        found.append(f"{agent.node}: the Mesos agent does not answer: {agent.error}")
    elif agent.error:
        found.append(f"{agent.node}: {agent.error}")
    if agent.registered is False:
        found.append(f"{agent.node} is not registered with the leader {view.leader}")
    elif agent.registered and not agent.active:
        found.append(f"{agent.node} is registered with {view.leader}, but not active")
    return found


def zookeeper_problems(server: ZooKeeperView) -> list[str]:
    """Say what is wrong with one ZooKeeper server."""
    if not server.reachable:
        return [f"{server.node}: ZooKeeper does not answer: {server.error}"]
    if server.mode not in SERVING:
        return [f"{server.node}: ZooKeeper is {server.mode}: {server.error}"]
    return []


def ensemble_problems(view: ClusterView) -> list[str]:
    """Say whether the ZooKeeper servers are other than one ensemble with one leader."""
    modes = [server.mode for server in view.zookeepers]
    if not modes or modes == ["standalone"]:
        return []
    found = []
    alone = [server.node for server in view.zookeepers if server.mode == "standalone"]
    if alone:
        found.append(f"ZooKeeper runs alone, outside of the ensemble, on {', '.join(alone)}")
    leaders = [server for server in view.zookeepers if server.mode == "leader"]
    if len(leaders) != 1:
        names = ", ".join(server.node for server in leaders) or "none"
        found.append(f"the ZooKeeper ensemble needs one leader, it has {len(leaders)} ({names})")
    elif leaders[0].synced_followers not in {None, len(modes) - 1}:
        found.append(
            f"{leaders[0].synced_followers} of {len(modes) - 1} ZooKeeper followers are in sync"
            f" with {leaders[0].node}"
        )
    return found


def service_problems(view: ClusterView) -> list[str]:
    """Say which processes beside Mesos are silent, and whether Marathon has other than one leader.

    A Marathon that names no leader says why in `error`.
    """
    found = [
        f"{one.node}: {one.kind} does not answer: {one.error}"
        if not one.reachable
        else f"{one.node}: {one.kind}: {one.error}"
        for one in view.services
        if one.error
    ]
    leaders = sorted({one.leader for one in view.services if one.leader})
    if len(leaders) > 1:
        found.append(f"Marathons disagree about who leads: {', '.join(leaders)}")
    return found
