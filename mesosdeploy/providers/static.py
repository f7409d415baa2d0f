"""Machines that exist already: they are listed and used, never made and never removed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mesosdeploy.errors import ProviderError
from mesosdeploy.nodes import Jump, Node, NodeRequest, NodeStatus
from mesosdeploy.providers.base import ClusterContext, Finding, Leftover, Report
from mesosdeploy.spec.model import node_name

OPTIONS = frozenset({"hosts", "user", "port", "private_key", "known_hosts", "jump", "region"})
_HOST_KEYS = frozenset(
    {"address", "name", "user", "port", "private_key", "jump", "host_key", "zone"}
)
_PREFERRED = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ssh-rsa")


@dataclass(frozen=True, kw_only=True)
class StaticHost:
    """One machine of the spec; `host_key` is empty where `known_hosts` has to know it."""

    group: str
    index: int
    name: str
    address: str
    user: str
    port: int
    private_key: str = ""
    host_key: str = ""
    jump: Jump | None = None
    zone: str = ""


class StaticProvider:
    """List the hosts of the spec as running nodes.

    Options: `hosts` (group -> addresses, or mappings with address, name, user, port, private_key,
    jump, host_key, zone), `user`, `port`, `jump` and `region` for all of them, and `known_hosts`,
    an OpenSSH file with their host keys and the jump hosts'. A host whose key is pinned in neither
    place is refused: trust on first use is no pinning.
    """

    def __init__(self, context: ClusterContext) -> None:
        self._cluster = context.cluster
        options = {k: v for k, v in (context.options or {}).items() if v is not None}
        if unknown := sorted(set(options) - OPTIONS):
            raise ProviderError(
                f"the static provider has no option {', '.join(unknown)}",
                hint=f"its options are: {', '.join(sorted(OPTIONS))}",
            )
        self._hosts = tuple(parse_hosts(options))
        self._region = str(options.get("region") or "")
        known_hosts = options.get("known_hosts")
        self._known_hosts = Path(str(known_hosts)).expanduser() if known_hosts else None

    def check(self) -> Sequence[Finding]:
        """Say whether every host has a pinned key; the machines themselves are not asked."""
        places = {(host.address, host.port): (host.name, host.host_key) for host in self._hosts}
        for jump in (host.jump for host in self._hosts if host.jump):
            places.setdefault((jump.host, jump.port), ("jump host", jump.host_key or ""))
        unpinned = [
            (name, *place)
            for place, (name, key) in places.items()
            if not self._key_of(*place, given=key)
        ]
        if not unpinned:
            count = len(places)
            return [Finding(check="host keys", ok=True, message=f"{count} of {count} are pinned")]
        names = ", ".join(f"{name} ({address})" for name, address, _port in unpinned)
        return [
            Finding(
                check="host keys",
                ok=False,
                message=f"no pinned host key for {names}",
                remedy=_how_to_pin(*unpinned[0][1:]),
            )
        ]

    def list(self) -> Sequence[Node]:
        """Return the hosts of the spec; ProviderError for those without a pinned host key."""
        finding = self.check()[0]
        if not finding.ok:
            raise ProviderError(finding.message, hint=finding.remedy)
        return [self._node(host) for host in self._hosts]

    def prepare(self, requests: Sequence[NodeRequest], report: Report) -> None:
        """Refuse what has no machine; there is nothing to make."""
        del report
        for request in requests:
            self._host(request.name)

    def create(self, request: NodeRequest, report: Report) -> Node:
        """Return the machine of that name; ProviderError when the spec lists none."""
        del report
        host = self._host(request.name)
        return next(node for node in self.list() if node.name == host.name)

    def start(self, node: Node, report: Report) -> Node:
        """Return the node: whether it is switched on is its owner's business."""
        del report
        return node

    def authorize(self, node: Node, public_key: str) -> None:
        """Refuse: these machines are opened by the operator's own key."""
        raise ProviderError(
            f"node {node.name}: a key cannot be let in on machines that exist",
            hint="set the provider option private_key to the key that opens them",
        )

    def destroy(self, node: Node, report: Report) -> None:
        """Leave the machine alone."""
        report(f"{node.name}: left as it is, the static provider removes no machine")

    def leftovers(self) -> Sequence[Leftover]:
        """List nothing: nothing was made."""
        return []

    def cleanup(self, report: Report) -> None:
        """Remove nothing: nothing was made."""
        del report

    def _host(self, name: str) -> StaticHost:
        for host in self._hosts:
            if host.name == name:
                return host
        known = ", ".join(host.name for host in self._hosts) or "none"
        raise ProviderError(
            f"node {name} has no machine: the static provider makes none (hosts: {known})",
            hint="add its address under `provider: hosts:`, or lower the group's count",
        )

    def _node(self, host: StaticHost) -> Node:
        jump = host.jump
        if jump:
            place = (jump.host, jump.port)
            twins = [each.host_key for each in self._hosts if (each.address, each.port) == place]
            given = jump.host_key or next(iter(twins), "")
            jump = replace(jump, host_key=self._key_of(*place, given=given))
        return Node(
            cluster=self._cluster,
            name=host.name,
            group=host.group,
            index=host.index,
            status=NodeStatus.RUNNING,
            provider_id=host.address,
            address=host.address,
            ssh_host=host.address,
            ssh_port=host.port,
            ssh_user=host.user,
            host_key=self._key_of(host.address, host.port, given=host.host_key),
            jump=jump,
            private_key=host.private_key,
            zone=host.zone,
            region=self._region,
        )

    def _key_of(self, address: str, port: int, *, given: str) -> str:
        if given or self._known_hosts is None:
            return given
        return best_key(_look_up(address, port, self._known_hosts))


