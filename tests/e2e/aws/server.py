"""The server of tests/services/aws, whose machines are real: each one is a systemd container.

After each call that changes machines, the containers are made what moto says there is: in the
network of the VPC, with the private address that moto took from the subnet, the public address that
it invented, and the user-data of the call. Security groups are kept by moto and not enforced.
"""

from __future__ import annotations

import signal
import sys
import threading
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2 import ec2_backends
from werkzeug.serving import make_server

from tests.e2e.machines.containers import Host, Machine, Network
from tests.services.aws.server import _ERROR, Answer, Cloud, Environ

USER = "admin"
"""The user of Debian's images for AWS."""

CHANGES = frozenset(
    {"RunInstances", "StartInstances", "StopInstances", "TerminateInstances", "DeleteVpc"}
)


class CloudOfContainers(Cloud):
    """A WSGI application around moto's, with a container for each machine that is not terminated."""

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

    def _carried_out(self, environ: Environ, given: dict[str, str]) -> Answer:
        answer = super()._carried_out(environ, given)
        if given.get("Action") in CHANGES:
            try:
                with self._following:
                    self._follow()
            except Exception as exc:  # noqa: BLE001 - whatever it is, the caller shall read it
                text = _ERROR.format(code="InternalError", message=f"the machine's container: {exc}")
                return "500 Internal", [("Content-Type", "text/xml")], text.encode()
        return answer

    def _follow(self) -> None:
        """Make the containers what moto says there is."""
        wanted: dict[str, list[Machine]] = {name: [] for name in self._networks}
        vpcs = {}
        for backend in ec2_backends[DEFAULT_ACCOUNT_ID].values():
            vpcs |= backend.vpcs
            for instance in backend.all_instances():
                if instance.state != "terminated":
                    wanted.setdefault(instance.vpc_id, []).append(_machine(instance))
        for name, machines in wanted.items():
            if name not in vpcs:
                self._networks.pop(name).close()
                continue
            if name not in self._networks:
                self._networks[name] = Network(self._host, name, vpcs[name].cidr_block)
            self._networks[name].become(machines)


def _machine(instance: Any) -> Machine:
    return Machine(
        id=instance.id,
        address=instance.private_ip,
        public=instance.public_ip or "",
        user_data=instance.user_data.decode(),
        runs=instance.state == "running",
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
