"""The server of tests/services/aws, whose machines are real: each one is a systemd container.

After each call that changes machines, the containers are made what moto says there is: in the
network of the VPC, with the private address that moto took from the subnet, the public address that
it invented, the user-data of the call, and a firewall that lets in what the security groups do.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2 import ec2_backends
from werkzeug.serving import make_server

from tests.e2e.machines.containers import Host, Machine, Network
from tests.e2e.machines.firewall import Opening
from tests.services.aws.server import ERROR, Answer, Cloud, Environ

USER = "admin"
"""The user of Debian's images for AWS."""

CHANGES = frozenset(
    {
        "AuthorizeSecurityGroupIngress",
        "DeleteVpc",
        "RevokeSecurityGroupIngress",
        "RunInstances",
        "StartInstances",
        "StopInstances",
        "TerminateInstances",
    }
)
"""The operations that the product uses and that change what a container is."""


class CloudOfContainers(Cloud):
    """A WSGI application around moto's, with a container for each machine that exists."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self._host = host
        self._networks: dict[str, Network] = {}
        self._following = threading.Lock()

    def close(self) -> None:
        """Remove all containers and networks."""
        with self._following:
            while self._networks:
                self._networks.popitem()[1].close()

    def carried_out(self, environ: Environ, given: dict[str, str]) -> Answer:
        answer = super().carried_out(environ, given)
        if given.get("Action") in CHANGES:
            try:
                with self._following:
                    self._follow()
            except Exception as exc:  # noqa: BLE001 - whatever it is, the caller shall read it
                text = ERROR.format(code="InternalError", message=f"the machine's container: {exc}")
                return "500 Internal", [("Content-Type", "text/xml")], text.encode()
        return answer

    def _follow(self) -> None:
        """Make the containers what moto says there is."""
        wanted: dict[str, list[Machine]] = {name: [] for name in self._networks}
        vpcs: dict[str, Any] = {}
        for backend in ec2_backends[DEFAULT_ACCOUNT_ID].values():
            vpcs |= backend.vpcs
            alive = [each for each in backend.all_instances() if each.state != "terminated"]
            for instance in alive:
                machine = _machine(instance, alive)
                wanted.setdefault(instance.vpc_id, []).append(machine)
        for name, machines in wanted.items():
            if name not in vpcs:
                self._networks.pop(name).close()
                continue
            if name not in self._networks:
                self._networks[name] = Network(self._host, name, vpcs[name].cidr_block)
            self._networks[name].become(machines)


def _machine(instance: Any, alive: Sequence[Any]) -> Machine:
    return Machine(
        id=instance.id,
        address=instance.private_ip,
        public=instance.public_ip or "",
        user_data=instance.user_data.decode(),
        runs=instance.state == "running",
        openings=frozenset(_openings(instance, alive)),
    )


def _openings(instance: Any, alive: Sequence[Any]) -> Iterator[Opening]:
    """Yield what the security groups of an instance let in; a group stands for its members."""
    members: dict[str, list[str]] = {}
    for each in alive:
        for group in each.nics[0].group_set:
            members.setdefault(group.id, []).append(each.private_ip)
    for group in instance.nics[0].group_set:
        for rule in group.ingress_rules:
            named = members.get(rule.source_group.get("GroupId", ""), [])
            sources = [rule.cidr_ipv4] if rule.cidr_ipv4 else named
            protocols = ("tcp", "udp") if rule.ip_protocol == "-1" else (rule.ip_protocol,)
            for source, protocol in product(sources, protocols):
                yield Opening(
                    protocol=protocol,
                    first=rule.from_port or 0,
                    last=rule.to_port or 65535,
                    source=source,
                )


def main() -> None:
    """Serve on a free loopback port and print it; remove all containers at SIGTERM."""
    cloud = CloudOfContainers(Host.ready(USER))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = make_server("127.0.0.1", 0, cloud, threaded=True)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    finally:
        cloud.close()


if __name__ == "__main__":
    main()
