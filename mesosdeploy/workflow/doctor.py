"""`doctor`: preflight on the controller and on every node, with cause and remedy."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesosdeploy import resources, ssh
from mesosdeploy.doctor import judge
from mesosdeploy.doctor import probe as probe_module
from mesosdeploy.nodes import NodeRole
from mesosdeploy.providers.base import Finding
from mesosdeploy.workflow.environment import Environment
from mesosdeploy.workflow.machines import in_parallel

CONTROLLER = "controller"
_CONTROLLER_DISK_MB = 4096


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """A finding and where it was made."""

    where: str
    finding: Finding


def run(environment: Environment) -> tuple[Diagnosis, ...]:
    """Examine the controller, and every node of the inventory where there is one."""
    found = [Diagnosis(where=CONTROLLER, finding=item) for item in controller(environment)]
    if environment.inventory_json.exists():
        inventory = environment.inventory()
        names = sorted(inventory["_meta"]["hostvars"])
        for name, findings in zip(
            names, in_parallel(names, lambda n: _node(environment, inventory, n)), strict=True
        ):
            found += [Diagnosis(where=name, finding=item) for item in findings]
    return tuple(found)


def controller(environment: Environment) -> Iterator[Finding]:
    """Yield what can be said of this machine before any node exists."""
    yield from environment.provider.check()
    client = shutil.which("ssh")
    yield Finding(
        check="ssh client",
        ok=client is not None,
        message=client or "there is no ssh",
        remedy="" if client else "apt-get install openssh-client",
    )
    for name, path in (("state", resources.state_dir()), ("cache", resources.cache_dir())):
        yield _space(name, path)
    yield from _flavour(environment)


def _space(name: str, path: Path) -> Finding:
    existing = next(parent for parent in (path, *path.parents) if parent.exists())
    free = shutil.disk_usage(existing).free / 2**20
    ok = free >= _CONTROLLER_DISK_MB
    return Finding(
        check=f"disk for {name}",
        ok=ok,
        message=f"{free:.0f} MB free under {path}",
        remedy="" if ok else f"free {_CONTROLLER_DISK_MB} MB, or set another directory",
    )


def _flavour(environment: Environment) -> Iterator[Finding]:
    from mesosdeploy.lab import missing_tools

    mesos = environment.spec.versions.mesos
    if mesos.flavour != "lab":
        return
    missing = missing_tools()
    yield Finding(
        check="tools to build the lab package",
        ok=not missing,
        message=f"missing: {', '.join(missing)}" if missing else "all there",
        remedy=f"apt-get install {' '.join(missing)}" if missing else "",
    )


def _node(environment: Environment, inventory: Mapping[str, Any], name: str) -> list[Finding]:
    source = Path(probe_module.__file__).read_text()
    before = time.time()
    answer = ssh.run(environment.ssh_config, name, ["python3", "-"], stdin=source, seconds=20)
    after = time.time()
    if answer.code != 0:
        return [
            Finding(
                check="reachable",
                ok=False,
                message=answer.stderr or f"the probe ended with {answer.code}",
                remedy=f"mesosdeploy plan -i {environment.source} shows whether it runs; "
                "`up` starts it again",
            )
        ]
    seen = json.loads(answer.stdout)
    # The probe reads its clock last: the controller's clock at that moment lies in the interval.
    skew = max(seen["time"] - after, 0) or min(seen["time"] - before, 0)
    return judge.node(seen, roles_of(inventory, name), clock_skew=skew)


def roles_of(inventory: Mapping[str, Any], name: str) -> frozenset[str]:
    """Return the names of the roles that a node of the inventory carries."""
    return frozenset(
        role.value for role in NodeRole if name in inventory.get(role.value, {}).get("hosts", ())
    )
