# ruff: noqa: E501 (a sentence is kept in one line, where a search finds it)
"""What must hold between fields is checked, and told together with wrong fields."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.errors import ProviderError
from mesosdeploy.nodes import NodeRequest
from mesosdeploy.providers.local.addresses import allocate, parse_subnet
from mesosdeploy.spec.load import check
from tests.unit.spec.specs import agents, described, groups, static, told

ONE_MORE = NodeRequest(cluster="demo", name="more-1", group="more", index=1, roles=frozenset())
RANGE = 'write "first-last", for example "31000-32000"'


def test_the_spec_of_these_tests_is_valid() -> None:
    assert told(described()) == []


ACROSS = {
    "two masters": (
        groups(masters={"count": 2}),
        (
            "groups.masters.count: asks for an even number of masters (value 2) | 2 need 2 and survive the loss of 0; 1 need 1 and survive the loss of 0; 3 need 2 and survive the loss of 1: use 1 or 3"
        ),
    ),
    "nine masters": (
        groups(masters={"count": 9}),
        (
            "groups.masters.count: asks for more than 7 masters (value 9) | use 3 (one may fail) or 5 (two may fail): every voter slows each write"
        ),
    ),
    "four zookeepers": (
        groups(zookeepers={"count": 4}),
        (
            "groups.zookeepers.count: asks for an even number of zookeepers (value 4) | 4 need 3 and survive the loss of 1; 3 need 2 and survive the loss of 1; 5 need 3 and survive the loss of 2: use 3 or 5"
        ),
    ),
    "masters of two groups": (
        groups(**{"masters-b": {"kind": "masters", "count": 1}}),
        (
            "groups: asks for an even number of masters (value 4) | 4 need 3 and survive the loss of 1; 3 need 2 and survive the loss of 1; 5 need 3 and survive the loss of 2: use 3 or 5"
        ),
    ),
    "no masters": (
        described(groups={"agents": {"count": 1}}),
        "groups: has no group of the kind masters | add `masters: {count: 3}`",
    ),
    "no agents": (
        described(groups={"masters": {"count": 1}}),
        "groups: has no group of the kind agents | add `agents: {count: 2}`",
    ),
    "kind missing": (
        groups(agent={"count": 1}),
        (
            'groups.agent: is not named after a kind of group, and gives no `kind` | did you mean "agents"? add `kind:` with one of masters, zookeepers, schedulers, agents, balancers, monitors'
        ),
    ),
    "kind contradicts": (
        groups(monitors={"kind": "agents", "count": 1}),
        (
            'groups.monitors.kind: contradicts the group\'s name: monitors are always monitors (value "agents") | remove `kind`, or rename the group (for example agents-a)'
        ),
    ),
    "reserved name": (
        groups(**{"mesos-master": {"kind": "agents", "count": 1}}),
        (
            "groups.mesos-master: is a name that the inventory uses for a group of its own | choose another name, for example one that says what the machines are for"
        ),
    ),
    "nodes of one name": (
        groups(agent={"kind": "agents", "count": 1}),
        (
            'groups.agent: makes a second node "agent-1"; agents has one already | rename the group or the host: node names are unique in a cluster'
        ),
    ),
    "names too long": (
        described(name="x" * 60),
        (
            f'name: is too long: with "-master-1" a machine\'s name has more than 63 characters (value "{"x" * 58}…) | use at most 54 characters'
        ),
    ),
    "attributes of masters": (
        groups(masters={"count": 3, "attributes": {"rack": "r1"}}),
        (
            "groups.masters.attributes: belongs to agents, and masters carries none | remove it, or move it to a group of agents"
        ),
    ),
    "more cpus than there are": (
        agents(cpus=2, resources={"cpus": 4}),
        (
            "groups.agents.resources.cpus: is more than the machine has (cpus: 2) (value 4.0) | offer at most 2, or raise cpus"
        ),
    ),
    "more memory than there is": (
        agents(memory_mb=1024, resources={"mem_mb": 2048}),
        (
            "groups.agents.resources.mem_mb: is more than the machine has (memory_mb: 1024) (value 2048) | offer at most 1024, or raise memory_mb"
        ),
    ),
    "range backwards": (
        agents(resources={"ports": ["32000-31000"]}),
        (
            f'groups.agents.resources.ports[0]: is not a range inside 1-65535 whose first port is not above its last (value "32000-31000") | {RANGE}'
        ),
    ),
    "range too high": (
        agents(resources={"ports": ["31000-70000"]}),
        (
            f'groups.agents.resources.ports[0]: is not a range inside 1-65535 whose first port is not above its last (value "31000-70000") | {RANGE}'
        ),
    ),
    "ranges overlap": (
        agents(resources={"ports": ["31000-32000", "32000-33000"]}),
        (
            'groups.agents.resources.ports[1]: overlaps the range "31000-32000" (value "32000-33000") | join the two, or move one'
        ),
    ),
    "range covers the agent": (
        agents(resources={"ports": ["5000-6000"]}),
        (
            'groups.agents.resources.ports[0]: covers port 5051, which the Mesos agent needs on the same node (value "5000-6000") | leave it out: Mesos would hand it to a task'
        ),
    ),
    "range covers sshd": (
        agents(resources={"ports": ["20-30"]}),
        (
            'groups.agents.resources.ports[0]: covers port 22, which sshd needs on the same node (value "20-30") | leave it out: Mesos would hand it to a task'
        ),
    ),
    "unknown version": (
        described(versions={"mesos": {"flavour": "lab", "version": "1.11"}}),
        (
            'versions.mesos.version: is not a version of the flavour lab (value "1.11") | did you mean "1.11.0"? known: 1.8.1, 1.9.0, 1.10.0, 1.11.0'
        ),
    ),
    "lab without tls": (
        described(features={"tls": True}),
        (
            "features.tls: cannot be had with the flavour lab: the library was built against OpenSSL 1.0, which no system of today has (value true) | set it to false, or use the flavour apache or clusterd"
        ),
    ),
    "lab without docker": (
        described(features={"docker_containerizer": True}),
        (
            "features.docker_containerizer: cannot be had with the flavour lab: the package holds no Docker executor (value true) | set it to false, or use the flavour apache or clusterd"
        ),
    ),
    "subnet too small": (
        described(
            provider={"type": "local", "subnet": "10.90.0.0/29"},
            groups={"masters": {"count": 3}, "agents": {"count": 3}},
        ),
        (
            'provider.subnet: has 8 address(es), and 256 are needed (value "10.90.0.0/29") | use a prefix length of at most 24'
        ),
    ),
    "subnet smaller than a /24": (
        described(provider={"type": "local", "subnet": "10.90.0.0/25"}),
        (
            'provider.subnet: has 128 address(es), and 256 are needed (value "10.90.0.0/25") | use a prefix length of at most 24'
        ),
    ),
    "subnet with one address too few": (
        described(
            provider={"type": "local", "subnet": "10.90.0.0/24"},
            groups={"masters": {"count": 3}, "agents": {"count": 242}},
        ),
        (
            'provider.subnet: has room for 244 nodes, not for 245 (value "10.90.0.0/24") | use a prefix length of at most 23'
        ),
    ),
    "group without hosts": (
        static({"masters": ["192.0.2.1"]}, masters=1, agents=1),
        "provider.hosts: gives no hosts for the group agents | add `agents:` with 1 address(es)",
    ),
    "count differs from hosts": (
        static({"masters": ["192.0.2.1"], "agents": ["192.0.2.2"]}, masters=1, agents=2),
        (
            "groups.agents.count: differs from the 1 host(s) of provider.hosts.agents (value 2) | set it to 1, or correct the list of hosts"
        ),
    ),
    "hosts of no group": (
        static(
            {"masters": ["192.0.2.1"], "agents": ["192.0.2.2"], "agent": []}, masters=1, agents=1
        ),
        (
            'provider.hosts.agent: is not a group of this spec | did you mean "agents"? known: masters, agents'
        ),
    ),
    "host in two groups": (
        static({"masters": ["192.0.2.1"], "agents": ["192.0.2.1"]}, masters=1, agents=1),
        (
            'provider.hosts.agents[0]: is a host of the group masters too (value "192.0.2.1") | give each node a host of its own'
        ),
    ),
    "ports clash on a host of two groups": (
        described(
            provider={
                "type": "static",
                "hosts": {
                    "masters": ["192.0.2.1"],
                    "agents": ["192.0.2.2"],
                    "schedulers": ["192.0.2.3"],
                    "spare": ["192.0.2.2"],
                },
            },
            groups={
                "masters": {"count": 1},
                "agents": {"count": 1},
                "schedulers": {"count": 1},
                "spare": {"kind": "agents", "count": 1},
            },
        ),
        (
            'provider.hosts.spare[0]: is a host of the group agents too; both need port 5051 (the Mesos agent) (value "192.0.2.2") | give each node a host of its own'
        ),
    ),
    "host twice in a group": (
        static({"masters": ["192.0.2.1"], "agents": ["192.0.2.2"] * 2}, masters=1, agents=2),
        (
            'provider.hosts.agents[1]: is given twice in the group agents (value "192.0.2.2") | give each node a host of its own'
        ),
    ),
    "a master without a zone": (
        static(
            {"masters": ["192.0.2.1"], "agents": [{"address": "192.0.2.2", "zone": "b"}]},
            masters=1,
            agents=1,
        ),
        (
            'provider.hosts.masters[0]: has no zone, and a master without one lets no agent in that has one (value "192.0.2.1") | give every master\'s host a `zone`, or no host'
        ),
    ),
    "Grafana without Prometheus": (
        described(features={"grafana": True}),
        (
            "features.grafana: shows what Prometheus collects, and no machine of this cluster runs one (value true) | turn `monitoring` on and add `monitors: {count: 1}`, or turn `grafana` off"
        ),
    ),
    "host is no address": (
        static({"masters": ["node1"], "agents": ["192.0.2.2"]}, masters=1, agents=1),
        (
            'provider.hosts.masters[0].address: is not an IPv4 address (value "node1") | write four numbers: 192.0.2.10'
        ),
    ),
}


@pytest.mark.parametrize(("data", "expected"), ACROSS.values(), ids=ACROSS.keys())
def test_problem_between_fields_is_told_exactly(data: dict[str, Any], expected: str) -> None:
    assert told(data) == [expected]


def test_wrong_fields_and_broken_rules_are_told_in_one_run() -> None:
    data = described(
        name="Bad",
        groups={
            "masters": {"count": 2, "colour": "red"},
            "agents": {"count": 0},
            "gpu": {"count": 1},
        },
        features={"tls": True},
    )
    assert [line.split(":")[0] for line in told(data)] == [
        "name",
        "groups.masters.colour",
        "groups.agents.count",
        "groups.gpu",
        "groups.masters.count",
        "features.tls",
    ]


def test_a_broken_group_is_not_told_as_missing_too() -> None:
    assert told(described(groups={"masters": {}, "agents": {"count": 1}})) == [
        "groups.masters.count: is missing | add it, for example `count: 3`"
    ]


def test_options_of_third_party_providers_pass_unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mesosdeploy.spec.provider_rules.known_types", lambda: ("local", "nimbus"))
    spec, problems = check(described(provider={"type": "nimbus", "region": "x", "deep": {"a": 1}}))
    assert problems == []
    assert spec is not None
    assert spec.provider.options() == {"region": "x", "deep": {"a": 1}}


def test_all_of_a_machine_may_be_offered() -> None:
    whole = agents(cpus=2, memory_mb=1024, resources={"cpus": 2, "mem_mb": 1024})
    assert told(whole) == []


def test_subnet_rule_accepts_what_the_local_provider_can_address() -> None:
    for prefix, nodes in (24, 244), (23, 500):
        subnet = f"10.90.0.0/{prefix}"
        groups = {"masters": {"count": 3}, "agents": {"count": nodes - 3}}
        spec, problems = check(
            described(provider={"type": "local", "subnet": subnet}, groups=groups)
        )
        assert (spec is not None, problems) == (True, [])
        assert spec is not None
        given = allocate(spec.requests(), {}, parse_subnet(subnet))
        assert len(set(given.values())) == nodes
        one_more = described(
            provider={"type": "local", "subnet": subnet},
            groups={**groups, "monitors": {"count": 1}},
        )
        assert len(told(one_more)) == 1
        with pytest.raises(ProviderError, match="no address is left"):
            allocate((*spec.requests(), ONE_MORE), {}, parse_subnet(subnet))


def test_subnet_rule_and_local_provider_refuse_the_same_prefix() -> None:
    with pytest.raises(ProviderError, match="256 are needed"):
        parse_subnet("10.90.0.0/25")


def test_checking_leaves_the_data_as_it_was() -> None:
    data = described(groups={"masters": {"count": 2, "x": 1}, "agents": {"count": 0}})
    before = repr(data)
    assert told(data)
    assert repr(data) == before
