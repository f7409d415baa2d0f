"""What has to be done: spec × recorded state × the provider's list → one action per node. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mesosdeploy.nodes import Node, NodeRequest, NodeRole, NodeStatus
from mesosdeploy.providers.base import Estimate
from mesosdeploy.state.record import ClusterState, request_record


class ActionKind(StrEnum):
    """What happens to a node."""

    CREATE = "create"
    START = "start"
    REPLACE = "replace"
    CHANGE = "change"
    KEEP = "keep"
    REMOVE = "remove"


@dataclass(frozen=True, kw_only=True)
class Action:
    """One node, what will happen to it, and why; `loses_data` where somebody has to say yes."""

    kind: ActionKind
    name: str
    group: str
    reason: str
    request: NodeRequest | None = None
    node: Node | None = None
    loses_data: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All actions in the order of the spec, removals last, and the dangers that forbid them.

    `converge` says why the playbook has to run, and is empty when nothing asks for it.
    """

    actions: tuple[Action, ...]
    converge: str = ""
    dangers: tuple[str, ...] = ()

    def of(self, *kinds: ActionKind) -> tuple[Action, ...]:
        """Return the actions of these kinds."""
        return tuple(action for action in self.actions if action.kind in kinds)

    @property
    def losses(self) -> tuple[Action, ...]:
        """The actions that somebody has to agree to."""
        return tuple(action for action in self.actions if action.loses_data)

    @property
    def machines_change(self) -> bool:
        """Whether any machine is made, started, replaced or removed."""
        return bool(
            self.of(ActionKind.CREATE, ActionKind.START, ActionKind.REPLACE, ActionKind.REMOVE)
        )

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do at all."""
        return not self.machines_change and not self.converge


_FIXED_AT_CREATION = frozenset({"cpus", "memory_mb", "labels", "options"})
_STAYING = frozenset({ActionKind.KEEP, ActionKind.CHANGE, ActionKind.START})
_QUORUM_ROLES = {NodeRole.ZOOKEEPER: "ZooKeeper members", NodeRole.MESOS_MASTER: "Mesos masters"}


def make(
    requests: Sequence[NodeRequest],
    nodes: Sequence[Node],
    state: ClusterState | None,
    *,
    fingerprint: str,
) -> Plan:
    """Return the plan.

    `fingerprint` identifies what would be installed (spec, variables, roles, artifacts); it is
    compared with the one recorded after the last finished run.
    """
    existing = {node.name: node for node in nodes}
    recorded = state.nodes if state else {}
    actions = [
        _wanted(request, existing.get(request.name), recorded.get(request.name) is not None, state)
        for request in requests
    ]
    wanted = {request.name for request in requests}
    actions += [
        Action(
            kind=ActionKind.REMOVE,
            name=node.name,
            group=node.group,
            reason="the spec does not name it any more",
            node=node,
            loses_data=True,
        )
        for node in nodes
        if node.name not in wanted
    ]
    return Plan(
        actions=tuple(actions),
        converge=_why_converge(actions, state, fingerprint),
        dangers=tuple(_dangers(requests, actions, state)),
    )


def _wanted(
    request: NodeRequest, node: Node | None, is_recorded: bool, state: ClusterState | None
) -> Action:
    kind, reason = _decide(request, node, is_recorded, state)
    return Action(
        kind=kind,
        name=request.name,
        group=request.group,
        reason=reason,
        request=request,
        node=node,
        # A machine whose making was cut off was never recorded and holds nothing.
        loses_data=kind is ActionKind.REPLACE and is_recorded,
    )


def _decide(
    request: NodeRequest, node: Node | None, is_recorded: bool, state: ClusterState | None
) -> tuple[ActionKind, str]:
    if node is None:
        lost = "it was recorded, but the provider has it no more"
        return ActionKind.CREATE, lost if is_recorded else "it does not exist yet"
    if node.status is NodeStatus.FAILED:
        return ActionKind.REPLACE, node.detail or "the provider reports it as failed"
    if node.status is NodeStatus.STOPPED:
        return ActionKind.START, "it is stopped"
    if node.status is NodeStatus.PENDING:
        return ActionKind.START, "its making was not waited for"
    changed = _changes(request, state)
    if changed:
        return ActionKind.CHANGE, f"changed in the spec: {', '.join(changed)}"
    return ActionKind.KEEP, "it runs as the spec wants it"


def _changes(request: NodeRequest, state: ClusterState | None) -> list[str]:
    before = state.nodes[request.name].request if state and request.name in state.nodes else {}
    if not before:
        return []
    after = request_record(request)
    changed = [key for key in after if key in before and before[key] != after[key]]
    if "settings" in changed:
        changed.remove("settings")
        old, new = before["settings"], after["settings"]
        changed += [key for key in {**old, **new} if old.get(key) != new.get(key)]
    return sorted(changed)


def _fixed(action: Action, state: ClusterState | None) -> list[str]:
    """Return the changed keys of a node that only making it anew could apply."""
    if action.kind not in {ActionKind.CHANGE, ActionKind.START} or action.request is None:
        return []
    return [key for key in _changes(action.request, state) if key in _FIXED_AT_CREATION]


def _why_converge(actions: Sequence[Action], state: ClusterState | None, fingerprint: str) -> str:
    if any(action.kind is not ActionKind.KEEP for action in actions):
        return "machines or their descriptions change"
    if state is None or not state.converged:
        return "the last run did not end" if state else "it never ran"
    if state.converged != fingerprint:
        return "the spec, its variables, the roles or an artifact changed since the last run"
    return ""


def _dangers(
    requests: Sequence[NodeRequest], actions: Sequence[Action], state: ClusterState | None
) -> Iterator[str]:
    """Name what must never happen to a cluster that has been running.

    Quorum arithmetic: a majority of n members is n // 2 + 1, and no two majorities may be possible
    at once, so the number of members cannot change while the others keep their old quorum
    (operational guide of Mesos, "Changing the quorum"); and when a majority of members is new and
    empty, it outvotes those that hold the data.
    """
    for action in actions:
        if fixed := _fixed(action, state):
            yield f"{action.name}: {', '.join(fixed)} cannot change once the machine is made"
    recorded = state.nodes if state else {}
    if state and state.installed_at:
        yield from _moves(actions, state)
    for role, words in _QUORUM_ROLES.items():
        before = {
            name for name, entry in recorded.items() if role in entry.request.get("roles", ())
        }
        if not before or not (state and state.installed_at):
            continue
        after = {request.name for request in requests if role in request.roles}
        if before != after:
            yield (
                f"the {words} would change from {len(before)} ({_names(before)}) to {len(after)} "
                f"({_names(after)}): their quorum cannot be changed on a running cluster yet"
            )
        new = {
            action.name
            for action in actions
            if action.kind in {ActionKind.CREATE, ActionKind.REPLACE} and action.name in before
        }
        if len(new) > len(before) - (len(before) // 2 + 1) and len(new) < len(before):
            yield (
                f"{len(new)} of {len(before)} {words} ({_names(new)}) would be made new and empty: "
                "a majority without data would outvote what is left"
            )


def _moves(actions: Sequence[Action], state: ClusterState) -> Iterator[str]:
    """Name agents that would change their fault domain, and masters that would leave theirs.

    An agent that registered with a domain refuses to start with another or without one ("Domain
    changed from … to …"); masters of another region exit, and one without a domain lets no agent in
    that has one.
    """
    for action in actions:
        known = state.nodes.get(action.name)
        if known is None or action.node is None or action.kind not in _STAYING:
            continue
        before, after = known.node, action.node
        if before.provider_id != after.provider_id:
            continue  # a new machine, made by a run that was cut off before it recorded that
        roles = known.request.get("roles", ())
        leaves = (before.region != after.region) or not after.zone
        if before.zone and (
            (NodeRole.MESOS_AGENT in roles and (leaves or before.zone != after.zone))
            or (NodeRole.MESOS_MASTER in roles and leaves)
        ):
            yield (
                f"{action.name}: its zone would change from {_place(before)} to {_place(after)},"
                " which Mesos does not take from a node that runs"
            )


def _place(node: Node) -> str:
    return f"{node.region or 'the region'}/{node.zone}" if node.zone else "none"


def _names(names: set[str]) -> str:
    return ", ".join(sorted(names))


def as_data(plan: Plan, estimate: Estimate | None = None) -> Mapping[str, object]:
    """Return the plan, and what its machines cost where that is known, as data for JSON output."""
    return {
        **({"estimate": _estimate_data(estimate)} if estimate else {}),
        "actions": [
            {
                "action": a.kind,
                "node": a.name,
                "group": a.group,
                "reason": a.reason,
                **({"zone": a.node.zone} if a.node and a.node.zone else {}),
            }
            for a in plan.actions
        ],
        "converge": plan.converge,
        "dangers": list(plan.dangers),
        "nothing_to_do": plan.is_empty,
    }


def _estimate_data(estimate: Estimate) -> Mapping[str, object]:
    return {
        "hourly_usd": round(estimate.hourly_usd, 4),
        "monthly_usd": round(estimate.monthly_usd, 2),
        "prices_of": estimate.dated.isoformat(),
        "unknown": list(estimate.unknown),
        "leaves_out": estimate.leaves_out,
    }
