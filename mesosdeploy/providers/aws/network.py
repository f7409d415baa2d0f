"""The ground that machines stand on: VPC, subnets per zone, security groups, key pair, image."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mesosdeploy.providers.aws import belongings
from mesosdeploy.providers.aws.session import Account
from mesosdeploy.providers.base import Report
from mesosdeploy.providers.cloud.failures import CloudError, Kind
from mesosdeploy.spec.aws_options import AwsOptions
from mesosdeploy.spec.aws_rules import SUBNET_NEWBITS

ZONES = 3
EVERYWHERE = "0.0.0.0/0"

Tags = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Image:
    """A machine image, and the name of the device that its system is on."""

    id: str
    root_device: str


def tag_list(tags: Tags, name: str = "") -> list[dict[str, str]]:
    """Return tags in the form of AWS' interface."""
    complete = {**({"Name": name} if name else {}), **tags}
    return [{"Key": key, "Value": value} for key, value in complete.items()]


def tagged(kind: str, tags: Tags, name: str) -> list[dict[str, Any]]:
    """Return the tags of an object for the call that makes it."""
    return [{"ResourceType": kind, "Tags": tag_list(tags, name)}]


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Make and find what is around the machines of one cluster; each call may be repeated."""

    account: Account
    cluster: str
    options: AwsOptions
    tags: Tags

    @property
    def name(self) -> str:
        """The name that people see beside each object."""
        return f"mesosdeploy-{self.cluster}"

    def find(self, kind: str) -> list[dict[str, Any]]:
        """Return AWS' descriptions of the cluster's objects of a kind, always in one order."""
        filters = belongings.tag_filter(self.cluster)
        found = belongings.of_kind(self.account, kind, filters)
        return [it.item for it in sorted(found, key=lambda it: it.id)]

    def zones(self) -> tuple[str, ...]:
        """Return the zones to use: those of the options, else the region's first three."""
        if self.options.zones:
            return self.options.zones
        found = self.account.every(
            "describe_availability_zones",
            "AvailabilityZones",
            Filters=[
                {"Name": "state", "Values": ["available"]},
                {"Name": "opt-in-status", "Values": ["opt-in-not-required"]},
            ],
        )
        names = sorted(zone["ZoneName"] for zone in found)[:ZONES]
        if not names:
            raise CloudError(
                f"the region {self.account.region} has no zone that is available",
                kind=Kind.NOT_FOUND,
                hint="give `zones` in the provider's options",
            )
        return tuple(names)

    def ensure_network(self, report: Report) -> str:
        """Return the id of the VPC, made with gateway, route and a subnet per zone if need be."""
        if self.options.network:
            return self.options.network.vpc
        vpc = self.ensure(
            "VPC",
            report,
            lambda: self.account.ec2.create_vpc(
                CidrBlock=self.options.cidr,
                TagSpecifications=tagged("vpc", self.tags, self.name),
            )["Vpc"],
        )["VpcId"]
        self.account.soon("modify_vpc_attribute", VpcId=vpc, EnableDnsSupport={"Value": True})
        self.account.soon("modify_vpc_attribute", VpcId=vpc, EnableDnsHostnames={"Value": True})
        gateway = self._ensure_gateway(vpc, report)
        table = self._ensure_routes(vpc, gateway, report)
        self._ensure_subnets(vpc, table, report)
        return str(vpc)

    def subnets(self) -> dict[str, str]:
        """Return zone -> subnet, in the order in which machines are spread."""
        if self.options.network:
            found = self.account.every(
                "describe_subnets", "Subnets", SubnetIds=list(self.options.network.subnets)
            )
            order = self.options.network.subnets
            found.sort(key=lambda item: order.index(item["SubnetId"]))
        else:
            found = sorted(self.find("subnet"), key=lambda item: str(item["AvailabilityZone"]))
        by_zone = {item["AvailabilityZone"]: item["SubnetId"] for item in found}
        wanted = self.options.zones or tuple(by_zone)
        return {zone: by_zone[zone] for zone in wanted if zone in by_zone}

    def ensure_key(self, public_key: str, report: Report) -> None:
        """Put the cluster's public key into AWS, under a name that follows from the key."""
        name = self.key_name(public_key)
        self.ensure(
            "key pair",
            report,
            lambda: dict(
                self.account.ec2.import_key_pair(
                    KeyName=name,
                    PublicKeyMaterial=public_key.encode(),
                    TagSpecifications=tagged("key-pair", self.tags, ""),
                )
            ),
            lambda item: bool(item["KeyName"] == name),
        )

    def key_name(self, public_key: str) -> str:
        """Return the name of the key pair: another key has another one."""
        return f"{self.name}-{hashlib.sha256(public_key.encode()).hexdigest()[:8]}"

    def image(self) -> Image:
        """Return the newest image of the name and owner; CloudError when there is none."""
        wanted = self.options.image
        found = self.account.every(
            "describe_images",
            "Images",
            Owners=[wanted.owner],
            Filters=[
                {"Name": "name", "Values": [wanted.name]},
                {"Name": "state", "Values": ["available"]},
            ],
        )
        if not found:
            raise CloudError(
                f"there is no image {wanted.name!r} of the owner {wanted.owner} in"
                f" {self.account.region}",
                kind=Kind.NOT_FOUND,
                hint="correct `image: {name: …, owner: …}` in the provider's options",
            )
        newest = max(found, key=lambda item: (str(item["CreationDate"]), str(item["Name"])))
        return Image(id=newest["ImageId"], root_device=newest["RootDeviceName"])

    def ensure(
        self,
        kind: str,
        report: Report,
        make: Callable[[], dict[str, Any]],
        is_it: Callable[[dict[str, Any]], bool] = lambda _item: True,
    ) -> dict[str, Any]:
        """Return the cluster's first object of a kind that `is_it`, made if there is none."""

        def find() -> dict[str, Any] | None:
            return next((item for item in self.find(kind) if is_it(item)), None)

        def told() -> dict[str, Any]:
            report(f"making {kind} of {self.cluster}")
            return make()

        return self.account.ensured(find, told, f"make {kind} of {self.cluster}")

    def _ensure_gateway(self, vpc: str, report: Report) -> str:
        gateway = self.ensure(
            "internet gateway",
            report,
            lambda: self.account.ec2.create_internet_gateway(
                TagSpecifications=tagged("internet-gateway", self.tags, self.name),
            )["InternetGateway"],
        )
        if not gateway["Attachments"]:
            self.account.soon(
                "attach_internet_gateway",
                InternetGatewayId=gateway["InternetGatewayId"],
                VpcId=vpc,
            )
        return str(gateway["InternetGatewayId"])

    def _ensure_routes(self, vpc: str, gateway: str, report: Report) -> Mapping[str, Any]:
        table = self.ensure(
            "route table",
            report,
            lambda: self.account.ec2.create_route_table(
                VpcId=vpc,
                TagSpecifications=tagged("route-table", self.tags, self.name),
            )["RouteTable"],
        )
        if not any(route.get("GatewayId") == gateway for route in table["Routes"]):
            self.account.soon(
                "create_route",
                RouteTableId=table["RouteTableId"],
                DestinationCidrBlock=EVERYWHERE,
                GatewayId=gateway,
            )
        return table

    def _ensure_subnets(self, vpc: str, table: Mapping[str, Any], report: Report) -> None:
        there = {item["AvailabilityZone"]: item for item in self.find("subnet")}
        taken = {item["CidrBlock"] for item in there.values()}
        parts = ipaddress.IPv4Network(self.options.cidr).subnets(prefixlen_diff=SUBNET_NEWBITS)
        free = (str(part) for part in parts if str(part) not in taken)
        associated = {entry.get("SubnetId") for entry in table["Associations"]}
        for zone in self.zones():
            subnet = there[zone] if zone in there else self._subnet(vpc, zone, next(free), report)
            if subnet["SubnetId"] not in associated:
                self.account.soon(
                    "associate_route_table",
                    RouteTableId=table["RouteTableId"],
                    SubnetId=subnet["SubnetId"],
                )

    def _subnet(self, vpc: str, zone: str, cidr: str, report: Report) -> dict[str, Any]:
        return self.ensure(
            "subnet",
            report,
            lambda: self.account.ec2.create_subnet(
                VpcId=vpc,
                AvailabilityZone=zone,
                CidrBlock=cidr,
                TagSpecifications=tagged("subnet", self.tags, f"{self.name}-{zone}"),
            )["Subnet"],
            lambda item: bool(item["AvailabilityZone"] == zone),
        )


def zone_for(index: int, zones: Sequence[str]) -> tuple[str, ...]:
    """Return all zones, beginning with the one for a group's machine of this number (from 1)."""
    start = (index - 1) % len(zones)
    return tuple(zones[start:]) + tuple(zones[:start])
