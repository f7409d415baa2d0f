"""`state rebuild`: make a lost state directory again from the provider's own tags."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mesosdeploy.errors import ProviderError
from mesosdeploy.nodes import Node, NodeStatus
from mesosdeploy.state import keys, record
from mesosdeploy.state.journal import Journal, now
from mesosdeploy.state.lock import exclusive
from mesosdeploy.workflow import install
from mesosdeploy.workflow.environment import Environment
from mesosdeploy.workflow.up import Progress
from mesosdeploy.workflow.up_steps import require_usable


def run(
    environment: Environment, progress: Progress, *, private_key: Path | None = None
) -> tuple[Node, ...]:
    """Record the machines that the provider finds, and let a new key in where the old is lost.

    `private_key` is the cluster's key where only somebody's copy of it is left: clouds let no other
    in, and then say so (ProviderError).

    The cluster counts as not converged afterwards, so the next `up` runs the playbook, which
    changes nothing on a healthy cluster. Raises ProviderError when the provider has no machine.
    """
    with exclusive(environment.directory.parent, environment.lock_name, "state rebuild"):
        journal = Journal(environment.directory, "state rebuild")
        progress.step("List machines by their tags")
        require_usable(environment)
        nodes = tuple(environment.provider.list())
        if not nodes:
            raise ProviderError(
                f"the provider {environment.provider_name!r} has no machine of the cluster "
                f"{environment.spec.name!r}",
                hint="there is nothing to rebuild from; make it: mesosdeploy up",
            )
        progress.step("Make keys and let them in")
        with journal.step("keys"):
            _let_in(environment, nodes, progress, private_key)
        progress.step("Write state and inventory")
        with journal.step("record"):
            _record(environment, nodes, progress)
    return nodes


def _let_in(
    environment: Environment, nodes: tuple[Node, ...], progress: Progress, given: Path | None
) -> None:
    if environment.private_key != keys.private_key(environment.directory):
        return  # the operator's own key opens these machines
    comment = f"mesosdeploy {environment.spec.name}"
    pair = keys.read(given, comment) if given else keys.kept(environment.directory)
    pair = pair or keys.generate(comment)
    for node in nodes:
        if node.status is not NodeStatus.FAILED:  # a stopped one gets the key before it starts
            progress.detail(node.name)
            environment.provider.authorize(node, pair.public)
    # Only now: a key that opens nothing would stand in the way of the one that does.
    keys.keep(environment.directory, pair)


def _record(environment: Environment, nodes: tuple[Node, ...], progress: Progress) -> None:
    # Nobody can tell any more whether something was installed: the safe answer is yes.
    state = record.ClusterState(
        cluster=environment.spec.name, provider=environment.provider_name, installed_at=now()
    )
    requests = {request.name: request for request in environment.spec.requests()}
    alike = {request.group: request for request in requests.values()}
    for node in nodes:
        asked = requests.get(node.name)
        if asked is None and node.group in alike:  # the spec dropped it, its roles are known
            asked = replace(alike[node.group], name=node.name, index=node.index)
        state = state.with_node(node, asked)
    record.save(environment.directory, state)
    known = tuple(node for node in nodes if node.name in requests)
    packages: install.Packages = {}
    if not environment.rehearsal:
        packages = install.resolve(environment, offline=None, report=progress.detail)
    install.write_inventory(environment, known, packages)
