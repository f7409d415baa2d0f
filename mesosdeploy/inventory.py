"""The spec and its nodes as an Ansible inventory, an SSH configuration and known hosts; pure."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mesosdeploy import scraping
from mesosdeploy.errors import DeployError
from mesosdeploy.nodes import Jump, Node, NodeRequest, NodeRole
from mesosdeploy.spec.model import Spec

CLIENT_PORT = 2181
ZOOKEEPER_PATH = "/mesos"
MARATHON_PATH = "/marathon"

_PACKAGES = {
    "marathon": "marathon",
    "balancer": "mesosdeploy-balancer",
    "dns": "mesos-dns",
    "exporter": "mesosdeploy-mesos-exporter",
    "grafana": "grafana",
}
"""The part of a variable's name, and the artifact that it tells of."""

MAX_CONTROL_PATH = 90
"""A socket's path has 107 bytes (unix(7)), and ssh appends 17 while it makes one."""


@dataclass(frozen=True, kw_only=True)
class Package:
    """What a role installs: a file on the controller or an image, and the version it then has."""

    file: str = ""
    version: str = ""
    image: str = ""


@dataclass(frozen=True, kw_only=True)
class InventoryContext:
    """What the inventory needs beside the spec and its nodes.

    `mesos_package_file` is the package on the controller, `mesos_package_version` its full
    version ("1.11.0+lab1"); both are empty where nothing will be installed. `packages` are the
    others that are installed, by the artifact's name. `control_directory`
    (mode 0700) takes the sockets of shared SSH connections; None: the state directory's `ssh/`.
    """

    state_directory: Path
    private_key: Path
    mesos_package_file: str
    mesos_package_version: str
    packages: Mapping[str, Package] = field(default_factory=dict)
    control_directory: Path | None = None

    @property
    def known_hosts(self) -> Path:
        """Return the file of pinned host keys."""
        return self.state_directory / "known_hosts"

    def key_of(self, node: Node) -> Path:
        """Return the key that opens a node."""
        return Path(node.private_key) if node.private_key else self.private_key


@dataclass(frozen=True, kw_only=True)
class _Member:
    """A request and the machine that fulfils it."""

    request: NodeRequest
    node: Node

    @property
    def name(self) -> str:
        return self.request.name

    @property
    def address(self) -> str:
        return self.node.address or self.node.ssh_host

    @property
    def place(self) -> scraping.Place:
        return scraping.Place(name=self.name, address=self.address, roles=self.request.roles)


def build(spec: Spec, nodes: Iterable[Node], *, context: InventoryContext) -> dict[str, object]:
    """Return the inventory in the JSON shape of `ansible-inventory --list`.

    Nodes that the spec does not ask for are left out. Raises DeployError when a node of the spec
    has no machine or no address: an inventory with a hole would pass as a smaller cluster.
    """
    members = _members(spec, nodes)
    ids = {request.name: number for number, request in enumerate(spec.zookeepers, start=1)}
    groups: dict[str, list[str]] = {ansible_group(name): [] for name in spec.groups}
    groups |= {str(role): [] for role in NodeRole}
    for member in members:
        for group in (ansible_group(member.request.group), *sorted(member.request.roles)):
            groups[str(group)].append(member.name)
    return {
        "_meta": {
            "hostvars": {
                member.name: _host_vars(spec, member, ids.get(member.name), context)
                for member in members
            }
        },
        "all": {"children": [*groups, "mesos"], "vars": _cluster_vars(spec, members, ids, context)},
        **{group: {"hosts": hosts} for group, hosts in groups.items()},
        "mesos": {"children": [str(NodeRole.MESOS_MASTER), str(NodeRole.MESOS_AGENT)]},
    }


def ansible_group(name: str) -> str:
    """Return the Ansible group of a spec's group: Ansible wants `_` where host names want `-`."""
    return name.replace("-", "_")


def known_hosts(nodes: Iterable[Node]) -> str:
    """Return the text of a known_hosts file: one line for each node whose host key is pinned."""
    places = [
        place
        for node in nodes
        for place in (
            (node.ssh_host or node.address, node.ssh_port, node.host_key),
            *([(node.jump.host, node.jump.port, node.jump.host_key)] if node.jump else []),
        )
    ]
    lines = {f"{_known_name(host, port)} {key}" for host, port, key in places if key and host}
    return "".join(f"{line}\n" for line in sorted(lines))


def ssh_config(spec: Spec, nodes: Iterable[Node], context: InventoryContext) -> str:
    """Return an OpenSSH configuration (ssh_config(5)) that knows every node by its name."""
    return "\n".join(_ssh_block(spec, member, context) for member in _members(spec, nodes))


