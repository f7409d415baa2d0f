"""Everything between machines that exist and a cluster that runs: packages, inventory, playbook."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mesosdeploy import resources
from mesosdeploy.ansible import PlaybookRun, Recap, Strategy, run_playbook
from mesosdeploy.nodes import Node
from mesosdeploy.state import record
from mesosdeploy.workflow.environment import Environment

if TYPE_CHECKING:
    from mesosdeploy.artifacts import Resolved

Packages = Mapping[str, "Resolved"]
Report = Callable[[str], None]


def digests(environment: Environment) -> dict[str, str]:
    """Return a digest per artifact that the spec needs, without fetching or building any."""
    from mesosdeploy import artifacts

    lock = artifacts.load_lock(environment.spec_file.parent)
    return {
        wanted.name: artifacts.identity(wanted, lock)
        for wanted in artifacts.wanted_for(environment.spec)
    }


def resolve(environment: Environment, *, offline: Path | None, report: Report) -> Packages:
    """Return every package the spec needs as a verified local file; ArtifactError otherwise."""
    from mesosdeploy.workflow import artifacts

    return artifacts.resolve_for(environment.spec, offline=offline, report=report)


def write_inventory(environment: Environment, nodes: Sequence[Node], packages: Packages) -> None:
    """Write inventory, pinned host keys and SSH configuration from what the provider reported."""
    from mesosdeploy import inventory

    mesos = packages.get("mesos")
    context = inventory.InventoryContext(
        state_directory=environment.directory,
        private_key=environment.private_key,
        mesos_package_file=str(mesos.path or "") if mesos else "",
        mesos_package_version=mesos.package_version if mesos else "",
        packages={
            name: inventory.Package(
                file=str(package.path or ""), version=package.package_version, image=package.image
            )
            for name, package in packages.items()
        },
    )
    data = inventory.build(environment.spec, nodes, context=context)
    record.write_private(environment.inventory_json, json.dumps(data, indent=2) + "\n")
    record.write_private(environment.known_hosts, inventory.known_hosts(nodes))
    record.write_private(
        environment.ssh_config, inventory.ssh_config(environment.spec, nodes, context)
    )


def converge(
    environment: Environment,
    *,
    strategy: Strategy,
    run: str,
    report: Report,
    playbook: str = "site",
) -> Recap:
    """Run a playbook on all nodes; its log is kept under the cluster's `logs/` by run."""
    hosts = environment.inventory()["_meta"]["hostvars"]
    return run_playbook(
        PlaybookRun(
            playbook=resources.playbook(playbook),
            inventory=environment.spec_file.resolve(),
            hosts=frozenset(hosts),
            directory=environment.directory / "logs" / f"{playbook}-{run}",
            recorded=environment.inventory_json,
            strategy=strategy,
        ),
        report,
    )
