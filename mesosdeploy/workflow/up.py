"""`up`: from a spec to a verified cluster, in journaled steps that can be cut off anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mesosdeploy.errors import MesosDeployError, UsageError
from mesosdeploy.nodes import Node
from mesosdeploy.plan import Plan
from mesosdeploy.state.journal import Journal, Unfinished, unfinished
from mesosdeploy.state.lock import exclusive
from mesosdeploy.workflow.environment import Environment
from mesosdeploy.workflow.up_steps import STEPS, Options, Work

__all__ = ["STEPS", "Options", "Outcome", "Progress", "run"]


class Progress(Protocol):
    """How `up` tells what it does; the console's progress is one."""

    def step(self, title: str) -> None:
        """Begin the next step."""

    def detail(self, text: str) -> None:
        """Say what the running step does."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What `up` did; `changed` is the number of tasks that changed a node (None: none ran)."""

    plan: Plan
    nodes: tuple[Node, ...]
    resumed: Unfinished | None = None
    changed: int | None = None
    verified: int = 0
    stopped_after: str = ""


def run(environment: Environment, options: Options, progress: Progress) -> Outcome:
    """Bring the cluster up, or find that there is nothing to do.

    Raises the error of the step that failed; the journal then says which, and the next run
    continues. A second operator gets a StateError that names the first.
    """
    known = [step.name for step in STEPS]
    if options.until and options.until not in known:
        raise UsageError(f"there is no step {options.until!r}", hint=f"steps: {', '.join(known)}")
    with exclusive(environment.directory.parent, environment.lock_name, "up"):
        work = Work(
            environment=environment,
            options=options,
            journal=Journal(environment.directory, "up"),
            report=progress.detail,
            resumed=unfinished(environment.directory),
        )
        last = _run_steps(work, progress)
    return Outcome(
        plan=work.plan,
        nodes=work.nodes,
        resumed=work.resumed,
        changed=work.recap.total_changed if work.recap else None,
        verified=work.verification.passed if work.verification else 0,
        stopped_after=options.until if options.until == last else "",
    )


def _run_steps(work: Work, progress: Progress) -> str:
    name = ""
    for step in STEPS:
        name = step.name
        progress.step(step.title)
        with work.journal.step(name):
            if work.environment.rehearsal and not step.rehearsed:
                work.report("rehearsal: nothing is done here")
            else:
                step.do(work)
        if name == "plan" and _nothing_to_do(work):
            break
        if name == work.options.until:
            break
    return name


def _nothing_to_do(work: Work) -> bool:
    """Say whether the cluster is as the spec wants it and in good health, without touching it."""
    if not work.plan.is_empty or work.options.converge or work.options.until:
        return False
    work.nodes = tuple(action.node for action in work.plan.actions if action.node)
    if work.environment.rehearsal:
        return True
    from mesosdeploy.workflow import status

    try:
        problems = status.problems(work.environment)
    except MesosDeployError as exc:
        problems = [exc.message]
    for problem in problems:
        work.report(f"not healthy, so the playbook runs: {problem}")
    return not problems
