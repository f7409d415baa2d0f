"""What is made around machines: closed where it can be, and following the spec."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from mesosdeploy.nodes import NodeRequest
from mesosdeploy.providers.cloud import CloudError
from tests.services.openstack.conftest import ADMIN, Cloud, Provide, quiet, requests_of

Requests = tuple[NodeRequest, ...]


def rules_of(cloud: Cloud, count: int = 3) -> list[Any]:
    """Return the rules for what comes in, of the clusters' groups."""
    found = cloud.user.network.security_groups(project_id=cloud.user.current_project_id)
    groups = [group for group in found if group.name.startswith("mesosdeploy-")]
    assert len(groups) == count
    rules = [rule for group in groups for rule in group.security_group_rules]
    return [rule for rule in rules if rule["direction"] == "ingress"]


def test_nothing_but_the_admin_s_networks_comes_in_and_rules_follow_the_spec(
    cloud: Cloud, provide: Provide, requests: Requests, options: dict[str, Any]
) -> None:
    provide().prepare(requests, quiet)
    first = rules_of(cloud)
    assert {rule["remote_ip_prefix"] for rule in first} == {None, ADMIN}
    assert all(rule["remote_group_id"] or rule["remote_ip_prefix"] for rule in first)
    assert all(rule["description"] for rule in first)
    provide().prepare(requests, quiet)
    assert {rule["id"] for rule in rules_of(cloud)} == {rule["id"] for rule in first}
    more = requests_of(options, agents={"count": 1, "resources": {"ports": ["40000-40010"]}})
    changed = provide(admin_cidrs=["192.0.2.0/24"])
    foreseen = [each for each in changed.foresee(more) if each.action == "change"]
    assert {each.name for each in foreseen} == {
        f"mesosdeploy-c1-{group}" for group in ("masters", "agents", "monitors")
    }
    changed.prepare(more, quiet)
    rules = rules_of(cloud)
    assert {rule["remote_ip_prefix"] for rule in rules} == {None, "192.0.2.0/24"}
    ports = {rule["port_range_min"] for rule in rules}
    assert 40000 in ports
    assert 31000 not in ports


def test_a_dropped_group_keeps_its_ways_until_its_machines_are_gone(
    cloud: Cloud, provide: Provide, requests: Requests, options: dict[str, Any]
) -> None:
    more = requests_of(options, gpu={"count": 1, "kind": "agents"})
    provider = provide()
    provider.prepare(more, quiet)
    gpu = provider.create(next(one for one in more if one.group == "gpu"), quiet)
    provider.prepare(requests, quiet)
    provider.tidy(requests, quiet)
    assert cloud.kinds()["security group"] == 4
    (foreseen,) = [each for each in provider.foresee(requests) if each.action == "remove"]
    assert (foreseen.kind, foreseen.name) == ("security group", "mesosdeploy-c1-gpu")
    sources = {rule["remote_group_id"] for rule in rules_of(cloud, 4)}
    provider.destroy(gpu, quiet)
    provider.tidy(requests, quiet)
    assert len(sources - {rule["remote_group_id"] for rule in rules_of(cloud)}) == 1
    groups = [each for each in provider.foresee(requests) if each.kind == "security group"]
    assert [each.action for each in groups] == ["keep"] * 3


MISSING = {
    "flavor": ({"flavor": "m1.giant"}, "no flavor 'm1.giant'", "m1.small"),
    "image": ({"image": {"name": "windows"}}, "no image 'windows'", "openstack image list"),
    "zone": ({"zones": ["az9"]}, "no availability zone az9", "openstack availability zone list"),
    "network": ({"network": "yours", "access": "direct"}, "no network 'yours'", "public"),
    "way out": ({"external_network": "internet"}, "no network 'internet'", "public"),
}


@pytest.mark.parametrize(("change", "told", "hint"), MISSING.values(), ids=MISSING.keys())
def test_what_the_cloud_does_not_have_is_told_before_anything_is_made(
    cloud: Cloud, provide: Provide, requests: Requests, change: dict[str, Any], told: str, hint: str
) -> None:
    provider = provide(**change)
    with pytest.raises(CloudError, match=told) as refused:
        provider.prepare(requests, quiet)
    assert hint in str(refused.value.hint)
    assert not {"network", "router", "server"} & set(cloud.kinds())


def test_an_answer_that_was_lost_leaves_no_second_object(
    cloud: Cloud, provide: Provide, requests: Requests
) -> None:
    lost = {"method": "POST", "status": 504, "times": 1, "carried_out": True}
    kinds = ("networks", "subnets", "routers", "security-groups", "security-group-rules")
    cloud.plane.fail("neutron", *({**lost, "path": f"/{kind}$"} for kind in kinds))
    cloud.plane.fail("nova", {**lost, "path": "/os-keypairs$"})
    provider = provide()
    provider.prepare(requests, quiet)
    assert Counter(left.kind for left in provider.leftovers()) == {
        "network": 1,
        "subnet": 1,
        "router": 1,
        "security group": 3,
        "key pair": 1,
    }
    around = [each for each in provider.foresee(requests) if each.kind != "floating IP"]
    assert {each.action for each in around} == {"keep"}


def test_a_removal_that_was_cut_off_is_continued(
    cloud: Cloud, provide: Provide, requests: Requests
) -> None:
    provider = provide()
    provider.prepare(requests, quiet)
    fault = {"method": "DELETE", "path": "/networks/", "status": 403, "times": 1}
    cloud.plane.fail("neutron", fault)
    with pytest.raises(CloudError, match="403"):
        provider.cleanup(quiet)
    assert {left.kind for left in provider.leftovers()} == {"network", "security group", "key pair"}
    busy = {"method": "DELETE", "path": "/networks/", "status": 409, "times": 2}
    cloud.plane.fail("neutron", busy)
    provider.cleanup(quiet)
    assert (provider.leftovers(), cloud.kinds()) == ([], {})