def _members(spec: Spec, nodes: Iterable[Node]) -> tuple[_Member, ...]:
    by_name: Mapping[str, Node] = {node.name: node for node in nodes}
    requests = spec.requests()
    missing = [
        request.name
        for request in requests
        if request.name not in by_name
        or not (by_name[request.name].address or by_name[request.name].ssh_host)
    ]
    if missing:
        raise DeployError(
            f"cluster {spec.name}: no machine with an address for {', '.join(missing)}",
            hint="run `mesosdeploy up`, which creates what is missing",
        )
    return tuple(_Member(request=each, node=by_name[each.name]) for each in requests)


def _cluster_vars(
    spec: Spec, members: tuple[_Member, ...], ids: Mapping[str, int], context: InventoryContext
) -> dict[str, object]:
    zookeepers = [member for member in members if member.name in ids]
    servers = ",".join(f"{member.address}:{CLIENT_PORT}" for member in zookeepers)
    return {
        "mesosdeploy_cluster": spec.name,
        "mesosdeploy_region": _region(spec, members),
        "mesosdeploy_hosts": [
            {"name": member.name, "address": member.address} for member in members
        ],
        "mesosdeploy_zookeeper_servers": [
            {"id": ids[member.name], "name": member.name, "address": member.address}
            for member in zookeepers
        ],
        "mesosdeploy_zookeeper_url": f"zk://{servers}{ZOOKEEPER_PATH}",
        "mesosdeploy_mesos_quorum": spec.quorum,
        "mesosdeploy_master_count": len(spec.masters),
        "mesosdeploy_mesos_package_file": context.mesos_package_file,
        "mesosdeploy_mesos_version": spec.versions.mesos.version,
        "mesosdeploy_mesos_flavour": spec.versions.mesos.flavour,
        "mesosdeploy_mesos_package_version": context.mesos_package_version,
        **_service_vars(spec, members, servers, context),
    }


def _region(spec: Spec, members: tuple[_Member, ...]) -> str:
    """Return the region of the nodes' fault domains, "" where Mesos is told of no zones.

    A master without a domain ignores every agent that has one ("Agent at … is configured with
    domain …"), so it is all masters or none; and all must be of one region, or they exit.
    """
    masters = [member for member in members if NodeRole.MESOS_MASTER in member.request.roles]
    without = [member.name for member in masters if not member.node.zone]
    if not masters or len(without) == len(masters):
        return ""
    if without:
        raise DeployError(
            f"cluster {spec.name}: {', '.join(without)} without a zone, beside masters that have"
            " one, would let no agent in",
            hint="name the zones in the provider's options as they were, then remove and make anew"
            " the machines without one",
        )
    return masters[0].node.region or spec.name


def _service_vars(
    spec: Spec, members: tuple[_Member, ...], zookeepers: str, context: InventoryContext
) -> dict[str, object]:
    """Return the variables of Marathon, Mesos-DNS, the load balancer and the monitoring."""

    def carriers(role: NodeRole) -> list[dict[str, str]]:
        return [
            {"name": member.name, "address": member.address}
            for member in members
            if role in member.request.roles
        ]

    packages = {
        f"mesosdeploy_{variable}_package_{part}": getattr(
            context.packages.get(name, Package()), part
        )
        for variable, name in _PACKAGES.items()
        for part in ("file", "version")
    }
    return {
        **packages,
        "mesosdeploy_master_servers": carriers(NodeRole.MESOS_MASTER),
        "mesosdeploy_marathon_servers": carriers(NodeRole.MARATHON),
        "mesosdeploy_marathon_flavour": spec.versions.marathon.flavour,
        "mesosdeploy_marathon_version": spec.versions.marathon.version,
        "mesosdeploy_marathon_image": context.packages.get("marathon", Package()).image,
        "mesosdeploy_marathon_zookeeper_url": f"zk://{zookeepers}{MARATHON_PATH}",
        "mesosdeploy_balancers": carriers(NodeRole.HAPROXY),
        "mesosdeploy_dns_servers": [one["address"] for one in carriers(NodeRole.MESOS_DNS)],
        "mesosdeploy_dns_flavour": spec.versions.mesos_dns.flavour,
        "mesosdeploy_prometheus_jobs": scraping.jobs(spec, [member.place for member in members]),
        "mesosdeploy_alertmanagers": scraping.alertmanagers(member.place for member in members),
    }


