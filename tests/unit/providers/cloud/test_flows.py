"""The firewall follows from the roles: what must be reached is open, to groups, and no more."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy import scraping
from mesosdeploy.mesos.endpoints import (
    AGENT_PORT,
    BALANCER_PORT,
    DNS_PORT,
    MARATHON_PORT,
    MASTER_PORT,
)
from mesosdeploy.nodes import ATTENDANT, NodeRequest, NodeRole
from mesosdeploy.providers.cloud.flows import ADMIN, FLOWS, LOCAL_PORTS, rules
from mesosdeploy.scraping import Place
from mesosdeploy.spec.load import check
from mesosdeploy.spec.ports import SERVICES

MOST_RULES = 60
"""What a security group of AWS holds by default."""


def requests(**changes: Any) -> tuple[NodeRequest, ...]:
    groups = {"masters": {"count": 3}, "agents": {"count": 2}, "monitors": {"count": 1}}
    data = {"name": "c1", "provider": {"type": "fake"}, "groups": {**groups, **changes}}
    spec, problems = check(data)
    assert spec is not None
    assert not problems
    return spec.requests()


def test_every_port_of_every_service_is_decided() -> None:
    assert SERVICES
    for role, services in SERVICES.items():
        for service in services:
            spans = [(flow.first, flow.last) for flow in FLOWS if flow.to is role]
            known = service.port in LOCAL_PORTS or any(a <= service.port <= b for a, b in spans)
            assert known, f"{role} {service.port}: no flow, and not local"


def test_no_flow_comes_from_nobody() -> None:
    assert not [flow for flow in FLOWS if not flow.sources and not flow.admin]
    assert NodeRole.RESOLVER in ATTENDANT


def test_every_target_of_prometheus_is_open_to_it() -> None:
    data = {"name": "c1", "provider": {"type": "fake"}}
    groups = {"masters": {"count": 3}, "agents": {"count": 2}, "monitors": {"count": 1}}
    spec, _ = check({**data, "groups": {**groups, "balancers": {"count": 1}}})
    assert spec is not None
    groups_of = {one.name: one.group for one in spec.requests()}
    places = [Place(name=one.name, address=one.name, roles=one.roles) for one in spec.requests()]
    made, found = rules(spec.requests()), scraping.jobs(spec, places)
    assert len(found) > 5
    for job in found:
        for target in job.get("targets", ()):  # type: ignore[attr-defined]
            if "port" in target:  # a probe names an address
                lines = made[groups_of[target["node"]]]
                assert any(
                    line.source == "monitors" and line.first <= target["port"] <= line.last
                    for line in lines
                ), (job["job"], target)


REACHED = {
    "an agent finds the leader": ("masters", "tcp", 2181, "agents"),
    "an agent registers": ("masters", "tcp", 5050, "agents"),
    "a master dials back": ("agents", "tcp", 5051, "masters"),
    "a master reaches a scheduler": ("masters", "tcp", 17080, "masters"),
    "voters elect": ("masters", "tcp", 3888, "masters"),
    "names are asked for by datagram": ("masters", "udp", 53, "agents"),
    "names are asked for by stream": ("masters", "tcp", 53, "monitors"),
    "the balancer reaches tasks": ("agents", "tcp", 31000, "monitors"),
    "machines are measured": ("agents", "tcp", 9100, "monitors"),
    "people reach the balancer": ("monitors", "tcp", 80, ADMIN),
    "people enter by SSH": ("agents", "tcp", 22, ADMIN),
}


@pytest.mark.parametrize(("to", "protocol", "port", "source"), REACHED.values(), ids=REACHED)
def test_what_must_be_reached_is_open(to: str, protocol: str, port: int, source: str) -> None:
    lines = rules(requests())[to]
    assert any(
        (line.protocol, line.source) == (protocol, source) and line.first <= port <= line.last
        for line in lines
    )


CLOSED = {
    "quorum from agents": ("masters", 2888, "agents"),
    "ZooKeeper from people": ("masters", 2181, ADMIN),
    "ZooKeeper's admin server": ("masters", 18080, "masters"),
    "SSH between nodes": ("agents", 22, "masters"),
    "tasks from people": ("agents", 31000, ADMIN),
    "a scheduler's back door from people": ("masters", 17080, ADMIN),
    "metrics from agents": ("agents", 9100, "agents"),
}


@pytest.mark.parametrize(("to", "port", "source"), CLOSED.values(), ids=CLOSED)
def test_what_nobody_needs_is_closed(to: str, port: int, source: str) -> None:
    lines = rules(requests())[to]
    assert lines
    assert not [x for x in lines if x.source == source and x.first <= port <= x.last]


def test_with_an_entrance_people_come_through_it_and_by_ssh_only() -> None:
    made = dict(rules(requests(), entrance="bastion"))
    assert [(x.first, x.last, x.source) for x in made.pop("bastion")] == [(22, 22, ADMIN)]
    assert made
    for group, lines in made.items():
        assert not [line for line in lines if line.source == ADMIN], group
        assert (22, "bastion") in {(line.first, line.source) for line in lines}


def test_groups_of_their_own_have_rules_of_their_own() -> None:
    made = rules(requests(zookeepers={"count": 3}, schedulers={"count": 2}))
    assert {line.first for line in made["zookeepers"]} >= {2181, 2888, 3888}
    assert 2888 not in {line.first for line in made["masters"]}
    assert 8080 in {line.first for line in made["schedulers"]}


def test_ports_that_agents_offer_are_those_that_open() -> None:
    made = rules(requests(agents={"count": 1, "resources": {"ports": ["40000-40010"]}}))
    spans = {(line.first, line.last) for line in made["agents"] if line.why == "tasks"}
    assert spans == {(40000, 40010)}


def test_rules_fit_into_a_security_group_with_two_networks_of_people() -> None:
    for lines in rules(requests()).values():
        people = sum(line.source == ADMIN for line in lines)
        assert len(lines) + people <= MOST_RULES


def test_masters_reach_everything_that_commands_ask() -> None:
    groups = {"zookeepers": {"count": 3}, "schedulers": {"count": 2}, "balancers": {"count": 2}}
    asked = {
        NodeRole.ZOOKEEPER: {2181},
        NodeRole.MESOS_MASTER: {MASTER_PORT},
        NodeRole.MESOS_AGENT: {AGENT_PORT},
        NodeRole.MARATHON: {MARATHON_PORT},
        NodeRole.HAPROXY: {80, BALANCER_PORT},
        NodeRole.MESOS_DNS: {DNS_PORT},
        NodeRole.PROMETHEUS: {9090},
        NodeRole.ALERTMANAGER: {9093},
    }
    nodes, seen = requests(**groups), set()
    made = rules(nodes)
    for node in nodes:
        for role in node.roles & set(asked):
            seen.add(role)
            for port in asked[role]:
                assert any(
                    line.source == "masters" and line.first <= port <= line.last
                    for line in made[node.group]
                ), (role, port)
    assert seen == set(asked)
