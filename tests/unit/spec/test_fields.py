# ruff: noqa: E501 (a sentence is kept in one line, where a search finds it)
"""Each wrong field is told in a sentence for operators, with its value and a remedy."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.spec.specs import agents, described, groups, static, told

LABEL = "use 1 to 63 of a-z, 0-9 and '-', with a letter or digit at both ends"
GROUP_KEYS = "count, kind, attributes, resources, labels, cpus, memory_mb, options"
RANGE = 'write "first-last", for example "31000-32000"'

FIELDS = {
    "name with capitals": (
        described(name="My_Cluster"),
        f'name: is not a DNS label (value "My_Cluster") | did you mean "my-cluster"? {LABEL}',
    ),
    "name ends in a hyphen": (
        described(name="a-"),
        f'name: is not a DNS label (value "a-") | {LABEL}',
    ),
    "name of 64": (
        described(name="x" * 64),
        f'name: is not a DNS label (value "{"x" * 58}…) | {LABEL}',
    ),
    "name is a number": (
        described(name=7),
        'name: is a number, not text (value 7) | put it in quotes, as it should be read: "7"',
    ),
    "name is empty": (described(name=""), f'name: is not a DNS label (value "") | {LABEL}'),
    "name is null": (
        described(name=None),
        "name: is not text (value null) | put it in quotes",
    ),
    "unknown key": (
        described(feature={}),
        (
            'feature: is not a known key | did you mean "features"? keys here: name, provider, groups, versions, features'
        ),
    ),
    "unknown key of a group": (
        agents(conut=3),
        f'groups.agents.conut: is not a known key | did you mean "count"? keys here: {GROUP_KEYS}',
    ),
    "another tool's word": (
        agents(resources={"mem": 2048}),
        (
            'groups.agents.resources.mem: is not a known key | did you mean "mem_mb"? keys here: cpus, mem_mb, disk_mb, ports'
        ),
    ),
    "group name": (
        groups(GPU={"kind": "agents", "count": 1}),
        f'groups.GPU: is not a DNS label (value "GPU") | did you mean "gpu"? {LABEL}',
    ),
    "count zero": (
        agents(count=0),
        "groups.agents.count: must be at least 1 (value 0) | give at least 1, or remove the group",
    ),
    "count negative": (
        agents(count=-1),
        "groups.agents.count: must be at least 1 (value -1) | give at least 1, or remove the group",
    ),
    "count true": (
        agents(count=True),
        (
            "groups.agents.count: is not a whole number (value true) | write digits only, without a unit and without quotes"
        ),
    ),
    "count missing": (
        groups(agents={}),
        "groups.agents.count: is missing | add it, for example `count: 3`",
    ),
    "provider missing": (
        {key: value for key, value in described().items() if key != "provider"},
        'provider: is missing | add it, for example `provider: {"type": "local"}`',
    ),
    "provider a word": (
        described(provider="local"),
        (
            'provider: is not a mapping (value "local") | write `key: value` lines below it, or {key: value}'
        ),
    ),
    "provider unknown": (
        described(provider={"type": "locall"}),
        (
            'provider.type: is not a provider that is installed (value "locall") | did you mean "local"? known: local, aws, openstack, libcloud, static, fake'
        ),
    ),
    "option of local": (
        described(provider={"type": "local", "engin": "podman"}),
        (
            'provider.engin: is not a known key | did you mean "engine"? keys here: engine, image, runtime, subnet, zones'
        ),
    ),
    "choice of local": (
        described(provider={"type": "local", "engine": "podmann"}),
        (
            'provider.engine: is not one of the choices (value "podmann") | did you mean "podman"? choose one of: auto, podman, docker'
        ),
    ),
    "subnet": (
        described(provider={"type": "local", "subnet": "10.0.0.1/24"}),
        (
            'provider.subnet: is not an IPv4 network (value "10.0.0.1/24") | write the network\'s first address and its length: 10.90.0.0/24'
        ),
    ),
    "option of fake": (
        described(provider={"type": "fake", "speed": 1}),
        "provider.speed: is not a known key | keys here: fail_create, fail_after, delay_seconds",
    ),
    "host key": (
        static(
            {
                "masters": [{"address": "192.0.2.1", "host_key": "node1 ssh-ed25519 AAAA"}],
                "agents": ["192.0.2.2"],
            },
            masters=1,
            agents=1,
        ),
        'provider.hosts.masters[0].host_key: is not a public host key (value "node1 ssh-ed25519 AAAA") | write its kind and the key, without the host\'s name: ssh-ed25519 AAAA…',
    ),
    "unit in memory": (
        agents(resources={"mem_mb": "2GB"}),
        (
            'groups.agents.resources.mem_mb: is not a whole number (value "2GB") | write digits only, without a unit and without quotes'
        ),
    ),
    "no cpus": (
        agents(resources={"cpus": 0}),
        (
            "groups.agents.resources.cpus: must be greater than 0 (value 0) | give a value in that range"
        ),
    ),
    "infinite cpus": (
        agents(cpus=float("inf")),
        (
            "groups.agents.cpus: is not a finite number (value Infinity) | write a number such as 2 or 0.5"
        ),
    ),
    "ports no list": (
        agents(resources={"ports": "1-2"}),
        (
            'groups.agents.resources.ports: is not a list (value "1-2") | write `- item` lines below it, or [item, item]'
        ),
    ),
    "range ill-formed": (
        agents(resources={"ports": ["31000"]}),
        f'groups.agents.resources.ports[0]: is not a range of ports (value "31000") | {RANGE}',
    ),
    "attribute a number": (
        agents(attributes={"rack": 7}),
        (
            'groups.agents.attributes.rack: is a number, not text (value 7) | put it in quotes, as it should be read: "7"'
        ),
    ),
    "attribute separator": (
        agents(attributes={"rack": "a;b"}),
        (
            "groups.agents.attributes.rack: cannot be part of an attribute: Mesos separates attributes with ';' and ':' (value \"a;b\") | use text without ':' and ';', and without blanks at its ends"
        ),
    ),
    "flavour": (
        described(versions={"mesos": {"flavour": "apach"}}),
        (
            'versions.mesos.flavour: is not one of the choices (value "apach") | did you mean "apache"? choose one of: lab, apache, clusterd'
        ),
    ),
    "feature": (
        described(features={"tls": "yes"}),
        (
            'features.tls: is neither true nor false (value "yes") | write true or false, without quotes'
        ),
    ),
}


@pytest.mark.parametrize(("data", "expected"), FIELDS.values(), ids=FIELDS.keys())
def test_field_problem_is_told_exactly(data: dict[str, Any], expected: str) -> None:
    assert told(data) == [expected]
