"""What is made around the machines: tagged at once, closed where it can be, removed in order."""

from __future__ import annotations

from collections import Counter
from typing import Any

import boto3
import pytest

from mesosdeploy.errors import ProviderError
from mesosdeploy.nodes import NodeRequest
from mesosdeploy.providers.aws import AwsProvider
from mesosdeploy.providers.cloud import CloudError
from mesosdeploy.providers.local.identity import make_host_key
from tests.services.aws.conftest import ADMIN, REGION, Aws, Provide, quiet, requests_of

Requests = tuple[NodeRequest, ...]
WAYS = ("NAT gateway", "elastic IP")
CREATIONS = (
    "CreateVpc",
    "CreateSubnet",
    "CreateInternetGateway",
    "CreateRouteTable",
    "CreateSecurityGroup",
    "ImportKeyPair",
    "RunInstances",
)


def test_everything_is_tagged_in_the_call_that_makes_it(
    aws: Aws, provide: Provide, requests: Requests
) -> None:
    provider = provide(ttl_hours=8)
    provider.prepare(requests, quiet)
    provider.create(requests[0], quiet)
    log = aws.log()
    assert "CreateTags" not in {entry["action"] for entry in log}
    for action in CREATIONS:
        calls = [entry for entry in log if entry["action"] == action]
        assert calls, action
        for entry in calls:
            assert {"mesosdeploy:cluster", "mesosdeploy:expires", "c1"} <= set(entry.values())


def test_a_second_run_makes_and_changes_nothing(
    aws: Aws, provide: Provide, requests: Requests
) -> None:
    provide().prepare(requests, quiet)
    aws.fail()
    provide().prepare(requests, quiet)
    changing = [a for a in aws.actions() if not a.startswith(("Describe", "ModifyVpc"))]
    assert changing == []


def test_a_machine_is_encrypted_guarded_and_spread(
    aws: Aws, provide: Provide, requests: Requests
) -> None:
    iam = boto3.client("iam", region_name=REGION)
    iam.create_instance_profile(InstanceProfileName="node")
    provider = provide(instance_profile="node", disk_gb=20)
    provider.prepare(requests, quiet)
    nodes = [provider.create(request, quiet) for request in requests[:3]]
    assert [(node.region, node.zone) for node in nodes] == [
        (REGION, f"{REGION}{letter}") for letter in "abc"
    ]
    assert nodes == list(provide().list())
    launches = [entry for entry in aws.log() if entry["action"] == "RunInstances"]
    for entry in launches:
        assert entry["MetadataOptions.HttpTokens"] == "required"
        assert entry["MetadataOptions.HttpPutResponseHopLimit"] == "1"
        assert entry["BlockDeviceMapping.1.Ebs.Encrypted"] == "true"
        assert entry["BlockDeviceMapping.1.Ebs.VolumeSize"] == "20"
        assert entry["IamInstanceProfile.Name"] == "node"
        assert entry["query"] == "", "parameters in an address would be logged by proxies"
    images = {entry["ImageId"] for entry in launches}
    newest = aws.ec2.describe_images(Filters=[{"Name": "name", "Values": ["*20260102"]}])
    assert images == {image["ImageId"] for image in newest["Images"]}
    disks = {entry["BlockDeviceMapping.1.DeviceName"] for entry in launches}
    assert disks == {image["RootDeviceName"] for image in newest["Images"]}
    zones = {machine["Placement"]["AvailabilityZone"] for machine in aws.alive()}
    assert zones == {f"{REGION}{letter}" for letter in "abc"}


def test_nothing_but_the_admin_s_networks_comes_in_from_outside(
    aws: Aws, provide: Provide, requests: Requests
) -> None:
    provide().prepare(requests, quiet)
    groups = aws.ec2.describe_security_groups(
        Filters=[{"Name": "tag:mesosdeploy:cluster", "Values": ["c1"]}]
    )["SecurityGroups"]
    assert {group["GroupName"] for group in groups} == {
        f"mesosdeploy-c1-{name}" for name in ("masters", "agents", "monitors")
    }
    for group in groups:
        ranges = [r["CidrIp"] for rule in group["IpPermissions"] for r in rule["IpRanges"]]
        assert set(ranges) == {ADMIN}
        assert [r for rule in group["IpPermissions"] for r in rule["UserIdGroupPairs"]]