def _host_vars(
    spec: Spec, member: _Member, zookeeper_id: int | None, context: InventoryContext
) -> dict[str, object]:
    node = member.node
    variables: dict[str, object] = {
        **({"mesosdeploy_zone": node.zone} if node.zone else {}),
        "ansible_host": node.ssh_host or node.address,
        "ansible_port": node.ssh_port,
        "ansible_user": node.ssh_user,
        "ansible_ssh_private_key_file": str(context.key_of(node)),
        "ansible_ssh_common_args": _common_args(node, context),
        "ansible_python_interpreter": "/usr/bin/python3",
        "mesosdeploy_node": member.name,
        "mesosdeploy_group": member.request.group,
        "mesosdeploy_address": member.address,
    }
    if node.jump is not None or (node.ssh_host or node.address) != member.address:
        variables["mesosdeploy_behind_ssh"] = True
    if zookeeper_id is not None:
        variables["mesosdeploy_zookeeper_id"] = zookeeper_id
    if NodeRole.MESOS_EXPORTER in member.request.roles:
        variables["mesosdeploy_exporter_instances"] = scraping.exporters(member.place)
    if NodeRole.MESOS_AGENT in member.request.roles:
        group = spec.groups[member.request.group]
        variables["mesosdeploy_agent_attributes"] = dict(group.attributes)
        variables["mesosdeploy_agent_resources"] = group.resources.given()
    return variables


def jump_command(jump: Jump, target: str, *, private_key: Path, known: Path) -> list[str]:
    """Return the arguments of an ssh that connects its own input and output to "host:port".

    `private_key` opens the node, and the jump unless that has another. OpenSSH's own ProxyJump
    would take neither the cluster's key nor its pinned host keys along.
    """
    options = (
        f"UserKnownHostsFile={_ssh_path(known)}",
        "GlobalKnownHostsFile=/dev/null",
        "StrictHostKeyChecking=yes",
        "IdentitiesOnly=yes",
        "BatchMode=yes",
        "ConnectTimeout=10",
    )
    key = jump.private_key or str(private_key)
    words = ["ssh", "-F", "none", "-i", key, "-p", str(jump.port), "-l", jump.user]
    words += [word for option in options for word in ("-o", option)]
    return [*words, "-W", target, jump.host]


def _proxy(node: Node, context: InventoryContext) -> str:
    """Return the text of the option ProxyCommand, which a shell reads, "" without a jump."""
    if node.jump is None:
        return ""
    words = jump_command(
        node.jump, "%h:%p", private_key=context.key_of(node), known=context.known_hosts
    )
    # `%` of a path is doubled for this ssh, and again for the one that it starts.
    return shlex.join(word if word == "%h:%p" else word.replace("%", "%%") for word in words)


def _common_args(node: Node, context: InventoryContext) -> str:
    proxy = _proxy(node, context)
    options = (
        f"UserKnownHostsFile={_ssh_path(context.known_hosts)}",
        "GlobalKnownHostsFile=/dev/null",
        "StrictHostKeyChecking=yes",
        *([f"ProxyCommand={proxy}"] if proxy else []),
    )
    return " ".join(f"-o {shlex.quote(option)}" for option in options)


def _ssh_block(spec: Spec, member: _Member, context: InventoryContext) -> str:
    node = member.node
    control = _control_path(context, member.name)
    sharing = (
        [f"ControlPath {_ssh_path(control)}", "ControlMaster auto", "ControlPersist 60s"]
        if control
        else ["ControlMaster no"]
    )
    lines = [
        f"HostName {node.ssh_host or node.address}",
        f"Port {node.ssh_port}",
        f"User {node.ssh_user}",
        f"IdentityFile {_ssh_path(context.key_of(node))}",
        "IdentitiesOnly yes",
        f"UserKnownHostsFile {_ssh_path(context.known_hosts)}",
        "GlobalKnownHostsFile /dev/null",
        "StrictHostKeyChecking yes",
        *([f"ProxyCommand {proxy}"] if (proxy := _proxy(node, context)) else []),
        *sharing,
        "BatchMode yes",
        "ConnectTimeout 10",
        # A node that loses power ends a long connection, such as `logs --follow`.
        "ServerAliveInterval 15",
        "ServerAliveCountMax 3",
    ]
    body = "".join(f"    {line}\n" for line in lines)
    return f"Host {member.name} {member.name}.{spec.name}\n{body}"


def _control_path(context: InventoryContext, name: str) -> Path | None:
    """Return the socket of a node's shared connection; None where no directory is short enough.

    It lies in a directory of the user's own: in /tmp anyone could put a socket in its place.
    """
    mark = hashlib.sha256(f"{context.state_directory}\0{name}".encode()).hexdigest()[:12]
    path = (context.control_directory or context.state_directory / "ssh") / mark
    return path if len(str(path).encode()) <= MAX_CONTROL_PATH else None


def _ssh_path(path: Path) -> str:
    """Return a path for an ssh option: `%` starts a token there, and blanks need quotes."""
    text = str(path).replace("%", "%%")
    return f'"{text}"' if any(character.isspace() for character in text) else text


def _known_name(host: str, port: int) -> str:
    return host if port == 22 else f"[{host}]:{port}"
