"""Containers that stand for a cloud's machines, with the addresses and user-data it gave them.

They are systemd containers of the project's node image, in one container network per network of
the cloud: all subnets of one network reach each other, as they do there, and a machine is reached
where its security groups let somebody in. A public address leads to its machine from this computer
only, by a route; unlike in a cloud the machine has it on `lo`. The image holds packages that a
cloud's image lacks, so that a test does not wait for them.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from libcloud.compute.base import Node as CloudNode
from libcloud.compute.types import NodeState

from mesosdeploy.nodes import NodeRequest
from mesosdeploy.providers.local import image
from mesosdeploy.providers.local.containers import (
    ContainerSpec,
    Platform,
    container_name,
    network_name,
)
from mesosdeploy.providers.local.driver import LocalNodeDriver
from mesosdeploy.providers.local.engine import Engine, detect
from mesosdeploy.providers.local.network import ensure_network
from mesosdeploy.providers.local.recipe import choose_recipe
from mesosdeploy.providers.local.runtime import detect_platform
from tests.e2e.machines import first_boot
from tests.e2e.machines.firewall import Opening, ruleset

PROGRAM = "/usr/local/sbin/first-boot"
UNIT = """\
[Unit]
Description=Settings of the cloud (stand-in of cloud-init)
DefaultDependencies=no
After=local-fs.target
Before=ssh.service

[Service]
Type=oneshot
RemainAfterExit=true
ExecStart=/usr/bin/python3 {program} {user}
"""
BEFORE_SSH = "[Unit]\nRequires=first-boot.service\nAfter=first-boot.service\n"


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A machine as its cloud describes it; `public` is "" for one without such an address."""

    id: str
    address: str
    public: str
    user_data: str
    runs: bool
    openings: frozenset[Opening]


@dataclass(frozen=True, kw_only=True)
class Host:
    """This computer: its engine, the node image, how containers run, and the image's user."""

    engine: Engine
    image: str
    platform: Platform
    user: str

    @classmethod
    def ready(cls, user: str) -> Host:
        """Find the engine and build the image unless it is there."""
        engine = detect()
        tag = image.ensure(engine, choose_recipe("auto"), _quiet)
        return cls(engine=engine, image=tag, platform=detect_platform(engine, tag), user=user)

    def as_root(self, *words: str, stdin: str = "") -> None:
        """Run a command of the operating system as the engine is run; it must succeed."""
        command = [*self.engine.prefix, *words]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            msg = f"{' '.join(words)}: {done.stderr}"
            raise RuntimeError(msg)


class Network:
    """A network of the cloud and the containers in it; `cidr` must be free on this computer."""

    def __init__(self, host: Host, name: str, cidr: str) -> None:
        self._host = host
        self._name = name
        self._cidr = cidr
        self._driver = LocalNodeDriver(name, host.engine)
        self._publics: dict[str, str] = {}
        self._openings: dict[str, frozenset[Opening]] = {}

    def become(self, machines: Sequence[Machine]) -> None:
        """Make, start, stop and remove containers until they are these machines."""
        there = {found.name: found for found in self._driver.list_nodes()}
        for machine in machines:
            found = there.pop(container_name(self._name, machine.id), None)
            if machine.runs:
                self._run(machine, found)
            elif found is not None and found.state == NodeState.RUNNING:
                self._withdraw(found.name)
                self._driver.stop_node(found)
        for found in there.values():
            self._withdraw(found.name)
            self._driver.destroy_node(found)

    def close(self) -> None:
        """Remove the containers that are left, and the container network."""
        self.become(())
        self._driver.ex_destroy_network(network_name(self._name))

    def _run(self, machine: Machine, found: CloudNode | None) -> None:
        name = container_name(self._name, machine.id)
        if found is None:
            ensure_network(self._driver, self._cidr, _quiet)
            found = self._driver.create_node(
                name,
                ex_spec=self._spec(machine),
                ex_platform=self._host.platform,
                ex_files=_files(machine, self._host.user),
            )
            self._surround(name, machine)
        elif found.state != NodeState.RUNNING:
            self._driver.start_node(found)
            self._surround(name, machine)
        else:
            if self._openings.get(name) != machine.openings:
                self._guard(name, machine)
            if self._publics.get(name, "") != machine.public:
                self._lead(name, machine)

    def _surround(self, name: str, machine: Machine) -> None:
        """Do what lasts until a machine's end only: its firewall, and the way from outside."""
        self._guard(name, machine)
        self._lead(name, machine)

    def _lead(self, name: str, machine: Machine) -> None:
        """Make the public address, and no former one, lead to a machine that runs."""
        if former := self._withdraw(name):
            self._inside(name, "ip", "address", "flush", "to", former, "dev", "lo")
        if machine.public:
            public = f"{machine.public}/32"
            self._inside(name, "ip", "address", "replace", public, "dev", "lo")
            self._host.as_root("ip", "route", "replace", public, "via", machine.address)
            self._publics[name] = machine.public

    def _guard(self, name: str, machine: Machine) -> None:
        self._inside(name, "iptables-restore", stdin=ruleset(machine.openings))
        self._openings[name] = machine.openings

    def _inside(self, name: str, *words: str, stdin: str = "") -> None:
        """Run a program of this computer in the network of a machine."""
        found = self._driver.ex_find(name)
        pid = found.extra["inspect"]["State"]["Pid"] if found else 0
        self._host.as_root("nsenter", "--net", "--target", str(pid), *words, stdin=stdin)

    def _withdraw(self, name: str) -> str:
        """Remove the way to a machine's public address; return which it was, "" for none."""
        if public := self._publics.pop(name, ""):
            self._host.as_root("ip", "route", "flush", "exact", f"{public}/32")
        return public

    def _spec(self, machine: Machine) -> ContainerSpec:
        return ContainerSpec(
            request=NodeRequest(
                cluster=self._name, name=machine.id, group="", index=0, roles=frozenset()
            ),
            address=machine.address,
            network=network_name(self._name),
            image=self._host.image,
            host_key="",
        )


def _files(machine: Machine, user: str) -> bytes:
    """Return a tar archive, relative to the machine's root: its user-data and who heeds it."""
    files = {
        str(first_boot.SEED): (machine.user_data, 0o600),
        PROGRAM: (Path(first_boot.__file__).read_text(), 0o755),
        "/etc/systemd/system/first-boot.service": (UNIT.format(program=PROGRAM, user=user), 0o644),
        "/etc/systemd/system/ssh.service.d/first-boot.conf": (BEFORE_SSH, 0o644),
    }
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        for path, (text, mode) in files.items():
            entry = tarfile.TarInfo(path.lstrip("/"))
            data = text.encode()
            entry.size, entry.mode = len(data), mode
            tar.addfile(entry, io.BytesIO(data))
    return target.getvalue()


def _quiet(_text: str) -> None:
    """Report nothing."""
