"""Claims about the records of a state: Mesos-DNS' documentation, Service Naming."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mesosdeploy.services.dns.names import task_hash
from mesosdeploy.services.dns.records import Record, Records, compute, host_names
from tests.unit.services.dns.states import (
    MASTERS,
    ZONE,
    discovery,
    framework,
    records,
    running,
    state,
    task,
)

UNIQUE = f"web-{task_hash('web.1')}-s1"


def a(found: Records, name: str) -> list[str]:
    return found.values(name, "A")


def srv(found: Records, name: str) -> list[str]:
    return found.values(name, "SRV")


def test_task_has_addresses_inside_and_on_its_agent() -> None:
    found = records(task("web", statuses=[running(address="172.17.0.2")]))
    assert a(found, "web.marathon.mesos") == ["172.17.0.2"]
    assert a(found, "web.marathon.slave.mesos") == ["10.0.1.1"]
    assert a(found, f"{UNIQUE}.marathon.mesos") == ["172.17.0.2"]
    assert a(found, f"{UNIQUE}.marathon.slave.mesos") == ["10.0.1.1"]


def test_tasks_of_one_name_are_merged() -> None:
    found = records(task("web"), task("web", on=2, id="web.2"))
    assert a(found, "web.marathon.mesos") == ["10.0.1.1", "10.0.1.2"]


def test_names_that_become_the_same_are_merged() -> None:
    found = records(task("my.app"), task("my_app", on=2))
    assert a(found, "my-app.marathon.mesos") == ["10.0.1.1", "10.0.1.2"]


def test_group_of_marathon_is_in_the_name_both_ways() -> None:
    """Mesos-DNS answers a discovery name with its dots as dashes, and as they are."""
    found = records(task("b.a", discovery=discovery("b.a", ("http", 31000, "tcp"))))
    assert a(found, "b-a.marathon.mesos") == ["10.0.1.1"]
    assert a(found, "b.a.marathon.mesos") == ["10.0.1.1"]
    assert len(srv(found, "_b-a._tcp.marathon.mesos")) == 1
    assert len(srv(found, "_b.a._tcp.marathon.mesos")) == 1


def test_task_name_without_discovery_has_dashes_only() -> None:
    found = records(task("b.a"))
    assert a(found, "b-a.marathon.mesos") == ["10.0.1.1"]
    assert a(found, "b.a.marathon.mesos") == []


def test_ports_of_a_task_without_discovery_are_the_agents() -> None:
    found = records(task("web", ports="[31000-31001]"))
    for protocol in ("tcp", "udp"):
        for scope in ("marathon", "marathon.slave"):
            assert srv(found, f"_web._{protocol}.{scope}.mesos") == [
                f"{UNIQUE}.marathon.slave.mesos:31000",
                f"{UNIQUE}.marathon.slave.mesos:31001",
            ]


def test_ports_of_a_discovery_stand_inside_and_those_of_the_agent_on_it() -> None:
    info = discovery("web", ("http", 8080, "tcp"))
    found = records(task("web", ports="[31000-31000]", discovery=info))
    assert srv(found, "_web._tcp.marathon.mesos") == [f"{UNIQUE}.marathon.mesos:8080"]
    assert srv(found, "_http._web._tcp.marathon.mesos") == [f"{UNIQUE}.marathon.mesos:8080"]
    assert srv(found, "_web._udp.marathon.mesos") == []
    assert srv(found, "_web._tcp.marathon.slave.mesos") == [f"{UNIQUE}.marathon.slave.mesos:31000"]


def test_discovery_without_ports_leaves_those_of_the_agent() -> None:
    found = records(task("web", ports="[31000-31000]", discovery=discovery("web")))
    assert srv(found, "_web._tcp.marathon.mesos") == [f"{UNIQUE}.marathon.slave.mesos:31000"]


def test_discovery_port_without_protocol_has_both() -> None:
    found = records(task("web", discovery=discovery("web", ("", 80, ""))))
    assert srv(found, "_web._tcp.marathon.mesos") == srv(found, "_web._udp.marathon.mesos") != []


@pytest.mark.parametrize(
    "left_out",
    [
        pytest.param(task("web", state="TASK_KILLING"), id="killing"),
        pytest.param(task("web", statuses=[running(healthy=False)]), id="unhealthy"),
        pytest.param(task("web", on=9), id="agent unknown"),
        pytest.param(task("$$"), id="no name left"),
    ],
)
def test_task_that_does_not_serve_has_no_records(left_out: dict[str, object]) -> None:
    found = records(left_out)
    assert [r for r in found.all if ".marathon." in f".{r.name}"] == [
        Record("A", "marathon.mesos", "10.0.0.3")
    ]


def test_masters_and_leader() -> None:
    found = records()
    assert a(found, "leader.mesos") == ["10.0.0.2"]
    assert a(found, "master.mesos") == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    assert [a(found, f"master{n}.mesos") for n in range(4)] == [
        ["10.0.0.1"],
        ["10.0.0.2"],
        ["10.0.0.3"],
        [],
    ]
    for protocol in ("tcp", "udp"):
        assert srv(found, f"_leader._{protocol}.mesos") == ["leader.mesos:5050"]
        assert srv(found, f"_master._{protocol}.mesos") == ["master.mesos:5050"]


def test_leader_that_nobody_lists_gets_the_next_number() -> None:
    found = compute(state(leader="master@10.0.0.9:5050"), zone=ZONE, masters=MASTERS, resolved={})
    assert a(found, "leader.mesos") == ["10.0.0.9"]
    assert a(found, "master3.mesos") == ["10.0.0.9"]
    assert len(a(found, "master.mesos")) == 4


def test_agents() -> None:
    found = records()
    assert a(found, "slave.mesos") == ["10.0.1.1", "10.0.1.2"]
    assert srv(found, "_slave._tcp.mesos") == ["slave.mesos:5051"]


def test_framework_by_its_pid() -> None:
    given = framework(name="old", pid="scheduler-1@10.0.0.7:31337")
    found = compute(state(given), zone=ZONE, masters=MASTERS, resolved={})
    assert a(found, "old.mesos") == ["10.0.0.7"]
    assert srv(found, "_framework._tcp.old.mesos") == ["old.mesos:31337"]


def test_framework_by_its_host_name() -> None:
    given = state(framework(name="marathon.prod", hostname="host-7"))
    assert host_names(given, [*MASTERS, "named:5050"]) == {"host-7", "named"}
    found = compute(given, zone=ZONE, masters=MASTERS, resolved={"host-7": "10.0.0.7"})
    assert a(found, "marathon.prod.mesos") == ["10.0.0.7"]


def test_framework_whose_host_does_not_resolve_keeps_its_tasks() -> None:
    given = state(framework(task("web"), hostname="gone"))
    found = compute(given, zone=ZONE, masters=MASTERS, resolved={})
    assert a(found, "marathon.mesos") == []
    assert a(found, "web.marathon.mesos") == ["10.0.1.1"]


def test_ipv6_address_is_an_aaaa_record() -> None:
    found = records(task("web", statuses=[running(address="fd00::2")]))
    assert found.values("web.marathon.mesos", "AAAA") == ["fd00::2"]
    assert a(found, "web.marathon.mesos") == []


def test_server_names_itself() -> None:
    assert a(records(), "ns1.mesos") == ["10.0.0.1"]
    assert a(records(zone=replace(ZONE, listener="")), "ns1.mesos") == []


def test_name_that_is_too_long_for_dns_is_left_out() -> None:
    scope = ".".join(["x" * 60] * 4)
    given = state(framework(task("web"), task("w" * 40, id="w"), name=scope))
    found = compute(given, zone=ZONE, masters=MASTERS, resolved={})
    assert a(found, f"{scope}.mesos") == ["10.0.0.3"]
    assert all(len(record.name) <= 253 for record in found.all)


def test_values_are_found_by_any_spelling_of_a_name() -> None:
    assert records().values("LEADER.mesos.", "A") == ["10.0.0.2"]


def test_nothing_of_a_name_can_end_a_line() -> None:
    """The records go into files that dnsmasq reads line by line."""
    evil = "x\nsrv-host=_evil._tcp.mesos,evil.mesos,1"
    info = discovery(evil, (evil, 31000, evil))
    found = records(task(evil, id=evil, discovery=info))
    assert found.tasks
    for record in found.all:
        assert not set("\n ,/#=") & set(record.name + record.value), record
