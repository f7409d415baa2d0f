"""Claims about placing instances on offers: never more than is there, nowhere they may not be."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesosdeploy.services.marathon.constraints import satisfied
from mesosdeploy.services.marathon.definition import App
from mesosdeploy.services.marathon.matching import Match, Placement, Reason, instance_on, match
from mesosdeploy.services.marathon.model import Instance

Json = dict[str, Any]
VERSION = "2026-11-22T16:00:00.000Z"


def scalar(name: str, value: float, role: str = "*") -> Json:
    return {"name": name, "type": "SCALAR", "scalar": {"value": value}, "role": role}


def ports(*ranges: tuple[int, int], role: str = "*") -> Json:
    spans = [{"begin": begin, "end": end} for begin, end in ranges]
    return {"name": "ports", "type": "RANGES", "ranges": {"range": spans}, "role": role}


ENOUGH = (scalar("cpus", 4), scalar("mem", 1024), scalar("disk", 100), ports((31000, 31099)))


def offer_of(*resources: Json, **fields: Any) -> Json:
    return {
        "id": {"value": "offer-1"},
        "agent_id": {"value": "agent-1"},
        "hostname": "node1",
        "attributes": [{"name": "rack", "type": "TEXT", "text": {"value": "r1"}}],
        "resources": list(resources or ENOUGH),
        **fields,
    }


def app(app_id: str = "/web", **fields: Any) -> App:
    definition = {"id": app_id, "cmd": "x", "cpus": 1, "mem": 32, **fields}
    return App.from_json(definition, version=VERSION)


def place(offer: Json, one: App, count: int = 1, **options: Any) -> Match:
    return match(offer, [(one, count)], options.pop("placed", {}), role="prod", **options)


def amount(placements: tuple[Placement, ...], name: str) -> float:
    return sum(
        resource["scalar"]["value"]
        for placement in placements
        for resource in placement.resources
        if resource["name"] == name
    )


def reserved(resource: Json, role: str) -> Json:
    plain = {name: value for name, value in resource.items() if name != "role"}
    return {**plain, "reservations": [{"type": "STATIC", "role": role}]}


def test_an_instance_takes_what_its_app_asks_for() -> None:
    found = place(offer_of(), app(cpus=0.5, mem=64, disk=10, ports=[0, 0]))
    (placement,) = found.placements
    assert found.rejected == {}
    assert (placement.host, placement.app.id) == ("node1", "/web")
    assert placement.task_id.startswith("web.instance-")
    assert placement.resources[:3] == [scalar("cpus", 0.5), scalar("mem", 64), scalar("disk", 10)]
    first, second = placement.ports
    assert 31000 <= first <= 31099
    assert 31000 <= second <= 31099
    assert first != second


def test_an_app_without_disk_and_ports_takes_none() -> None:
    (placement,) = place(offer_of(), app(ports=[])).placements
    assert [resource["name"] for resource in placement.resources] == ["cpus", "mem"]


@pytest.mark.parametrize(
    ("fields", "resources", "reason"),
    [
        pytest.param({"cpus": 5}, ENOUGH, Reason.CPUS, id="cpus"),
        pytest.param({"mem": 2000}, ENOUGH, Reason.MEMORY, id="memory"),
        pytest.param({"disk": 101}, ENOUGH, Reason.DISK, id="disk"),
        pytest.param({"ports": [0, 0]}, (*ENOUGH[:3], ports((1, 1))), Reason.PORTS, id="ports"),
        pytest.param(
            {"ports": [80], "requirePorts": True}, ENOUGH, Reason.PORTS, id="required port"
        ),
        pytest.param({"constraints": [["rack", "IS", "r2"]]}, ENOUGH, Reason.CONSTRAINT, id="rack"),
        pytest.param({"acceptedResourceRoles": ["prod"]}, ENOUGH, Reason.ROLE, id="role"),
        pytest.param({}, (*ENOUGH, scalar("gpus", 1)), Reason.SCARCE, id="agent with a GPU"),
        pytest.param({"cpus": 5, "mem": 2000}, ENOUGH, Reason.CPUS, id="first of two"),
        pytest.param(
            {"cpus": 5, "constraints": [["rack", "IS", "r2"]]},
            ENOUGH,
            Reason.CONSTRAINT,
            id="constraint before cpus",
        ),
    ],
)
def test_an_offer_that_does_not_do_is_rejected_for_a_reason(
    fields: Json, resources: tuple[Json, ...], reason: Reason
) -> None:
    found = place(offer_of(*resources), app(**fields))
    assert (found.placements, found.rejected) == ((), {"/web": reason})


def test_reasons_are_those_of_marathons_queue() -> None:
    assert [reason.value for reason in Reason] == [
        "UnfulfilledRole",
        "UnfulfilledConstraint",
        "NoCorrespondingReservationFound",
        "AgentMaintenance",
        "InsufficientCpus",
        "InsufficientMemory",
        "InsufficientDisk",
        "InsufficientGpus",
        "InsufficientPorts",
        "DeclinedScarceResources",
    ]


def test_an_offer_holds_several_instances_until_it_is_used_up() -> None:
    found = place(offer_of(), app(), 9)
    assert len(found.placements) == 4
    assert found.rejected == {"/web": Reason.CPUS}
    assert len({placement.task_id for placement in found.placements}) == 4


def test_apps_share_an_offer() -> None:
    wanted = [(app("/a", cpus=3), 1), (app("/b"), 2), (app("/c", cpus=0.1), 1)]
    found = match(offer_of(), wanted, {}, role="*")
    assert [placement.app.id for placement in found.placements] == ["/a", "/b"]
    assert found.rejected == {"/b": Reason.CPUS, "/c": Reason.CPUS}


def test_thousandths_of_a_cpu_add_up() -> None:
    found = place(offer_of(scalar("cpus", 0.3), scalar("mem", 999)), app(cpus=0.1, ports=[]), 9)
    assert len(found.placements) == 3


def test_a_task_gets_all_thousandths_that_it_asks_for() -> None:
    (placement,) = place(offer_of(), app(cpus=1.001)).placements  # 1.001 * 1000 < 1001
    assert placement.resources[0] == scalar("cpus", 1.001)


def test_required_ports_are_exactly_those() -> None:
    one = app(ports=[31007, 31003], requirePorts=True)
    found = place(offer_of(), one, 2)
    assert [placement.ports for placement in found.placements] == [(31007, 31003)]
    assert found.rejected == {"/web": Reason.PORTS}
    assert found.placements[0].resources[-1] == ports((31003, 31003), (31007, 31007))


@pytest.mark.parametrize("seed", range(5))
def test_a_required_port_0_is_any_other_port(seed: int) -> None:
    one = app(ports=[0, 31000], requirePorts=True)
    offer = offer_of(*ENOUGH[:3], ports((31000, 31001)))
    (placement,) = place(offer, one, seed=seed).placements
    assert placement.ports == (31001, 31000)


def test_the_same_offer_and_seed_give_the_same_ports() -> None:
    def chosen(seed: int) -> list[tuple[int, ...]]:
        found = place(offer_of(), app(ports=[0, 0]), 3, seed=seed)
        return [placement.ports for placement in found.placements]

    assert chosen(1) == chosen(1)
    assert len({tuple(chosen(seed)) for seed in range(20)}) > 10


def test_reserved_resources_are_used_before_unreserved_ones() -> None:
    mine = reserved(scalar("cpus", 1.5), "prod")
    found = place(offer_of(scalar("cpus", 1), scalar("mem", 99), mine), app(cpus=2, ports=[]))
    (placement,) = found.placements
    assert placement.resources[:2] == [mine, scalar("cpus", 0.5)]


def test_a_resource_keeps_its_reservation_and_allocation() -> None:
    cpus = {
        **reserved(scalar("cpus", 4), "prod"),
        "allocation_info": {"role": "prod"},
    }
    (placement,) = place(offer_of(cpus, scalar("mem", 99)), app(ports=[])).placements
    assert placement.resources[0] == {**cpus, "scalar": {"value": 1}}


@pytest.mark.parametrize(
    "unusable",
    [
        pytest.param(reserved(scalar("cpus", 4), "test"), id="reserved for another role"),
        pytest.param(scalar("cpus", 4, role="test"), id="reserved in the old form"),
        pytest.param(reserved(scalar("cpus", 4), "prod/team"), id="refined reservation"),
        pytest.param({**scalar("cpus", 4), "revocable": {"x": 1}}, id="revocable"),
        pytest.param({**scalar("cpus", 4), "provider_id": {"value": "p"}}, id="of a provider"),
    ],
)
def test_what_belongs_to_others_is_not_used(unusable: Json) -> None:
    found = place(offer_of(unusable, scalar("mem", 99)), app(ports=[]))
    assert found.rejected == {"/web": Reason.CPUS}


@pytest.mark.parametrize(
    ("disk", "placed"),
    [
        pytest.param({"persistence": {"id": "v"}}, 0, id="volume"),
        pytest.param({"source": {"type": "MOUNT"}}, 0, id="disk of its own"),
        pytest.param({}, 1, id="root disk"),
    ],
)
def test_only_space_of_the_root_disk_is_used(disk: Json, placed: int) -> None:
    space = {**scalar("disk", 100), "disk": disk}
    found = place(offer_of(*ENOUGH[:2], space), app(disk=1, ports=[]))
    assert len(found.placements) == placed


@pytest.mark.parametrize(
    ("accepted", "roles"),
    [([], ["prod", "*"]), (["*"], ["*"]), (["prod"], ["prod"]), (["*", "prod"], ["prod", "*"])],
)
def test_accepted_roles_say_what_is_used(accepted: list[str], roles: list[str]) -> None:
    resources = [
        scalar("cpus", 1),
        scalar("cpus", 1, "prod"),
        scalar("mem", 9),
        scalar("mem", 9, "prod"),
    ]
    one = app(cpus=1, mem=1, ports=[], acceptedResourceRoles=accepted)
    found = place(offer_of(*resources), one, 2)
    taken = [placement.resources[0]["role"] for placement in found.placements]
    assert taken == roles


@pytest.mark.parametrize(
    ("unavailability", "now", "placed"),
    [
        pytest.param({"start": {"nanoseconds": 100e9}}, 50, 1, id="later"),
        pytest.param({"start": {"nanoseconds": 100e9}}, 150, 0, id="begun, without end"),
        pytest.param(
            {"start": {"nanoseconds": 100e9}, "duration": {"nanoseconds": 10e9}}, 150, 1, id="over"
        ),
        pytest.param(
            {"start": {"nanoseconds": 100e9}, "duration": {"nanoseconds": 99e9}}, 150, 0, id="on"
        ),
        pytest.param({"start": {"nanoseconds": 100e9}}, None, 0, id="unknown time"),
    ],
)
def test_an_agent_in_maintenance_gets_nothing(
    unavailability: Json, now: float | None, placed: int
) -> None:
    found = place(offer_of(unavailability=unavailability), app(), now=now)
    assert len(found.placements) == placed
    assert found.rejected == ({} if placed else {"/web": Reason.MAINTENANCE})


def test_instances_of_this_call_count_for_constraints() -> None:
    found = place(offer_of(), app(constraints=[["hostname", "UNIQUE"]]), 3)
    assert len(found.placements) == 1
    assert found.rejected == {"/web": Reason.CONSTRAINT}


@pytest.mark.parametrize(
    ("version", "placed"), [(VERSION, 0), ("2026-11-22T15:00:00.000Z", 1)], ids=["this", "older"]
)
def test_instances_of_an_older_configuration_do_not_count(version: str, placed: int) -> None:
    old = Instance(task_id="t", app_id="/web", version=version, host="node1")
    one = app(constraints=[["hostname", "UNIQUE"]])
    assert len(place(offer_of(), one, placed={"/web": [old]}).placements) == placed


def test_instances_of_other_apps_do_not_count() -> None:
    other = Instance(task_id="t", app_id="/db", version=VERSION, host="node1")
    one = app(constraints=[["hostname", "UNIQUE"]])
    assert place(offer_of(), one, placed={"/db": [other]}).placements


def test_an_instance_knows_its_agent() -> None:
    domain = {"fault_domain": {"region": {"name": "east"}, "zone": {"name": "e1"}}}
    instance = instance_on(offer_of(domain=domain), app(), "t-1")
    assert (instance.agent_id, instance.host) == ("agent-1", "node1")
    assert (instance.region, instance.zone, instance.attributes) == ("east", "e1", {"rack": "r1"})
    assert (instance.task_id, instance.version) == ("t-1", VERSION)


CONSTRAINTS = [
    [],
    [["hostname", "UNIQUE"]],
    [["hostname", "MAX_PER", "2"]],
    [["rack", "GROUP_BY", "2"]],
    [["rack", "CLUSTER"]],
    [["rack", "UNLIKE", "r1"]],
]
PORT_RANGES = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 4)).map(
        lambda pair: (31000 + pair[0] * 10, 31000 + pair[0] * 10 + pair[1])
    ),
    unique_by=lambda span: span[0],
    max_size=4,
)
AMOUNTS = st.integers(0, 3000).map(lambda units: units / 1000)
ROLES = st.sampled_from(["*", "prod", "test"])


@st.composite
def offers(draw: st.DrawFn) -> Json:
    scalars = [
        scalar(name, draw(AMOUNTS), role)
        for name, role in itertools.product(("cpus", "mem"), ("*", draw(ROLES)))
    ]
    # The agent's ranges are disjoint, whoever they are reserved for.
    spans = draw(PORT_RANGES)
    cut = draw(st.integers(0, len(spans)))
    return offer_of(
        *scalars, ports(*spans[:cut]), ports(*spans[cut:], role=draw(ROLES)), hostname="h1"
    )


@st.composite
def wishes(draw: st.DrawFn) -> list[tuple[App, int]]:
    count = draw(st.integers(1, 3))
    return [
        (
            app(
                f"/app-{index}",
                cpus=max(draw(AMOUNTS), 0.001),
                mem=draw(AMOUNTS),
                ports=draw(st.sampled_from([[], [0], [0, 0], [31000, 0], [31001]])),
                requirePorts=draw(st.booleans()),
                constraints=draw(st.sampled_from(CONSTRAINTS)),
                acceptedResourceRoles=draw(st.sampled_from([[], ["*"], ["prod"]])),
            ),
            draw(st.integers(0, 4)),
        )
        for index in range(count)
    ]


def held(offer: Json, name: str, role: str) -> float:
    return sum(
        resource["scalar"]["value"]
        for resource in offer["resources"]
        if resource["name"] == name and resource["role"] == role
    )


def listed(resources: list[Json]) -> list[tuple[str, int]]:
    """Return role and number of every port."""
    return [
        (resource["role"], port)
        for resource in resources
        if resource["name"] == "ports"
        for span in resource["ranges"]["range"]
        for port in range(span["begin"], span["end"] + 1)
    ]


@given(offer=offers(), wanted=wishes(), seed=st.integers(0, 9))
def test_placements_never_exceed_the_offer(
    offer: Json, wanted: list[tuple[App, int]], seed: int
) -> None:
    found = match(offer, wanted, {}, role="prod", seed=seed)
    taken = [resource for placement in found.placements for resource in placement.resources]
    for name, role in itertools.product(("cpus", "mem"), ("*", "prod", "test")):
        used = sum(
            resource["scalar"]["value"]
            for resource in taken
            if resource["name"] == name and resource["role"] == role
        )
        assert used <= (0 if role == "test" else held(offer, name, role)) + 1e-9
    for placement in found.placements:
        assert amount((placement,), "cpus") == pytest.approx(placement.app.cpus)
        assert amount((placement,), "mem") == pytest.approx(placement.app.mem)
        assert sorted(port for _, port in listed(placement.resources)) == sorted(placement.ports)
        assert len(placement.ports) == len(placement.app.port_definitions)


@given(offer=offers(), wanted=wishes(), seed=st.integers(0, 9))
def test_ports_are_disjoint_and_of_the_offer(
    offer: Json, wanted: list[tuple[App, int]], seed: int
) -> None:
    found = match(offer, wanted, {}, role="prod", seed=seed)
    taken = [port for placement in found.placements for port in listed(placement.resources)]
    assert not [port for port, count in Counter(taken).items() if count > 1]
    assert set(taken) <= set(listed(offer["resources"]))
    for placement in found.placements:
        if placement.app.require_ports:
            definitions = placement.app.port_definitions
            assert all(
                definition.port in {0, port}
                for definition, port in zip(definitions, placement.ports, strict=True)
            )


@given(
    offer=offers(),
    wanted=wishes(),
    running=st.lists(st.tuples(st.sampled_from(["h1", "h2"]), st.sampled_from(["r1", "r2"]))),
)
def test_no_placement_breaks_a_constraint(
    offer: Json, wanted: list[tuple[App, int]], running: list[tuple[str, str]]
) -> None:
    placed = {
        one.id: [
            Instance(
                task_id="t", app_id=one.id, version=VERSION, host=host, attributes={"rack": rack}
            )
            for host, rack in running
        ]
        for one, _ in wanted
    }
    found = match(offer, wanted, placed, role="prod")
    for one, count in wanted:
        own = [placement for placement in found.placements if placement.app == one]
        assert len(own) == count or one.id in found.rejected
        beside = list(placed[one.id])
        for placement in own:
            candidate = instance_on(offer, one, placement.task_id)
            assert all(satisfied(constraint, candidate, beside) for constraint in one.constraints)
            beside.append(candidate)
