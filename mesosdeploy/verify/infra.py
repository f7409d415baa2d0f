"""What the infra tests' conftest works with: the inventory, connections, journals."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mesosdeploy import nodes, resources, ssh
from mesosdeploy.mesos.endpoints import Inventory, address_of, hosts_of, variables_of
from mesosdeploy.verify.results import CLUSTER

INVENTORY = resources.INVENTORY_VARIABLE
SSH_CONFIG = "MESOSDEPLOY_SSH_CONFIG"
NODES = "MESOSDEPLOY_VERIFY_NODES"

COMMON = "common"
UNITS = {role: f"{unit}.service" for role, unit in nodes.UNITS.items()}
"""The systemd unit behind each test directory, whose journal explains a failure."""

ROLES = {
    "master": "mesos_master",
    "agent": "mesos_agent",
    "zookeeper": "zookeeper",
    "scheduler": "marathon",
    "balancer": "haproxy",
    "monitor": "prometheus",
}
"""The fixtures that repeat a check of the cluster, and the role whose nodes they name."""

JOURNAL_LINES = 30
_SSH_OPTIONS = "-o BatchMode=yes -o ServerAliveInterval=2 -o ServerAliveCountMax=3"
_CONNECT_SECONDS = 4
_SSH_FAILED = 255  # ssh(1), EXIT STATUS


def group_of(directory: str) -> str:
    """Return the Ansible group whose hosts a test directory asks; `common` asks all."""
    return "all" if directory == COMMON else directory


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """The nodes to ask: those of an inventory, narrowed to `only` unless that is empty."""

    inventory: Inventory
    ssh_config: Path | None
    only: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls) -> Nodes:
        """Read what `mesosdeploy verify`, or molecule's scenario, put into the environment."""
        path = os.environ.get(INVENTORY)
        if not path:
            raise RuntimeError(f"{INVENTORY} is not set: run `mesosdeploy verify`")
        config = os.environ.get(SSH_CONFIG)
        return cls(
            inventory=json.loads(Path(path).read_text(encoding="utf-8")),
            ssh_config=Path(config) if config else None,
            only=tuple(filter(None, os.environ.get(NODES, "").split(","))),
        )

    def of(self, directory: str) -> list[str]:
        """Return the nodes that the tests of a directory ask."""
        names = hosts_of(self.inventory, group_of(directory))
        return [name for name in names if not self.only or name in self.only]

    def expected(self, node: str) -> dict[str, Any]:
        """Return every Ansible variable of the node."""
        return variables_of(self.inventory, node)

    def address(self, node: str) -> str:
        """Return the node's address."""
        return address_of(self.inventory, node)


@cache
def connect(node: str, ssh_config: Path | None) -> Any:
    """Return testinfra's host for a node; nothing is sent yet."""
    import testinfra

    return testinfra.get_host(
        f"ssh://{node}",
        ssh_config=str(ssh_config) if ssh_config else None,
        timeout=_CONNECT_SECONDS,
        ssh_extra_args=_SSH_OPTIONS,
    )


_AS_ROOT = "if [ $(id -u) = 0 ]; then exec {0}; else exec sudo {1} {0}; fi"


def look(host: Any, script: str, *arguments: str) -> dict[str, Any]:
    """Run a Python script as root on a node, in one round trip, and return the JSON it prints."""
    words = shlex.join(["python3", "-c", script, *arguments])
    password = os.environ.get(resources.BECOME_PASSWORD)
    if password is None:
        return dict(json.loads(host.check_output(_AS_ROOT.format(words, "-n"))))
    # By standard input, which testinfra does not offer: a list of processes shows arguments.
    answer = ssh.run(
        Path(host.backend.ssh_config),
        host.backend.host.name,
        [_AS_ROOT.format(words, "--stdin --prompt=")],
        stdin=f"{password}\n",
    )
    assert answer.code == 0, answer.stderr
    return dict(json.loads(answer.stdout))


@cache
def unreachable(node: str, nodes_address: str, ssh_config: Path | None) -> str:
    """Return why a node cannot be reached by ssh; empty when it can."""
    try:
        answer = connect(node, ssh_config).run("true")
    except RuntimeError as exc:
        return f"cannot reach {node} ({nodes_address}) by ssh: {said(exc)}"
    if answer.failed:
        return f"{node} ({nodes_address}) runs no command: `true` ended with {answer.rc}"
    return ""


def said(error: BaseException) -> str:
    """Return what ssh said when testinfra raised because ssh itself failed; empty if it did not."""
    answer: Any = error.args[0] if isinstance(error, RuntimeError) and error.args else None
    if getattr(answer, "rc", None) != _SSH_FAILED:
        return ""
    lines = [line.strip() for line in answer.stderr.splitlines() if line.strip()]
    return lines[-1] if lines else f"ssh ended with {_SSH_FAILED}"


def journal(node: str, unit: str, ssh_config: Path | None) -> str:
    """Return the unit's state and the last lines of its journal, or why they cannot be had."""
    command = (
        "systemctl show -p ActiveState,SubState,Result,ExecMainStatus %s | paste -sd' ';"
        " journalctl --no-pager -o short-iso -n %s -u %s | grep -v -e 'HTTP GET' -e 'Redirecting'"
        " | tail -n %s"  # without the requests of this verification
    )
    lines = (str(4 * JOURNAL_LINES), unit, str(JOURNAL_LINES))
    try:
        answer = connect(node, ssh_config).run(command, unit, *lines)
    except RuntimeError as exc:
        return f"no journal: {said(exc) or exc}"
    return str(answer.stdout or answer.stderr).strip()


def unit_behind(directory: str, fixture: str) -> str:
    """Return the unit that a check is about: its directory's, or that of a cluster check's node."""
    return UNITS.get(ROLES.get(fixture, "") if directory == CLUSTER else directory, "")
