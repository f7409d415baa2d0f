# ruff: noqa: E501 (a sentence is kept in one line, where a search finds it)
"""The options of the provider `aws` are told wrong with their place, their value and a remedy."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.spec.specs import described, groups, told

AWS = {"type": "aws", "region": "eu-central-1", "admin_cidrs": ["203.0.113.0/24"]}


def aws(**options: Any) -> dict[str, Any]:
    return described(provider={**AWS, **options})


def machines(name: str, **keys: Any) -> dict[str, Any]:
    count = 3 if name == "masters" else 2
    return {**groups(**{name: {"count": count, **keys}}), "provider": AWS}


GOOD = {
    "few words": aws(),
    "open on purpose": aws(admin_cidrs=["0.0.0.0/0"], open_to_everyone=True),
    "own zones": aws(zones=["eu-central-1a", "eu-central-1b"]),
    "a network that exists": aws(
        network={"vpc": "vpc-1a", "subnets": ["subnet-1a"]}, access="private"
    ),
    "behind a bastion": aws(access="bastion"),
    "ways out of every zone": aws(access="bastion", nat="per-zone"),
    "spot agents": machines("agents", options={"spot": True, "spot_max_price": 0.05}),
    "large masters": machines("masters", options={"instance_type": "m6i.xlarge", "disk_gb": 80}),
}


@pytest.mark.parametrize("data", GOOD.values(), ids=GOOD.keys())
def test_what_aws_can_do_passes(data: dict[str, Any]) -> None:
    assert told(data) == []


BAD = {
    "open to everyone": (
        aws(admin_cidrs=["203.0.113.0/24", "0.0.0.0/0"]),
        (
            "provider.admin_cidrs[1]: lets in everyone, and Mesos and Marathon obey whoever reaches"
            ' them (value "0.0.0.0/0") | name your own networks, or say `open_to_everyone: true`'
        ),
    ),
    "open to half of everyone": (
        aws(admin_cidrs=["128.0.0.0/1"]),
        (
            "provider.admin_cidrs[0]: lets in everyone, and Mesos and Marathon obey whoever reaches"
            ' them (value "128.0.0.0/1") | name your own networks, or say `open_to_everyone: true`'
        ),
    ),
    "another region's zone": (
        aws(zones=["eu-west-1a"]),
        (
            'provider.zones[0]: is no zone of the region eu-central-1 (value "eu-west-1a") | zones of'
            " a region begin with its name: eu-central-1a"
        ),
    ),
    "a zone twice": (
        aws(zones=["eu-central-1a", "eu-central-1a"]),
        'provider.zones[1]: is named twice (value "eu-central-1a") | name each zone once',
    ),
    "no way in": (
        aws(access="private"),
        'provider.access: leaves the machines of a network that is made without any way to them (value "private") | use public or bastion, or give a `network` that you reach',
    ),
    "ways out that nobody needs": (
        aws(nat="per-zone"),
        'provider.nat: is for NAT gateways, which are made with `access: bastion` in a network of the cluster\'s own (value "per-zone") | remove it',
    ),
    "no place for the bastion": (
        aws(access="bastion", network={"vpc": "vpc-1a", "subnets": ["subnet-1a"]}),
        "provider.network: has no public subnet for the bastion | add `bastion_subnet: subnet-…`",
    ),
    "a group called like the bastion": (
        {**groups(bastion={"count": 1, "kind": "agents"}), "provider": AWS},
        "groups.bastion: is the name of the machine that lets SSH through | choose another name",
    ),
    "a network that AWS does not make": (
        aws(cidr="10.0.0.0/8"),
        (
            'provider.cidr: has a prefix length that cannot be used (value "10.0.0.0/8") | use a'
            " prefix length from 16 to 22"
        ),
    ),
    "no region": (
        described(provider={"type": "aws", "admin_cidrs": ["203.0.113.0/24"]}),
        'provider.region: is missing | add it, for example `region: "eu-central-1"`',
    ),
    "no region that is one": (
        aws(region="Frankfurt"),
        (
            'provider.region: is not a region of AWS (value "Frankfurt") | write its code:'
            " eu-central-1"
        ),
    ),
    "a misspelt option": (
        machines("agents", options={"instance_typ": "m6i.large"}),
        (
            'groups.agents.options.instance_typ: is not a known key | did you mean "instance_type"?'
            " keys here: instance_type, disk_gb, spot, spot_max_price"
        ),
    ),
    "voters on spot": (
        machines("masters", options={"spot": True}),
        (
            "groups.masters.options.spot: is for agents: a cluster does not survive that AWS takes"
            " back its masters (value true) | remove it"
        ),
    ),
    "a price without spot": (
        machines("agents", options={"spot_max_price": 0.1}),
        (
            "groups.agents.options.spot_max_price: is given for machines that are no spot machines"
            " (value 0.1) | add `spot: true`, or remove it"
        ),
    ),
    "a size by number": (
        machines("agents", cpus=2),
        (
            "groups.agents.cpus: cannot be chosen in AWS, where a machine has the size of its type"
            " (value 2.0) | give `options: {instance_type: …}` instead"
        ),
    ),
    "our tag": (
        machines("agents", labels={"mesosdeploy:cluster": "x"}),
        (
            "groups.agents.labels.mesosdeploy:cluster: is a tag that is not yours to set | choose"
            " another name"
        ),
    ),
}


@pytest.mark.parametrize(("data", "expected"), BAD.values(), ids=BAD.keys())
def test_what_aws_cannot_do_is_told_exactly(data: dict[str, Any], expected: str) -> None:
    assert told(data) == [expected]


def test_a_network_that_is_too_small_is_told() -> None:
    data = {**groups(agents={"count": 200}), "provider": {**AWS, "cidr": "10.60.0.0/22"}}
    (text,) = told(data)
    assert "has room for 59 machines in each zone, not for 203 in all" in text
