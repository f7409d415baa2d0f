"""The network that is made for a cluster: public subnets, and private ones behind NAT gateways."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from mesosdeploy.providers.aws import belongings
from mesosdeploy.providers.aws.nat import Exits
from mesosdeploy.providers.aws.network import NETWORK, PRIVATE, PUBLIC, Ground, tag_of, tagged
from mesosdeploy.providers.base import Report
from mesosdeploy.providers.cloud.launch import ZONE
from mesosdeploy.spec.aws_rules import SUBNET_NEWBITS

EVERYWHERE = "0.0.0.0/0"


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
        table = self._table(vpc, PUBLIC, GatewayId=gateway)
        zones = self.ground.zones()
        public = self._subnets(vpc, PUBLIC, dict.fromkeys(zones, table))
        if self.ground.options.access == "bastion":
            self._private(vpc, public)
        return vpc

    def _private(self, vpc: str, public: Mapping[str, str]) -> None:
        """Make private subnets with their ways out, then remove what a change of these left."""
        exits = Exits(ground=self.ground, report=self.report, poll_seconds=self.poll_seconds)
        gateways = exits.ensure(public)
        single = self.ground.options.nat == "single"
        ways = {"": next(iter(gateways.values()))} if single else gateways
        tables = {
            zone: self._table(vpc, PRIVATE, zone, NatGatewayId=gateway)
            for zone, gateway in ways.items()
        }
        self._subnets(vpc, PRIVATE, {zone: tables["" if single else zone] for zone in public})
        self._remove_tables({table["RouteTableId"] for table in tables.values()})
        exits.remove_others(set(ways.values()))

    def _remove_tables(self, kept: Collection[str]) -> None:
        private = (t for t in self.ground.find("route table") if tag_of(t, NETWORK) == PRIVATE)
        if idle := [t["RouteTableId"] for t in private if t["RouteTableId"] not in kept]:
            filters = [{"Name": "route-table-id", "Values": idle}]
            account, poll = self.ground.account, self.poll_seconds
            belongings.remove_kind(account, "route table", filters, self.report, poll)

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

    def _table(self, vpc: str, network: str, zone: str = "", **way_out: str) -> Mapping[str, Any]:
        """Return the route table of a kind of subnet, of all zones or of one, with its way out."""
        ground = self.ground
        name = f"{network}-{zone}" if zone else network
        table = ground.ensure(
            "route table",
            self.report,
            lambda: ground.account.ec2.create_route_table(
                VpcId=vpc,
                TagSpecifications=self._tagged("route-table", network, name, zone),
            )["RouteTable"],
            lambda item: (tag_of(item, NETWORK), tag_of(item, ZONE)) == (network, zone),
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

    def _subnets(
        self, vpc: str, network: str, tables: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, str]:
        """Return zone -> subnet of this kind, each associated with the route table of its zone."""
        subnets = {zone: str(self._subnet(vpc, zone, network)) for zone in tables}
        associated = {
            entry.get("SubnetId"): (table["RouteTableId"], entry["RouteTableAssociationId"])
            for table in self.ground.find("route table")
            for entry in table["Associations"]
        }
        for zone, subnet in subnets.items():
            wanted = tables[zone]["RouteTableId"]
            table, association = associated.get(subnet, ("", ""))
            if table and table != wanted:
                self.ground.account.ask("disassociate_route_table", AssociationId=association)
            if table != wanted:
                self.ground.account.soon(
                    "associate_route_table", RouteTableId=wanted, SubnetId=subnet
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

    def _tagged(self, kind: str, network: str, name: str, zone: str = "") -> list[dict[str, Any]]:
        tags = {**self.ground.tags, NETWORK: network, **({ZONE: zone} if zone else {})}
        return tagged(kind, tags, f"{self.ground.name}-{name}")
