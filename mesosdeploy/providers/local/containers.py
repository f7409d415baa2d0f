"""What a node is to the engine: its command line, its labels, and how an answer is read. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Any

from mesosdeploy.nodes import Node, NodeRequest, NodeRole, NodeStatus

LABEL = "org.mesosdeploy"
LABEL_VERSION = "1"
HOST_KEY_FILE = "/etc/ssh/ssh_host_ed25519_key"
AGENT_VOLUME_PATH = "/var/lib/mesos"

_STATUS = {
    "running": NodeStatus.RUNNING,
    "restarting": NodeStatus.PENDING,
    "initialized": NodeStatus.STOPPED,
    "created": NodeStatus.STOPPED,
    "configured": NodeStatus.STOPPED,
    "exited": NodeStatus.STOPPED,
    "stopped": NodeStatus.STOPPED,
    "stopping": NodeStatus.STOPPED,
    "paused": NodeStatus.STOPPED,
}
NEVER_STARTED = frozenset({"created", "configured", "initialized"})


@dataclass(frozen=True, kw_only=True)
class Platform:
    """How containers have to be run on this machine: everything here was detected.

    `runtime` is the OCI runtime to name (empty: the engine's default); `ulimits` maps a limit's
    name to its value; `is_podman` says whose command line is written.
    """

    is_podman: bool
    runtime: str = ""
    ulimits: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ContainerSpec:
    """One node as a container; `host_key` is the public half of the key it is created with.

    `zone` is a name and no more: all nodes are on one machine.
    """

    request: NodeRequest
    address: str
    network: str
    image: str
    host_key: str
    zone: str = ""

    @property
    def container(self) -> str:
        """The container's name, unique on the machine."""
        return container_name(self.request.cluster, self.request.name)

    @property
    def mac_address(self) -> str:
        """The hardware address, fixed like the address that it is made of.

        With a new one after each start, neighbours keep sending to the old one for seconds.
        """
        return ":".join(f"{part:02x}" for part in b"\x0a\x58" + IPv4Address(self.address).packed)

    @property
    def volume(self) -> str:
        """The volume's name, empty for a node that needs none."""
        return self.container if NodeRole.MESOS_AGENT in self.request.roles else ""


def container_name(cluster: str, node: str) -> str:
    """Return the name of a node's container (and of its volume)."""
    return f"mesosdeploy-{cluster}-{node}"


def network_name(cluster: str) -> str:
    """Return the name of a cluster's network."""
    return f"mesosdeploy-{cluster}"


def cluster_label(cluster: str) -> str:
    """Return the label that everything of one cluster carries."""
    return f"{LABEL}.cluster={cluster}"


def labels(spec: ContainerSpec) -> dict[str, str]:
    """Return the labels of a node: enough to rebuild the state of its cluster from."""
    request = spec.request
    result = {
        f"{LABEL}.cluster": request.cluster,
        f"{LABEL}.node": request.name,
        f"{LABEL}.group": request.group,
        f"{LABEL}.index": str(request.index),
        f"{LABEL}.address": spec.address,
        f"{LABEL}.host-key": spec.host_key,
        f"{LABEL}.spec-version": LABEL_VERSION,
        **({f"{LABEL}.zone": spec.zone} if spec.zone else {}),
    }
    result |= {f"{LABEL}.role.{role.value}": "true" for role in sorted(request.roles)}
    return result | {f"{LABEL}.label.{key}": value for key, value in request.labels.items()}


def create_argv(spec: ContainerSpec, platform: Platform) -> list[str]:
    """Return the engine's words that make (and do not start) the container of a node.

    Every node has a cgroup namespace of its own, so that /sys/fs/cgroup/<controller>/mesos of two
    agents on one kernel are two cgroups (seen with runc on a hybrid hierarchy). With podman,
    /etc/hosts stays a file of the image, which survives a restart and can be renamed over.
    """
    words = ["--runtime", platform.runtime] if platform.runtime and platform.is_podman else []
    words += ["create", "--name", spec.container, "--hostname", spec.request.name]
    words += ["--privileged", "--cgroupns", "private", "--stop-timeout", "20"]
    words += ["--network", spec.network, "--ip", spec.address, "--mac-address", spec.mac_address]
    # systemd gives each unit 15 % of the container's limit of processes: 307 with podman's 2048.
    words += ["--pids-limit", "-1"]
    if platform.is_podman:
        words += ["--systemd", "always", "--no-hosts"]
    else:
        words += ["--stop-signal", "SIGRTMIN+3", "--env", "container=docker"]
        words += ["--tmpfs", "/run", "--tmpfs", "/run/lock", "--tmpfs", "/tmp:exec"]  # noqa: S108
        if platform.runtime:
            words += ["--runtime", platform.runtime]
    for name, limit in platform.ulimits.items():
        words += ["--ulimit", f"{name}={limit}:{limit}"]
    if spec.request.cpus is not None:
        words += ["--cpus", f"{spec.request.cpus:g}"]
    if spec.request.memory_mb is not None:
        words += ["--memory", f"{spec.request.memory_mb}m"]
    if spec.volume:
        words += ["--volume", f"{spec.volume}:{AGENT_VOLUME_PATH}"]
    for key, value in labels(spec).items():
        words += ["--label", f"{key}={value}"]
    return [*words, spec.image, "/sbin/init"]


def network_argv(cluster: str, subnet: str, gateway: str, *, is_podman: bool) -> list[str]:
    """Return the engine's words that make the network of a cluster.

    Names are resolved by /etc/hosts of the nodes; podman's DNS plugin would need port 53.
    """
    words = ["network", "create", "--subnet", subnet, "--gateway", gateway]
    words += ["--label", cluster_label(cluster)]
    if is_podman:
        words.append("--disable-dns")
    return [*words, network_name(cluster)]


def volume_argv(spec: ContainerSpec) -> list[str]:
    """Return the engine's words that make the volume of an agent."""
    request = spec.request
    marks = ["--label", cluster_label(request.cluster), "--label", f"{LABEL}.node={request.name}"]
    return ["volume", "create", *marks, spec.volume]


def parse_node(inspected: Mapping[str, Any]) -> Node:
    """Return the node that one element of `inspect`'s answer (podman or docker) describes."""
    marks: Mapping[str, str] = inspected["Config"].get("Labels") or {}
    state = str(inspected["State"].get("Status", "")).lower()
    address = marks.get(f"{LABEL}.address", "")
    status = _STATUS.get(state, NodeStatus.FAILED)
    index = marks.get(f"{LABEL}.index", "")
    prefix = f"{LABEL}.label."
    return Node(
        cluster=marks.get(f"{LABEL}.cluster", ""),
        name=marks.get(f"{LABEL}.node", ""),
        group=marks.get(f"{LABEL}.group", ""),
        index=int(index) if index.isdigit() else 0,
        status=status,
        provider_id=str(inspected["Id"])[:12],
        address=address,
        ssh_host=address,
        host_key=marks.get(f"{LABEL}.host-key") or None,
        labels={k.removeprefix(prefix): v for k, v in marks.items() if k.startswith(prefix)},
        detail="" if status is NodeStatus.RUNNING else f"container is {state or 'unknown'}",
        zone=marks.get(f"{LABEL}.zone", ""),
    )


def parse_subnets(inspected: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the subnets in the answer of `network inspect`, in podman's or docker's form."""
    found = []
    for network in inspected:
        entries = network.get("subnets") or (network.get("IPAM") or {}).get("Config") or []
        found += [entry.get("subnet") or entry.get("Subnet") or "" for entry in entries]
        for plugin in network.get("plugins") or []:  # CNI, podman's older back end
            ranges = (plugin.get("ipam") or {}).get("ranges") or []
            found += [entry["subnet"] for group in ranges for entry in group]
    return [subnet for subnet in found if subnet]