def test_rules_follow_the_spec(
    aws: Aws, provide: Provide, requests: Requests, options: dict[str, Any]
) -> None:
    provide().prepare(requests, quiet)
    other = {**options, "admin_cidrs": ["198.51.100.0/24"]}
    more = requests_of(other, agents={"count": 2, "resources": {"ports": ["40000-40010"]}})
    changed = provide(admin_cidrs=["198.51.100.0/24"])
    foreseen = [each for each in changed.foresee(more) if each.action == "change"]
    assert {each.name for each in foreseen} == {
        f"mesosdeploy-c1-{group}" for group in ("masters", "agents", "monitors")
    }
    assert all("more" in each.detail and "fewer" in each.detail for each in foreseen)
    changed.prepare(more, quiet)
    kinds = ("VPC", "internet gateway", "subnet", "route table", "security group", "key pair")
    settled = [each for each in changed.foresee(more) if each.kind in kinds]
    assert {each.action for each in settled} == {"keep"}
    permissions = [
        rule
        for group in aws.ec2.describe_security_groups(
            Filters=[{"Name": "tag:mesosdeploy:cluster", "Values": ["c1"]}]
        )["SecurityGroups"]
        for rule in group["IpPermissions"]
    ]
    assert {r["CidrIp"] for rule in permissions for r in rule["IpRanges"]} == {"198.51.100.0/24"}
    assert 40000 in {rule["FromPort"] for rule in permissions}
    assert 31000 not in {rule["FromPort"] for rule in permissions}


def test_a_dropped_group_keeps_its_ways_until_its_machines_are_gone(
    aws: Aws, provide: Provide, requests: Requests, options: dict[str, Any]
) -> None:
    more = requests_of(options, gpu={"count": 1, "kind": "agents"})
    provider = provide()
    provider.prepare(more, quiet)
    gpu = provider.create(next(one for one in more if one.group == "gpu"), quiet)
    aws.fail()
    provider.prepare(requests, quiet)
    provider.tidy(requests, quiet)
    assert not [a for a in aws.actions() if a.startswith(("Revoke", "Delete"))]
    provider.destroy(gpu, quiet)
    provider.tidy(requests, quiet)
    assert [a for a in aws.actions() if a.startswith("Delete")] == ["DeleteSecurityGroup"]
    settled = [each for each in provider.foresee(requests) if each.kind == "security group"]
    assert [each.action for each in settled] == ["keep"] * 3


def test_a_network_that_exists_is_used_and_stays(
    aws: Aws, provide: Provide, requests: Requests
) -> None:
    vpc = aws.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        aws.ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.9.{n}.0/24", AvailabilityZone=f"{REGION}{zone}"
        )["Subnet"]["SubnetId"]
        for n, zone in enumerate("ab")
    ]
    provider = provide(network={"vpc": vpc, "subnets": subnets}, access="private")
    provider.prepare(requests, quiet)
    node = provider.create(requests[0], quiet)
    assert node.ssh_host == node.address
    assert node.address.startswith("10.9.")
    kinds = {left.kind for left in provider.leftovers()}
    assert kinds == {"security group", "key pair"}
    provider.destroy(node, quiet)
    provider.cleanup(quiet)
    assert provider.leftovers() == []
    assert aws.ec2.describe_subnets(SubnetIds=subnets)["Subnets"]


def test_another_key_gets_another_key_pair_and_both_go(
    aws: Aws, provide: Provide, requests: Requests
) -> None:
    first = provide()
    first.prepare(requests, quiet)
    other = make_host_key().public
    second = provide()
    second.ground.ensure_key(other, quiet)
    assert len(aws.ec2.describe_key_pairs()["KeyPairs"]) == 2
    second.cleanup(quiet)
    assert aws.ec2.describe_key_pairs()["KeyPairs"] == []


