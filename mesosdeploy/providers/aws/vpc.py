"""The network that is made for a cluster: public subnets, and private ones behind a NAT gateway."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mesosdeploy.providers.aws.network import NETWORK, PRIVATE, PUBLIC, Ground, tag_of, tagged
from mesosdeploy.providers.base import Report
from mesosdeploy.providers.cloud.failures import CloudError, Kind
from mesosdeploy.providers.cloud.waiting import until
from mesosdeploy.spec.aws_rules import SUBNET_NEWBITS

EVERYWHERE = "0.0.0.0/0"
NAT_SECONDS = 300.0


@dataclass(frozen=True, kw_only=True)
class Builder:
    """Make the parts of one cluster's network that are missing; each call may be repeated."""

    ground: Ground
    report: Report
    poll_seconds: float

    def build(self) -> str:
        """Return the id of the VPC when everything in it is there and works."""
        vpc = self._vpc()
        gateway = self._gateway(vpc)
        subnets = self._subnets(vpc, self._table(vpc, PUBLIC, GatewayId=gateway), PUBLIC)
        if self.ground.options.access == "bastion":
            nat = self._nat(subnets[0])
            self._subnets(vpc, self._table(vpc, PRIVATE, NatGatewayId=nat), PRIVATE)
        return vpc

    def _vpc(self) -> str:
        ground = self.ground
        vpc = ground.ensure(
            "VPC",
            self.report,
            lambda: ground.account.ec2.create_vpc(
                CidrBlock=ground.options.cidr,
                TagSpecifications=tagged("vpc", ground.tags, ground.name),
            )["Vpc"],
        )["VpcId"]
        ground.account.soon("modify_vpc_attribute", VpcId=vpc, EnableDnsSupport={"Value": True})
        ground.account.soon("modify_vpc_attribute", VpcId=vpc, EnableDnsHostnames={"Value": True})
        return str(vpc)

    def _gateway(self, vpc: str) -> str:
        ground = self.ground
        gateway = ground.ensure(
            "internet gateway",
            self.report,
            lambda: ground.account.ec2.create_internet_gateway(
                TagSpecifications=tagged("internet-gateway", ground.tags, ground.name),
            )["InternetGateway"],
        )
        found = str(gateway["InternetGatewayId"])
        if not gateway["Attachments"]:
            ground.account.soon("attach_internet_gateway", InternetGatewayId=found, VpcId=vpc)
        return found

    def _table(self, vpc: str, network: str, **way_out: str) -> Mapping[str, Any]:
        """Return the route table of a kind of subnet, with its way out."""
        ground = self.ground
        table = ground.ensure(
            "route table",
            self.report,
            lambda: ground.account.ec2.create_route_table(
                VpcId=vpc,
                TagSpecifications=self._tagged("route-table", network, network),
            )["RouteTable"],
            lambda item: tag_of(item, NETWORK) == network,
        )
        ((key, value),) = way_out.items()
        if not any(route.get(key) == value for route in table["Routes"]):
            ground.account.soon(
                "create_route",
                RouteTableId=table["RouteTableId"],
                DestinationCidrBlock=EVERYWHERE,
                **way_out,
            )
        return table

    def _subnets(self, vpc: str, table: Mapping[str, Any], network: str) -> Sequence[str]:
        """Return a subnet of this kind in each zone, associated with its route table."""
        associated = {entry.get("SubnetId") for entry in table["Associations"]}
        subnets = [str(self._subnet(vpc, zone, network)) for zone in self.ground.zones()]
        for subnet in subnets:
            if subnet not in associated:
                self.ground.account.soon(
                    "associate_route_table", RouteTableId=table["RouteTableId"], SubnetId=subnet
                )
        return subnets

    def _subnet(self, vpc: str, zone: str, network: str) -> str:
        ground = self.ground

        def make() -> dict[str, Any]:
            taken = {item["CidrBlock"] for item in ground.find("subnet")}
            whole = ipaddress.IPv4Network(ground.options.cidr)
            parts = map(str, whole.subnets(prefixlen_diff=SUBNET_NEWBITS))
            made: dict[str, Any] = ground.account.ec2.create_subnet(
                VpcId=vpc,
                AvailabilityZone=zone,
                CidrBlock=next(part for part in parts if part not in taken),
                TagSpecifications=self._tagged("subnet", network, f"{network}-{zone}"),
            )["Subnet"]
            return made

        found = ground.ensure(
            "subnet",
            self.report,
            make,
            lambda item: (item["AvailabilityZone"], tag_of(item, NETWORK)) == (zone, network),
        )
        return str(found["SubnetId"])

    def _nat(self, subnet: str) -> str:
        """Return the gateway through which private machines get out, when it works."""
        ground = self.ground
        address = ground.ensure(
            "elastic IP",
            self.report,
            lambda: dict(
                ground.account.ec2.allocate_address(
                    Domain="vpc",
                    TagSpecifications=tagged("elastic-ip", ground.tags, ground.name),
                )
            ),
        )["AllocationId"]
        ground.ensure(
            "NAT gateway",
            self.report,
            lambda: ground.account.ec2.create_nat_gateway(
                SubnetId=subnet,
                AllocationId=address,
                TagSpecifications=tagged("natgateway", ground.tags, ground.name),
            )["NatGateway"],
        )
        return until(
            self._working_nat,
            what=f"the NAT gateway of {ground.cluster} is not available",
            seconds=NAT_SECONDS,
            poll=self.poll_seconds,
        )

    def _working_nat(self) -> str | None:
        for item in self.ground.find("NAT gateway"):
            if item["State"] == "failed":
                reason = item.get("FailureMessage", "no reason is given")
                raise CloudError(
                    f"NAT gateway {item['NatGatewayId']} failed: {reason}",
                    kind=Kind.INVALID,
                    hint="remove it in the console, then run `mesosdeploy up` again",
                )
            if item["State"] == "available":
                return str(item["NatGatewayId"])
        return None

    def _tagged(self, kind: str, network: str, name: str) -> list[dict[str, Any]]:
        tags = {**self.ground.tags, NETWORK: network}
        return tagged(kind, tags, f"{self.ground.name}-{name}")
