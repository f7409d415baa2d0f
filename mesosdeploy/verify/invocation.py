"""How pytest is called for a verification: arguments and environment; pure."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mesosdeploy.errors import UsageError
from mesosdeploy.mesos.endpoints import Inventory, hosts_of
from mesosdeploy.nodes import NodeRole
from mesosdeploy.verify.infra import INVENTORY, NODES, SSH_CONFIG, group_of
from mesosdeploy.verify.reporting import DESCRIPTOR
from mesosdeploy.verify.results import CLUSTER

_MOST_WORKERS = 4
_ORDER = ("common", "zookeeper", "mesos", *(role.value for role in NodeRole))


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What is verified: names of test directories (roles) and of nodes; empty means all."""

    roles: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Target:
    """A cluster to verify: its inventory (contents and file), and the SSH configuration."""

    inventory: Inventory
    inventory_json: Path
    ssh_config: Path


def roles_to_verify(
    inventory: Inventory, selection: Selection, available: Sequence[str]
) -> tuple[str, ...]:
    """Return the test directories to run, those of the nodes first and the cluster's last.

    Those are the `available` ones whose Ansible group has a host. The cluster is left out when
    nodes or other roles are selected. Raises UsageError for an unknown role or node.
    """
    known = [*available]
    present = [name for name in known if name == CLUSTER or hosts_of(inventory, group_of(name))]
    _require_known("role", selection.roles, known)
    _require_known("node", selection.nodes, hosts_of(inventory, "all"))
    chosen = list(selection.roles) or present
    if selection.nodes and not selection.roles:
        chosen = [name for name in chosen if name != CLUSTER]
    return tuple(sorted((name for name in chosen if name in present), key=_position))


def _position(role: str) -> tuple[bool, int, str]:
    return role == CLUSTER, _ORDER.index(role) if role in _ORDER else len(_ORDER), role


def _require_known(kind: str, asked: Sequence[str], known: Sequence[str]) -> None:
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise UsageError(
            f"there is no {kind} {', '.join(map(repr, unknown))} to verify",
            hint=f"known: {', '.join(sorted(known))}",
        )


def arguments(infra: Path, roles: Sequence[str], *, workers: int) -> list[str]:
    """Return the command line; `workers` processes share the nodes, 0 means none but pytest's.

    Only named plugins are loaded (see `environment`), and only this directory's configuration.
    """
    parallel = ["-n", str(workers), "--dist", "loadscope"] if workers else []
    return [
        *(sys.executable, "-m", "pytest", "-q", "-c", str(infra / "pytest.ini")),
        *("--rootdir", str(infra), "--confcutdir", str(infra)),
        *("-p", "xdist.plugin", "-p", "mesosdeploy.verify.reporting"),
        *parallel,
        *(str(infra / role) for role in roles),
    ]


def worker_count(nodes: int, cpus: int) -> int:
    """Return how many workers are fastest: checks wait for SSH, but each worker costs its start."""
    return max(1, min(nodes, max(2, cpus), _MOST_WORKERS))


def environment(
    base: Mapping[str, str], target: Target, selection: Selection, *, descriptor: int
) -> dict[str, str]:
    """Return pytest's environment: which cluster, which nodes, and where results are told."""
    return {
        **{name: value for name, value in base.items() if not name.startswith("PYTEST_")},
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        INVENTORY: str(target.inventory_json),
        SSH_CONFIG: str(target.ssh_config),
        NODES: ",".join(selection.nodes),
        DESCRIPTOR: str(descriptor),
        **_import_path(base),
    }


def _import_path(base: Mapping[str, str]) -> dict[str, str]:
    """Let pytest import this package from a checkout that is not installed."""
    root = Path(__file__).resolve().parents[2]
    if not (root / "pyproject.toml").is_file():
        return {}
    return {"PYTHONPATH": ":".join(filter(None, [str(root), base.get("PYTHONPATH", "")]))}
