"""The steps of `up`: named functions over the state of one run, in the order of `STEPS`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mesosdeploy import inventory
from mesosdeploy import plan as planning
from mesosdeploy.ansible import Recap, Strategy
from mesosdeploy.errors import DeployError, ProviderError, StateError, UsageError
from mesosdeploy.nodes import Node
from mesosdeploy.plan import ActionKind, Plan
from mesosdeploy.providers.base import Tidying
from mesosdeploy.state import keys, record
from mesosdeploy.state.journal import Journal, Unfinished, now
from mesosdeploy.workflow import install
from mesosdeploy.workflow.environment import Environment
from mesosdeploy.workflow.machines import Machines, wait_for_ssh

if TYPE_CHECKING:
    from mesosdeploy.workflow.verify import VerifyReport


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the user asked of this run.

    `until` names the last step to do; `confirm` is asked before machines are removed or replaced;
    `ssh_seconds` bounds the wait for a new machine's SSH server.
    """

    until: str = ""
    converge: bool = False
    verify: bool = True
    strategy: Strategy = Strategy.MITOGEN
    offline: Path | None = None
    ssh_seconds: float = 180
    confirm: Callable[[Plan], bool] = field(default=lambda _plan: False)


@dataclass
class Work:
    """The state of one run, handed from step to step."""

    environment: Environment
    options: Options
    journal: Journal
    report: Callable[[str], None]
    resumed: Unfinished | None = None
    plan: Plan = field(default_factory=lambda: Plan(actions=()))
    state: record.ClusterState | None = None
    packages: install.Packages = field(default_factory=dict)
    nodes: tuple[Node, ...] = ()
    recap: Recap | None = None
    verification: VerifyReport | None = None
    fingerprint: str = ""


@dataclass(frozen=True)
class Step:
    """One named part of `up`; `rehearsed` says whether it also runs without machines."""

    name: str
    title: str
    do: Callable[[Work], None]
    rehearsed: bool = True


def _plan(work: Work) -> None:
    environment = work.environment
    work.state = record.load(environment.directory)
    # What is installed is what the files say now: a change during the run is the next run's.
    work.fingerprint = environment.fingerprint(install.digests(environment))
    work.plan = make_plan(environment, work.state, work.fingerprint)
    refuse_dangers(work.plan)
    if work.state and work.plan.machines_change:
        require_usable(environment)
    if work.plan.losses and not work.options.confirm(work.plan):
        raise UsageError(
            "machines would be removed or replaced, and nobody said yes",
            hint="look at `mesosdeploy plan`, then say --yes",
        )


def make_plan(
    environment: Environment, state: record.ClusterState | None, fingerprint: str
) -> Plan:
    """Compare spec, record and provider.

    Raises UsageError when the record is of another provider, StateError when machines exist that
    nothing is recorded of, ProviderError when the provider cannot be asked.
    """
    if state is None:
        require_usable(environment)
    require_same_provider(environment, state)
    nodes = environment.provider.list()
    if nodes and state is None and not environment.borrows:
        raise StateError(
            f"{len(nodes)} machines of {environment.spec.name!r} exist, but "
            f"{environment.directory} records none of them",
            hint="take them over: mesosdeploy state rebuild; or remove them: mesosdeploy down",
        )
    return planning.make(environment.spec.requests(), nodes, state, fingerprint=fingerprint)


def require_same_provider(environment: Environment, state: record.ClusterState | None) -> None:
    """Raise UsageError when the recorded cluster was made by another provider than the spec's."""
    if state and state.provider != environment.provider_name:
        raise UsageError(
            f"the cluster {environment.spec.name!r} was made by the provider "
            f"{state.provider!r}, the spec now says {environment.provider_name!r}",
            hint=f"set `type: {state.provider}` again, then remove it (mesosdeploy down); "
            "or give the new cluster another name",
        )


def refuse_dangers(plan: Plan) -> None:
    """Raise DeployError when the plan would endanger a quorum."""
    if plan.dangers:
        raise DeployError(
            "this would endanger the cluster:\n" + "\n".join(f"  {d}" for d in plan.dangers),
            hint="set the spec back to what runs now, or make a second cluster beside it",
        )


def require_usable(environment: Environment) -> None:
    """Raise ProviderError with every remedy when this controller cannot use the provider."""
    bad = [finding for finding in environment.provider.check() if not finding.ok]
    if bad:
        raise ProviderError(
            f"the provider {environment.provider_name!r} cannot be used here\n"
            + "\n".join(f"  {finding.check}: {finding.message}" for finding in bad),
            hint="; ".join(finding.remedy for finding in bad if finding.remedy) or None,
        )


