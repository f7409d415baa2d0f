"""`down`: list what belongs to a cluster, remove it, and prove that nothing is left."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mesosdeploy.errors import ProviderError, StateError, UsageError
from mesosdeploy.nodes import Node
from mesosdeploy.providers.base import Leftover
from mesosdeploy.state import record
from mesosdeploy.state.journal import Journal
from mesosdeploy.state.lock import exclusive
from mesosdeploy.workflow.environment import Environment
from mesosdeploy.workflow.machines import in_parallel, machines_at_once
from mesosdeploy.workflow.up import Progress
from mesosdeploy.workflow.up_steps import require_same_provider


@dataclass(frozen=True, kw_only=True)
class Belongings:
    """Everything that exists because of a cluster."""

    nodes: tuple[Node, ...]
    leftovers: tuple[Leftover, ...]
    state: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to remove."""
        return not (self.nodes or self.leftovers or self.state)

    def as_data(self) -> Mapping[str, object]:
        """Return plain data for JSON output."""
        return {
            "nodes": [node.name for node in self.nodes],
            "around_them": [{"kind": item.kind, "name": item.name} for item in self.leftovers],
            "state": self.state,
        }


def find(environment: Environment) -> Belongings:
    """List what belongs to the cluster, asked of the provider and not of the record.

    Borrowed machines do not belong to it.
    """
    provider = environment.provider
    return Belongings(
        nodes=() if environment.borrows else tuple(provider.list()),
        leftovers=tuple(provider.leftovers()),
        state=str(environment.directory) if environment.directory.exists() else "",
    )


def run(
    environment: Environment,
    *,
    confirm: Callable[[Belongings], bool],
    progress: Progress,
) -> Belongings:
    """Remove the cluster; return what was found and removed.

    Safe to repeat and after a half-made `up`. Raises UsageError when nobody confirmed and
    ProviderError that names whatever is still there in the end.
    """
    with exclusive(environment.directory.parent, environment.lock_name, "down"):
        progress.step("List what belongs to the cluster")
        require_same_provider(environment, recorded(environment))
        found = find(environment)
        if found.empty:
            return found
        if not confirm(found):
            raise UsageError("nothing was removed: nobody said yes", hint="say --yes")
        _remove(environment, found, progress)
    return found


def recorded(environment: Environment) -> record.ClusterState | None:
    """Return the recorded state; a damaged record keeps nobody from removing the cluster."""
    try:
        return record.load(environment.directory)
    except StateError:
        return None


def _remove(environment: Environment, found: Belongings, progress: Progress) -> None:
    journal, provider = Journal(environment.directory, "down"), environment.provider
    progress.step("Remove machines")

    def destroy(node: Node) -> None:
        journal.write("ledger", action="destroy", node=node.name)
        provider.destroy(node, progress.detail)

    with journal.step("machines"):
        in_parallel(
            found.nodes, destroy, at_once=machines_at_once(provider), report=progress.detail
        )
    progress.step("Remove what was around them")
    with journal.step("cleanup"):
        provider.cleanup(progress.detail)
    progress.step("Prove that nothing is left")
    prove_gone(environment)
    forget(environment)


def forget(environment: Environment) -> None:
    """Remove the state directory; ProviderError when it stays."""
    shutil.rmtree(environment.directory, ignore_errors=True)
    if environment.directory.exists():
        raise ProviderError(
            f"the state directory {environment.directory} cannot be removed",
            hint="look at its owner and mode, then repeat: mesosdeploy down",
        )


def prove_gone(environment: Environment) -> None:
    """Ask the provider again; ProviderError names what it still has."""
    found = find(environment)
    left = [f"node {node.name}" for node in found.nodes]
    left += [f"{item.kind} {item.name}" for item in found.leftovers]
    if left:
        raise ProviderError(
            f"still there after removal: {', '.join(left)}",
            hint="repeat `mesosdeploy down`; it continues where this one ended",
        )