def parse_hosts(options: Mapping[str, object]) -> Iterator[StaticHost]:
    """Yield the hosts of the provider's options, in the order of groups and positions.

    Raises ProviderError for a form that is neither an address nor a mapping with one.
    """
    hosts = options.get("hosts")
    if not isinstance(hosts, Mapping) or not hosts:
        raise ProviderError(
            "the static provider has no hosts",
            hint="provider: {type: static, hosts: {masters: […]}}",
        )
    for group, entries in hosts.items():
        for index, entry in enumerate(entries or (), start=1):
            given = {"address": entry} if isinstance(entry, str) else entry
            if not isinstance(given, Mapping) or not given.get("address"):
                raise ProviderError(
                    f"provider.hosts.{group}[{index - 1}]: {entry!r} has no address",
                    hint=f"write an address, or a mapping with {', '.join(sorted(_HOST_KEYS))}",
                )
            if unknown := sorted(set(given) - _HOST_KEYS):
                raise ProviderError(
                    f"provider.hosts.{group}[{index - 1}]: unknown key {', '.join(unknown)}",
                    hint=f"known keys: {', '.join(sorted(_HOST_KEYS))}",
                )
            user = str(given.get("user") or options.get("user") or "root")
            jump = _jump(given.get("jump") or options.get("jump"), user)
            yield StaticHost(
                group=str(group),
                index=index,
                name=str(given.get("name") or node_name(str(group), index)),
                address=str(given["address"]),
                user=user,
                port=int(str(given.get("port") or options.get("port") or 22)),
                private_key=str(given.get("private_key") or ""),
                host_key=str(given.get("host_key") or ""),
                # The jump host may be a node too, and is reached without itself.
                jump=jump if jump and jump.host != str(given["address"]) else None,
                zone=str(given.get("zone") or ""),
            )


def _jump(given: object, user: str) -> Jump | None:
    """Return the machine in between, None without one; it is entered as the host unless it says."""
    if not given:
        return None
    values = given if isinstance(given, Mapping) else {"address": given}
    return Jump(
        host=str(values["address"]),
        user=str(values.get("user") or user),
        port=int(str(values.get("port") or 22)),
        host_key=str(values.get("host_key") or "") or None,
        private_key=str(values.get("private_key") or ""),
    )


def best_key(lines: str) -> str:
    """Return the key of the strongest kind in the answer of `ssh-keygen -F`, "" without any.

    A line is `names type key [comment]`, after a marker for a revoked key or an authority.
    """
    fields = (line.split() for line in lines.splitlines() if line[:1] not in {"", "#", "@"})
    keys = {words[1]: f"{words[1]} {words[2]}" for words in fields if len(words) >= 3}
    return next((keys[kind] for kind in _PREFERRED if kind in keys), "")


def _look_up(address: str, port: int, known_hosts: Path) -> str:
    """Ask ssh-keygen, which also reads hashed names, what the file knows of the host."""
    name = address if port == 22 else f"[{address}]:{port}"
    if not known_hosts.is_file():
        raise ProviderError(
            f"provider option known_hosts: there is no file {known_hosts}",
            hint=_how_to_pin(address, port),
        )
    try:
        done = subprocess.run(
            ["ssh-keygen", "-F", name, "-f", str(known_hosts)],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as exc:
        raise ProviderError(
            f"ssh-keygen cannot be run: {exc}", hint="apt-get install openssh-client"
        ) from exc
    return done.stdout


def _how_to_pin(address: str, port: int) -> str:
    option = "" if port == 22 else f"-p {port} "
    return (
        f"run `ssh-keyscan -t ed25519 {option}{address}`, compare the key with the one on the "
        "machine's own console (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then give it as "
        "`host_key`, or in a file as `known_hosts: PATH`"
    )
