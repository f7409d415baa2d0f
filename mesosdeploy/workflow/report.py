"""What is said at the end of `up`: one sentence, where to look, what to type next."""

from __future__ import annotations

from shlex import quote

from mesosdeploy.nodes import Node, NodeRole
from mesosdeploy.workflow.environment import Environment
from mesosdeploy.workflow.up import Outcome


def summarize(environment: Environment, outcome: Outcome) -> tuple[list[str], str]:
    """Return the lines to print, the headline first, and the next command."""
    name, count = environment.spec.name, len(outcome.nodes)
    option = f" -i {quote(str(environment.source))}"
    if outcome.stopped_after:
        return (
            [f"{name}: stopped after step {outcome.stopped_after!r}, as you asked"],
            f"mesosdeploy up{option}",
        )
    if environment.rehearsal:
        verb = "up" if environment.stands_in else "down"
        return [f"{name}: rehearsed with {count} pretended nodes"], f"mesosdeploy {verb}{option}"
    urls = _urls(environment, outcome)
    if outcome.plan.is_empty and outcome.changed is None:
        return (
            [f"{name}: nothing to do, {count} nodes run as the spec wants them", *urls],
            f"mesosdeploy status{option}",
        )
    headline = (
        f"{name} is up: {count} nodes, {outcome.changed or 0} tasks changed something, "
        f"{outcome.verified} checks passed"
    )
    return [headline, *urls], f"mesosdeploy status{option}"


def as_data(environment: Environment, outcome: Outcome) -> dict[str, object]:
    """Return what `up` did as plain data for JSON output."""
    return {
        "cluster": environment.spec.name,
        "nothing_to_do": outcome.plan.is_empty and outcome.changed is None,
        "stopped_after": outcome.stopped_after,
        "rehearsal": environment.rehearsal,
        "tasks_changed": outcome.changed,
        "checks_passed": outcome.verified,
        "actions": {action.name: action.kind for action in outcome.plan.actions},
        "nodes": {node.name: node.address for node in outcome.nodes},
    }


def _urls(environment: Environment, outcome: Outcome) -> list[str]:
    def carriers(role: NodeRole) -> list[Node]:
        names = {request.name for request in environment.spec.requests_with(role)}
        return [node for node in outcome.nodes if node.name in names]

    masters, balancers = carriers(NodeRole.MESOS_MASTER), carriers(NodeRole.HAPROXY)
    prometheus = carriers(NodeRole.PROMETHEUS)
    return [
        *(f"Mesos master {node.name}: http://{node.address}:5050" for node in masters),
        # A balancer finds the instance that leads; without one any instance does.
        *(
            f"Marathon: http://{node.address}:8080"
            for node in balancers or carriers(NodeRole.MARATHON)[:1]
        ),
        *(
            f"services, by host name: http://{node.address}; statistics:"
            f" http://{node.address}:8404/stats"
            for node in balancers
        ),
        *(f"dashboards: http://{node.address}:9090/consoles/index.html" for node in prometheus),
        *(f"alerts: http://{node.address}:9093" for node in carriers(NodeRole.ALERTMANAGER)),
    ]