def test_what_is_removed_is_removed_before_what_it_needs(
    aws: Aws, provide: Provide, requests: Requests
) -> None:
    provider = provide()
    provider.prepare(requests, quiet)
    provider.create(requests[0], quiet)
    aws.fail()
    provider.cleanup(quiet)
    removing = ("Terminate", "Delete", "Detach", "Revoke", "Disassociate")
    order = list(dict.fromkeys(a for a in aws.actions() if a.startswith(removing)))
    assert order == [
        "TerminateInstances",
        "RevokeSecurityGroupIngress",
        "DeleteSecurityGroup",
        "DeleteKeyPair",
        "DisassociateRouteTable",
        "DeleteRouteTable",
        "DeleteSubnet",
        "DetachInternetGateway",
        "DeleteInternetGateway",
        "DeleteVpc",
    ]
    assert aws.alive() == []


def test_clusters_do_not_touch_each_other(aws: Aws, provide: Provide, requests: Requests) -> None:
    mine, other = provide(), provide("c2", cidr="10.61.0.0/16")
    for provider in (mine, other):
        provider.prepare(requests, quiet)
    expected = other.leftovers()
    mine.cleanup(quiet)
    assert (list(mine.leftovers()), list(other.leftovers())) == ([], list(expected))
    assert expected
    assert aws.alive() == []


def test_a_missing_image_is_told_before_anything_is_made(
    aws: Aws, provide: Provide, requests: Requests
) -> None:
    provider = provide(image={"name": "debian-99-*", "owner": "self", "user": "admin"})
    with pytest.raises(CloudError, match=r"no image 'debian-99-\*' of the owner self"):
        provider.prepare(requests, quiet)
    assert provider.leftovers() == []
    assert not [a for a in aws.actions() if a.startswith("Create")]


def test_a_machine_without_a_network_is_told_what_to_do(
    provide: Provide, requests: Requests
) -> None:
    with pytest.raises(CloudError, match="has no subnet in eu-central-1"):
        provide().create(requests[0], quiet)


def test_options_that_passed_no_check_are_refused(provide: Provide) -> None:
    with pytest.raises(ProviderError, match="option regoin"):
        provide(regoin="x")


def test_regions_that_libcloud_does_not_know_work(
    aws: Aws, provide: Provide, requests: Requests
) -> None:
    del aws
    provider = provide(region="ap-southeast-5")
    assert provider.list() == []
    assert requests


