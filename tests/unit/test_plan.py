"""The plan: tables of what is wanted, recorded and found → what is done, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mesosdeploy import plan as planning
from mesosdeploy.nodes import Node, NodeRequest, NodeRole, NodeStatus
from mesosdeploy.plan import ActionKind
from mesosdeploy.state.record import ClusterState, RecordedNode, request_record

MASTER_ROLES = frozenset({NodeRole.ZOOKEEPER, NodeRole.MESOS_MASTER})


def request(name: str, *, roles: frozenset[NodeRole] = MASTER_ROLES) -> NodeRequest:
    return NodeRequest(cluster="c", name=name, group="masters", index=int(name[-1]), roles=roles)


def node(name: str, status: NodeStatus = NodeStatus.RUNNING) -> Node:
    return Node(
        cluster="c",
        name=name,
        group="masters",
        index=int(name[-1]),
        status=status,
        provider_id=f"id-{name}",
    )


def state(*names: str, converged: str = "f", installed_at: str = "2026-01-01") -> ClusterState:
    return ClusterState(
        cluster="c",
        provider="fake",
        nodes={
            name: RecordedNode(node=node(name), request=request_record(request(name)))
            for name in names
        },
        converged=converged,
        installed_at=installed_at,
    )


THREE = ("master-1", "master-2", "master-3")
REQUESTS = [request(name) for name in THREE]


def make(nodes: list[Node], known: ClusterState | None, fingerprint: str = "f") -> planning.Plan:
    return planning.make(REQUESTS, nodes, known, fingerprint=fingerprint)


def test_first_run_creates_everything_in_the_order_of_the_spec() -> None:
    made = make([], None)
    assert [(a.kind, a.name) for a in made.actions] == [(ActionKind.CREATE, n) for n in THREE]
    assert not made.dangers


def test_finished_cluster_has_nothing_to_do() -> None:
    made = make([node(name) for name in THREE], state(*THREE))
    assert made.is_empty
    assert {a.kind for a in made.actions} == {ActionKind.KEEP}


@pytest.mark.parametrize(
    ("known", "fingerprint", "why"),
    [
        pytest.param(state(*THREE), "other", "changed since the last run", id="fingerprint"),
        pytest.param(state(*THREE, converged=""), "f", "did not end", id="cut-off"),
        pytest.param(None, "f", "never ran", id="state-lost"),
    ],
)
def test_playbook_runs_with_a_reason(
    known: ClusterState | None, fingerprint: str, why: str
) -> None:
    assert why in make([node(name) for name in THREE], known, fingerprint).converge


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (NodeStatus.STOPPED, ActionKind.START),
        (NodeStatus.FAILED, ActionKind.REPLACE),
        (NodeStatus.RUNNING, ActionKind.KEEP),
        (NodeStatus.PENDING, ActionKind.START),
    ],
)
def test_action_follows_what_the_provider_reports(status: NodeStatus, kind: ActionKind) -> None:
    made = make([node("master-1", status), node("master-2"), node("master-3")], state(*THREE))
    assert made.actions[0].kind is kind
    assert bool(made.losses) is (kind is ActionKind.REPLACE)


def test_machine_whose_making_was_cut_off_is_replaced_without_asking() -> None:
    made = make([node("master-1", NodeStatus.FAILED)], state("master-2", installed_at=""))
    assert made.actions[0].kind is ActionKind.REPLACE
    assert not made.losses


def test_changed_request_names_the_changed_keys() -> None:
    moved = replace(REQUESTS[0], roles=MASTER_ROLES | {NodeRole.MARATHON})
    nodes = [node(n) for n in THREE]
    made = planning.make([moved, *REQUESTS[1:]], nodes, state(*THREE), fingerprint="f")
    assert made.actions[0].kind is ActionKind.CHANGE
    assert "roles" in made.actions[0].reason
    assert made.converge
    assert not made.dangers


def test_changed_resources_of_an_agent_are_named() -> None:
    changed = [replace(REQUESTS[0], settings={"resources": {"cpus": 2}}), *REQUESTS[1:]]
    made = planning.make(changed, [node(n) for n in THREE], state(*THREE), fingerprint="f")
    assert made.actions[0].kind is ActionKind.CHANGE
    assert made.actions[0].reason == "changed in the spec: resources"
    assert not made.dangers


def test_stopped_machine_does_not_take_a_change_that_it_cannot_have() -> None:
    changed = [replace(REQUESTS[0], memory_mb=512), *REQUESTS[1:]]
    nodes = [node("master-1", NodeStatus.STOPPED), node("master-2"), node("master-3")]
    made = planning.make(changed, nodes, state(*THREE), fingerprint="f")
    assert made.actions[0].kind is ActionKind.START
    assert made.dangers == ("master-1: memory_mb cannot change once the machine is made",)


@pytest.mark.parametrize(
    "change", [{"labels": {"team": "x"}}, {"cpus": 2.0}, {"memory_mb": 512}, {"options": {"a": 1}}]
)
def test_what_is_fixed_at_creation_is_not_promised(change: dict[str, object]) -> None:
    changed = [replace(REQUESTS[0], **change), *REQUESTS[1:]]  # type: ignore[arg-type]
    made = planning.make(changed, [node(n) for n in THREE], state(*THREE), fingerprint="f")
    assert len(made.dangers) == 1
    assert made.dangers[0].startswith(f"master-1: {next(iter(change))} cannot change")


def test_node_that_the_spec_dropped_is_removed_last() -> None:
    made = make([node("master-4"), *(node(n) for n in THREE)], state(*THREE))
    assert [(a.kind, a.name) for a in made.of(ActionKind.REMOVE)] == [
        (ActionKind.REMOVE, "master-4")
    ]
    assert made.actions[-1].name == "master-4"


def test_number_of_masters_cannot_change_on_a_running_cluster() -> None:
    five = [*REQUESTS, request("master-4"), request("master-5")]
    made = planning.make(five, [node(n) for n in THREE], state(*THREE), fingerprint="f")
    assert len(made.dangers) == 2
    assert all("quorum cannot be changed" in danger for danger in made.dangers)


def test_number_of_masters_may_change_before_the_first_playbook() -> None:
    five = [*REQUESTS, request("master-4"), request("master-5")]
    known = state(*THREE, converged="", installed_at="")
    made = planning.make(five, [node(n) for n in THREE], known, fingerprint="f")
    assert not made.dangers


@pytest.mark.parametrize(
    ("alive", "endangered"),
    [
        pytest.param(2, False, id="one-of-three-lost-is-replaced"),
        pytest.param(1, True, id="two-of-three-lost-would-outvote-the-data"),
        pytest.param(0, False, id="all-lost-is-a-new-cluster"),
    ],
)
def test_majority_of_empty_members_is_a_danger(alive: int, endangered: bool) -> None:
    made = make([node(name) for name in THREE[:alive]], state(*THREE))
    assert bool(made.dangers) is endangered


def test_plan_as_data_is_plain() -> None:
    data = planning.as_data(make([], None))
    assert data["nothing_to_do"] is False
    assert data["actions"][0] == {  # type: ignore[index]
        "action": "create",
        "node": "master-1",
        "group": "masters",
        "reason": "it does not exist yet",
    }


AGENT_ROLES = frozenset({NodeRole.MESOS_AGENT})


@pytest.mark.parametrize(
    ("roles", "before", "after", "refused"),
    [
        pytest.param(AGENT_ROLES, "r/a", "r/b", "from r/a to r/b", id="an agent moves"),
        pytest.param(AGENT_ROLES, "r/a", "q/a", "from r/a to q/a", id="an agent's region"),
        pytest.param(AGENT_ROLES, "r/a", "r/", "from r/a to none", id="an agent leaves"),
        pytest.param(AGENT_ROLES, "r/", "r/a", "", id="an agent gets its first"),
        pytest.param(MASTER_ROLES, "r/a", "r/b", "", id="a master moves"),
        pytest.param(MASTER_ROLES, "r/a", "r/", "from r/a to none", id="a master leaves"),
        pytest.param(MASTER_ROLES, "r/a", "q/a", "from r/a to q/a", id="a master's region"),
    ],
)
def test_a_zone_that_mesos_would_not_take_is_refused(
    roles: frozenset[NodeRole], before: str, after: str, refused: str
) -> None:
    def placed(text: str) -> Node:
        region, _, zone = text.partition("/")
        return replace(node("master-1"), region=region, zone=zone)

    asked = request("master-1", roles=roles)
    entry = RecordedNode(node=placed(before), request=request_record(asked))
    known = replace(state(), nodes={"master-1": entry})
    for installed, expected in ((known, refused), (replace(known, installed_at=""), "")):
        dangers = planning.make([asked], [placed(after)], installed, fingerprint="f").dangers
        assert [expected in danger for danger in dangers] == [True] * bool(expected)
    new = replace(placed(after), provider_id="made-meanwhile")
    assert not planning.make([asked], [new], known, fingerprint="f").dangers
