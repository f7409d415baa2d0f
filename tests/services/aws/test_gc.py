"""What anybody's cluster left in the account is found, and what is over is removed alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mesosdeploy.nodes import NodeRequest
from mesosdeploy.providers.aws.belongings import KINDS
from tests.services.aws.conftest import REGION, Aws, Provide, quiet
from tests.services.aws.test_product import command

Requests = tuple[NodeRequest, ...]


@pytest.fixture
def inventory(aws: Aws, provide: Provide, requests: Requests, tmp_path: Path) -> Path:
    """Leave something of two clusters in the account, one of them over; return an environment."""
    living, over = provide("living", ttl_hours=8), provide("over", ttl_hours=8)
    for provider in (living, over):
        provider.prepare(requests, quiet)
    over.create(replace(requests[0], cluster="over"), quiet)
    past = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="seconds")
    tags = [{"Key": "mesosdeploy:expires", "Value": past}]
    objects = [left.name for left in provide("over").leftovers() if left.kind != "key pair"]
    keys = aws.ec2.describe_key_pairs()["KeyPairs"]
    objects += [key["KeyPairId"] for key in keys if "over" in key["KeyName"]]
    objects += [m["InstanceId"] for m in aws.alive()]
    volumes = aws.ec2.describe_volumes()["Volumes"]
    objects += [volume["VolumeId"] for volume in volumes]
    nics = aws.ec2.describe_network_interfaces()["NetworkInterfaces"]
    objects += [nic["NetworkInterfaceId"] for nic in nics]
    aws.ec2.create_tags(Resources=objects, Tags=tags)
    target = tmp_path / "inventory"
    target.mkdir()
    (target / "cluster.yml").write_text(
        "name: other\n"
        "provider: {type: aws, region: eu-central-1, admin_cidrs: [203.0.113.0/24]}\n"
        "groups: {masters: {count: 1}, agents: {count: 1}}\n"
    )
    return target


def test_what_is_over_is_removed_and_what_lives_stays(
    aws: Aws, provide: Provide, inventory: Path
) -> None:
    living = provide("living").leftovers()
    shown = command("gc", "-i", str(inventory), "-o", "json")
    assert shown.returncode == 0, shown.stderr
    clusters = {each["cluster"]: each for each in json.loads(shown.stdout)}
    assert {name: each["expired"] for name, each in clusters.items()} == {
        "living": False,
        "over": True,
    }
    assert "instance" in {item["kind"] for item in clusters["over"]["objects"]}
    assert len(aws.alive()) == 1, "showing removes nothing"
    refused = command("gc", "-i", str(inventory), "--cluster", "livng", "--yes")
    assert (refused.returncode, "it has: living, over" in refused.stderr) == (2, True)
    ended = command("gc", "-i", str(inventory), "--expired", "--yes")
    assert ended.returncode == 0, ended.stderr
    assert aws.alive() == []
    assert provide("over").leftovers() == []
    assert list(provide("living").leftovers()) == list(living)
    assert command("gc", "-i", str(inventory), "--cluster", "living", "--yes").returncode == 0
    assert json.loads(command("gc", "-i", str(inventory), "-o", "json").stdout) == []


def test_orphans_of_every_kind_are_found_and_removed(
    aws: Aws, provide: Provide, requests: Requests
) -> None:
    provider = provide("over", access="bastion", nat="per-zone", ttl_hours=8)
    provider.prepare([replace(request, cluster="over") for request in requests], quiet)
    tags = [{"Key": "mesosdeploy:cluster", "Value": "over"}]
    mine = [{"Name": "tag:mesosdeploy:cluster", "Values": ["over"]}]
    # A disk and a network interface that outlived their machine.
    aws.ec2.create_volume(
        AvailabilityZone=f"{REGION}a",
        Size=8,
        TagSpecifications=[{"ResourceType": "volume", "Tags": tags}],
    )
    aws.ec2.create_network_interface(
        SubnetId=aws.ec2.describe_subnets(Filters=mine)["Subnets"][0]["SubnetId"],
        TagSpecifications=[{"ResourceType": "network-interface", "Tags": tags}],
    )
    (remains,) = provide("another").clusters()
    assert {item.kind for item in remains.objects} == set(KINDS)
    assert remains.cluster == "over"
    assert remains.expires is not None
    provide("over").cleanup(quiet)
    assert (provide("another").clusters(), aws.alive()) == ([], [])
    for kind, listed in {
        "Addresses": aws.ec2.describe_addresses(),
        "Volumes": aws.ec2.describe_volumes(),
        "NetworkInterfaces": aws.ec2.describe_network_interfaces(Filters=mine),
    }.items():
        assert listed[kind] == [], kind