def test_more_machines_than_one_page_are_all_listed(
    aws: Aws, provide: Provide, requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mesosdeploy.providers.aws import driver

    monkeypatch.setattr(driver, "PAGE", 5)
    provider = provide()
    provider.prepare(requests, quiet)
    nodes = [provider.create(request, quiet) for request in requests]
    aws.fail()
    assert len(provider.list()) == len(nodes) == 6
    assert aws.actions() == ["DescribeInstances"] * 2


def test_behind_a_bastion_only_it_has_a_public_address(
    aws: Aws, provide: Provide, requests: Requests
) -> None:
    provider = provide(access="bastion")
    provider.prepare(requests, quiet)
    node = provider.create(requests[0], quiet)
    public = [machine for machine in aws.alive() if machine.get("PublicIpAddress")]
    assert [machine["Tags"] and machine["InstanceType"] for machine in public] == ["t3.micro"]
    assert node.jump is not None
    assert node.jump.host == public[0]["PublicIpAddress"]
    assert str(node.jump.host_key).startswith("ssh-ed25519 ")
    assert node.ssh_host == node.address
    assert provider.list() == [node] == list(provide(access="bastion").list())
    kinds = Counter(left.kind for left in provider.leftovers())
    assert (kinds["instance"], kinds["NAT gateway"], kinds["elastic IP"]) == (1, 1, 1)
    assert (kinds["subnet"], kinds["route table"], kinds["security group"]) == (6, 2, 4)
    aws.fail()
    provide(access="bastion").prepare(requests, quiet)
    assert not [a for a in aws.actions() if a.startswith(("Create", "Run", "Allocate"))]
    provider.destroy(node, quiet)
    provider.cleanup(quiet)
    assert (provider.leftovers(), aws.alive()) == ([], [])


def ways_out(aws: Aws) -> dict[str, tuple[str, str]]:
    """Return zone of a private subnet -> id and zone of the NAT gateway that its table leads to."""
    mine = [{"Name": "tag:mesosdeploy:cluster", "Values": ["c1"]}]
    subnets = aws.ec2.describe_subnets(Filters=mine)["Subnets"]
    zones = {subnet["SubnetId"]: subnet["AvailabilityZone"] for subnet in subnets}
    gateways = {
        one["NatGatewayId"]: zones[one["SubnetId"]]
        for one in aws.ec2.describe_nat_gateways(Filter=mine)["NatGateways"]
        if one["State"] == "available"
    }
    return {
        zones[entry["SubnetId"]]: (route["NatGatewayId"], gateways[route["NatGatewayId"]])
        for table in aws.ec2.describe_route_tables(Filters=mine)["RouteTables"]
        for route in table["Routes"]
        if route.get("NatGatewayId")
        for entry in table["Associations"]
    }


def counts(provider: AwsProvider) -> tuple[int, int, int]:
    kinds = Counter(left.kind for left in provider.leftovers())
    return kinds["NAT gateway"], kinds["elastic IP"], kinds["route table"]


def test_zones_share_a_way_out_or_have_each_their_own_and_a_change_leaves_no_rest(
    aws: Aws, provide: Provide, requests: Requests
) -> None:
    every = [f"{REGION}{letter}" for letter in "abc"]
    single = provide(access="bastion")
    single.prepare(requests, quiet)
    (shared,) = set(ways_out(aws).values())
    assert (sorted(ways_out(aws)), shared[1], counts(single)) == (every, every[0], (1, 1, 2))
    parted = provide(access="bastion", nat="per-zone")
    foreseen = [(e.action, e.kind, e.name) for e in parted.foresee(requests) if e.kind in WAYS]
    assert foreseen == [
        *(("make", "NAT gateway", "2"), ("keep", "NAT gateway", "1")),
        *(("make", "elastic IP", "2"), ("keep", "elastic IP", "1")),
    ]
    assert parted.estimate(requests).hourly_usd > single.estimate(requests).hourly_usd + 0.1
    parted.prepare(requests, quiet)
    assert {zone: way[1] for zone, way in ways_out(aws).items()} == {zone: zone for zone in every}
    assert shared in ways_out(aws).values(), "the gateway that was there stays"
    assert counts(parted) == (3, 3, 4)
    aws.fail()
    provide(access="bastion", nat="per-zone").prepare(requests, quiet)
    changing = ("Create", "Run", "Allocate", "Delete", "Associate", "Disassociate", "Release")
    assert not [action for action in aws.actions() if action.startswith(changing)]
    foreseen = [(e.kind, e.name) for e in single.foresee(requests) if e.action == "remove"]
    assert sorted(foreseen) == [("NAT gateway", "2"), ("elastic IP", "2"), ("route table", "2")]
    single.prepare(requests, quiet)
    assert (set(ways_out(aws).values()), counts(single)) == ({shared}, (1, 1, 2))
    single.cleanup(quiet)
    assert (single.leftovers(), aws.alive()) == ([], [])


@pytest.mark.parametrize("action", ["AllocateAddress", "CreateNatGateway", "AssociateRouteTable"])
def test_a_lost_answer_makes_no_second_way_out(
    aws: Aws, provide: Provide, requests: Requests, action: str
) -> None:
    aws.fail({"action": action, "drop": True, "after": 3 * (action == "AssociateRouteTable")})
    provider = provide(access="bastion", nat="per-zone")
    provider.prepare(requests, quiet)
    assert counts(provider) == (3, 3, 4)
    assert len(set(ways_out(aws).values())) == 3


def test_private_machines_get_out_through_the_gateway_and_public_ones_directly(
    aws: Aws, provide: Provide, requests: Requests
) -> None:
    provide(access="bastion").prepare(requests, quiet)
    tables = aws.ec2.describe_route_tables(
        Filters=[{"Name": "tag:mesosdeploy:cluster", "Values": ["c1"]}]
    )["RouteTables"]
    ways = {
        next(tag["Value"] for tag in table["Tags"] if tag["Key"] == "mesosdeploy:network"): [
            route.get("NatGatewayId") or route["GatewayId"]
            for route in table["Routes"]
            if route["DestinationCidrBlock"] == "0.0.0.0/0"
        ]
        for table in tables
    }
    assert {name: [way[:4] for way in found] for name, found in ways.items()} == {
        "public": ["igw-"],
        "private": ["nat-"],
    }
