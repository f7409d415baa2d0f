"""`doctor`: preflight on the controller and on every node, with cause and remedy."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from mesosdeploy import resources, ssh
from mesosdeploy.doctor import judge
from mesosdeploy.doctor import probe as probe_module
from mesosdeploy.errors import DeployError
from mesosdeploy.nodes import NodeRole
from mesosdeploy.providers.base import Finding
from mesosdeploy.spec import compatibility
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


def probe(environment: Environment, name: str) -> tuple[Mapping[str, Any], float]:
    """Return what the probe sees on a node, and the node's clock minus the controller's in seconds.

    Raises DeployError when the node cannot be reached or has no Python 3.
    """
    source = Path(probe_module.__file__).read_text()
    before = time.time()
    answer = ssh.run(environment.ssh_config, name, ["python3", "-"], stdin=source, seconds=20)
    after = time.time()
    if answer.code != 0:
        raise DeployError(
            answer.stderr or f"the probe ended with {answer.code}",
            hint=f"mesosdeploy plan -i {quote(str(environment.source))} shows whether it runs; "
            "`up` starts it again",
        )
    seen: Mapping[str, Any] = json.loads(answer.stdout)
    # The clock was read at some moment between the two: inside that interval there is no skew.
    skew = max(seen["time"] - after, 0) or min(seen["time"] - before, 0)
    return seen, skew


def platform_findings(environment: Environment, seen: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what the compatibility matrix says of a node; all `ok` when it may carry this Mesos."""
    mesos, features = environment.spec.versions.mesos, environment.spec.features
    wanted = [name for name in compatibility.FEATURES if getattr(features, name)]
    seen_platform = compatibility.Platform(
        system=seen["system"],
        cgroup_mode=seen["cgroup_mode"],
        architecture=seen["architecture"],
        docker=seen["docker"] or None,
    )
    what = f"{seen['system']}, {seen['architecture']}, cgroup {seen['cgroup_mode']}"
    found = list(
        compatibility.problems(
            mesos.flavour, mesos.version, features=wanted, platform=seen_platform
        )
    )
    for problem in found:
        yield Finding(
            check=f"platform: {problem.subject}",
            ok=False,
            message=problem.message,
            remedy=problem.remedy,
        )
    if not found:
        yield Finding(
            check="platform", ok=True, message=f"{what}: Mesos {mesos.version} {mesos.flavour} runs"
        )


def require_platforms(environment: Environment, names: Sequence[str]) -> None:
    """Raise DeployError when the Mesos of the spec cannot run on one of these nodes."""

    def bad(name: str) -> list[str]:
        seen, _skew = probe(environment, name)
        return [
            f"  {name}: {finding.message} ({finding.remedy})"
            for finding in platform_findings(environment, seen)
            if not finding.ok
        ]

    lines = [line for found in in_parallel(names, bad) for line in found]
    if lines:
        raise DeployError(
            "this Mesos cannot run here:\n" + "\n".join(lines),
            hint="docs/operations.md has the compatibility matrix",
        )


def _node(environment: Environment, inventory: Mapping[str, Any], name: str) -> list[Finding]:
    try:
        seen, skew = probe(environment, name)
    except DeployError as exc:
        return [Finding(check="reachable", ok=False, message=exc.message, remedy=exc.hint or "")]
    return [
        *judge.node(seen, roles_of(inventory, name), clock_skew=skew),
        *platform_findings(environment, seen),
    ]


def roles_of(inventory: Mapping[str, Any], name: str) -> frozenset[str]:
    """Return the names of the roles that a node of the inventory carries."""
    return frozenset(
        role.value for role in NodeRole if name in inventory.get(role.value, {}).get("hosts", ())
    )