def _artifacts(work: Work) -> None:
    work.packages = install.resolve(
        work.environment, offline=work.options.offline, report=work.report
    )


def _prepare(work: Work) -> None:
    keys.ensure_key_pair(work.environment.directory, f"mesosdeploy {work.environment.spec.name}")
    work.environment.__dict__.pop("provider", None)  # it may now know the public key
    if work.state is None:
        work.state = record.ClusterState(
            cluster=work.environment.spec.name, provider=work.environment.provider_name
        )
        record.save(work.environment.directory, work.state)
    work.environment.provider.prepare(work.environment.spec.requests(), work.report)


def _machines(work: Work) -> None:
    assert work.state is not None
    _empty_what_goes(work)
    machines = Machines(
        environment=work.environment,
        provider=work.environment.provider,
        journal=work.journal,
        state=work.state,
    )
    try:
        work.nodes = machines.apply(work.plan.actions, work.report)
    finally:
        work.state = machines.state
    provider = work.environment.provider
    if isinstance(provider, Tidying):
        provider.tidy(work.environment.spec.requests(), work.report)


def _empty_what_goes(work: Work) -> None:
    """Drain agents that are about to be removed, unless nothing was ever installed on them."""
    leaving = [action.name for action in work.plan.of(ActionKind.REMOVE)]
    installed = bool(work.state and work.state.installed_at)
    if leaving and installed and not work.environment.rehearsal:
        from mesosdeploy.workflow import drain

        drain.drain(work.environment, leaving, work.report)


def _reach(work: Work) -> None:
    environment = work.environment
    record.write_private(environment.known_hosts, inventory.known_hosts(work.nodes))

    def way(node: Node) -> Sequence[str]:
        assert node.jump is not None
        return inventory.jump_command(
            node.jump,
            f"{node.ssh_host}:{node.ssh_port}",
            private_key=Path(node.private_key) if node.private_key else environment.private_key,
            known=environment.known_hosts,
        )

    if environment.borrows:
        work.report("nobody has just made them: the next step logs in, and tells what hinders")
        return
    wait_for_ssh(work.nodes, seconds=work.options.ssh_seconds, report=work.report, way=way)


def _inventory(work: Work) -> None:
    install.write_inventory(work.environment, work.nodes, work.packages)
    if work.environment.rehearsal:
        return
    if work.environment.borrows:
        from mesosdeploy.workflow import access

        access.require(work.environment, work.nodes)
    installed = bool(work.state and work.state.installed_at)
    new = work.plan.of(ActionKind.CREATE, ActionKind.REPLACE, ActionKind.START)
    names = [action.name for action in new] if installed else [node.name for node in work.nodes]
    if names:
        from mesosdeploy.workflow import doctor

        doctor.require_platforms(work.environment, names)


def _converge(work: Work) -> None:
    assert work.state is not None
    # From here on a replicated log may exist, whose quorum must not be changed.
    work.state = replace(work.state, installed_at=work.state.installed_at or now())
    record.save(work.environment.directory, work.state)
    work.recap = install.converge(
        work.environment,
        strategy=work.options.strategy,
        run=work.journal.run,
        report=work.report,
    )


def _verify(work: Work) -> None:
    if not work.options.verify:
        work.report("skipped, as you asked")
        return
    from mesosdeploy.workflow import verify

    work.verification = verify.run(work.environment, report=work.report)
    verify.require_passed(work.verification)


def _record(work: Work) -> None:
    assert work.state is not None
    state = work.state
    asked = {
        request.name: replace(state.nodes[request.name], request=record.request_record(request))
        for request in work.environment.spec.requests()
    }
    state = replace(
        state,
        nodes={**state.nodes, **asked},
        converged=work.fingerprint,
        converged_at=now(),
        installed_at=state.installed_at or now(),
        artifacts={name: package.sha256 for name, package in work.packages.items()},
    )
    record.save(work.environment.directory, state)
    work.state = state


STEPS = (
    Step("plan", "Check the spec and plan", _plan),
    Step("artifacts", "Resolve artifacts", _artifacts, rehearsed=False),
    Step("prepare", "Prepare image, network and keys", _prepare),
    Step("machines", "Make machines", _machines),
    Step("reach", "Wait for SSH", _reach, rehearsed=False),
    Step("inventory", "Write the inventory, check platforms", _inventory),
    Step("converge", "Install and configure", _converge, rehearsed=False),
    Step("verify", "Verify nodes and cluster", _verify, rehearsed=False),
    Step("record", "Record the state", _record),
)
