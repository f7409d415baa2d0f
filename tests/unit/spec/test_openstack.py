# ruff: noqa: E501 (a sentence is kept in one line, where a search finds it)
"""The options of the providers `openstack` and `libcloud` are told wrong with place and remedy."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.unit.spec.specs import described, groups, told

OPENSTACK = {
    "type": "openstack",
    "admin_cidrs": ["203.0.113.0/24"],
    "flavor": "m1.medium",
    "image": {"name": "debian-12"},
}
LIBCLOUD = {"type": "libcloud", "driver": "cloudstack", "size": "medium", "image": "debian-12"}


def openstack(**options: Any) -> dict[str, Any]:
    return described(provider={**OPENSTACK, **options})


def libcloud(**options: Any) -> dict[str, Any]:
    return described(provider={**LIBCLOUD, **options})


def machines(provider: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {**groups(agents={"count": 2, **keys}), "provider": provider}


GOOD = {
    "few words": openstack(),
    "open on purpose": openstack(admin_cidrs=["0.0.0.0/0"], open_to_everyone=True),
    "a network that exists": openstack(network="mine", access="direct"),
    "behind a bastion": openstack(access="bastion", bastion_flavor="m1.small"),
    "large agents": machines(OPENSTACK, options={"flavor": "m1.large"}),
    "any cloud": libcloud(environment={"key": "CLOUD_KEY"}, create={"ex_start_vm": True}),
    "any cloud's large agents": machines(LIBCLOUD, options={"size": "large"}),
}


@pytest.mark.parametrize("data", GOOD.values(), ids=GOOD.keys())
def test_what_these_clouds_can_do_passes(data: dict[str, Any]) -> None:
    assert told(data) == []


BAD = {
    "open to everyone": (
        openstack(admin_cidrs=["0.0.0.0/0"]),
        'provider.admin_cidrs[0]: lets in everyone, and Mesos and Marathon obey whoever reaches them (value "0.0.0.0/0") | name your own networks, or say `open_to_everyone: true`',
    ),
    "a zone twice": (
        openstack(zones=["az1", "az1"]),
        'provider.zones[1]: is named twice (value "az1") | name each zone once',
    ),
    "no way in": (
        openstack(access="direct"),
        'provider.access: leaves the machines of a network that is made without any way to them (value "direct") | use floating or bastion, or give a `network` that you reach',
    ),
    "a network that is too small": (
        openstack(cidr="10.60.0.0/29"),
        'provider.cidr: has room for 2 machines, not for 5 (value "10.60.0.0/29") | use a shorter prefix',
    ),
    "a misspelt option": (
        machines(OPENSTACK, options={"flavour": "m1.large"}),
        'groups.agents.options.flavour: is not a known key | did you mean "flavor"? keys here: flavor',
    ),
    "a size by number": (
        machines(OPENSTACK, memory_mb=4096),
        "groups.agents.memory_mb: cannot be chosen in OpenStack, where a machine has the size of its flavor (value 4096) | give `options: {flavor: …}` instead",
    ),
    "no flavor": (
        described(provider={key: value for key, value in OPENSTACK.items() if key != "flavor"}),
        'provider.flavor: is missing | add it, for example `flavor: "m1.medium"`',
    ),
    "a credential in the file": (
        libcloud(arguments={"host": "cloud.example.org", "secret": "x"}),
        "provider.arguments.secret: is a credential, and this file is no place for one | name a variable that holds it: `environment: {secret: CLOUD_SECRET}`",
    ),
    "names that cannot be told apart": (
        {**libcloud(), "name": "a--b"},
        "name: has '--' in it, which separates the parts of machines' names (value \"a--b\") | choose another name, or give `tags` if the cloud has them",
    ),
    "a variable that is none": (
        libcloud(environment={"key": "my key"}),
        'provider.environment.key: is not the name of a variable (value "my key") | write it in capitals: CLOUD_KEY',
    ),
}


@pytest.mark.parametrize(("data", "expected"), BAD.values(), ids=BAD.keys())
def test_what_these_clouds_cannot_do_is_told_exactly(data: dict[str, Any], expected: str) -> None:
    assert told(data) == [expected]


def test_a_name_that_no_host_can_have_is_told() -> None:
    (text,) = told({**libcloud(), "name": "a" * 45})
    assert "gives a machine a name of 64 characters" in text


DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("page", ["openstack.md", "libcloud.md"])
def test_the_example_of_the_page_passes(page: str) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    read = [YAML(typ="safe").load(block) for block in blocks]
    examples = [data for data in read if "provider" in data]
    assert examples
    for data in examples:
        assert told({**described(), **data}) == []


def test_every_option_that_a_page_names_exists() -> None:
    from mesosdeploy.spec.openstack_options import OpenStackOptions

    named = {"access", "cidr", "zones", "network", "external_network", "ttl_hours", "config_drive"}
    page = (DOCS / "openstack.md").read_text()
    assert named <= set(OpenStackOptions.model_fields)
    assert not [name for name in named if f"`{name}" not in page]
