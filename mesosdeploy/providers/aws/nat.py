"""The ways out of private subnets: one NAT gateway for all zones, or one in each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mesosdeploy.providers.aws import belongings
from mesosdeploy.providers.aws.network import Ground, tag_of, tagged
from mesosdeploy.providers.base import Report
from mesosdeploy.providers.cloud.failures import CloudError, Kind
from mesosdeploy.providers.cloud.launch import ZONE
from mesosdeploy.providers.cloud.waiting import until

NAT_SECONDS = 300.0


@dataclass(frozen=True, kw_only=True)
class Exits:
    """Make and remove NAT gateways with their addresses; a gateway's zone is that of its subnet."""

    ground: Ground
    report: Report
    poll_seconds: float

    def ensure(self, public: Mapping[str, str]) -> dict[str, str]:
        """Return zone -> gateway when all work; `public` is zone -> public subnet.

        With `nat: single` all zones have the same one, where there is one already or in the first.
        """
        every = tuple(public)
        if self.ground.options.nat == "single":
            there = {item["SubnetId"] for item in self._there()}
            zones: tuple[str, ...] = (next((z for z in every if public[z] in there), every[0]),)
        else:
            zones = every
        made = {zone: self._gateway(zone, public[zone]) for zone in zones}
        until(
            lambda: self._if_working(made.values()),
            what=f"the NAT gateways of {self.ground.cluster} are not available",
            seconds=NAT_SECONDS,
            poll=self.poll_seconds,
        )
        return {zone: made.get(zone, made[zones[0]]) for zone in every}

    def remove_others(self, kept: Collection[str]) -> None:
        """Remove gateways beside these, and every address that none of these has."""
        kept_addresses, others = set(), []
        for item in self._there():
            if item["NatGatewayId"] in kept:
                kept_addresses |= {entry["AllocationId"] for entry in item["NatGatewayAddresses"]}
            else:
                others.append(item["NatGatewayId"])
        self._remove("NAT gateway", "nat-gateway-id", others)
        found = (item["AllocationId"] for item in self.ground.find("elastic IP"))
        idle = [address for address in found if address not in kept_addresses]
        self._remove("elastic IP", "allocation-id", idle)

    def _there(self) -> list[dict[str, Any]]:
        return [it for it in self.ground.find("NAT gateway") if it["State"] != "deleting"]

    def _gateway(self, zone: str, subnet: str) -> str:
        ground = self.ground
        tags = {**ground.tags, ZONE: zone}

        def make() -> dict[str, Any]:
            address = ground.ensure(
                "elastic IP",
                self.report,
                lambda: dict(
                    ground.account.ec2.allocate_address(
                        Domain="vpc", TagSpecifications=tagged("elastic-ip", tags, ground.name)
                    )
                ),
                lambda item: tag_of(item, ZONE) == zone,
            )["AllocationId"]
            made: dict[str, Any] = ground.account.ec2.create_nat_gateway(
                SubnetId=subnet,
                AllocationId=address,
                TagSpecifications=tagged("natgateway", tags, ground.name),
            )["NatGateway"]
            return made

        found = ground.ensure(
            "NAT gateway",
            self.report,
            make,
            lambda item: item["SubnetId"] == subnet and item["State"] != "deleting",
        )
        return str(found["NatGatewayId"])

    def _if_working(self, wanted: Iterable[str]) -> bool | None:
        states = {item["NatGatewayId"]: item for item in self._there()}
        for name in wanted:
            item = states.get(name, {"State": "pending"})
            if item["State"] == "failed":
                reason = item.get("FailureMessage", "no reason is given")
                raise CloudError(
                    f"NAT gateway {name} failed: {reason}",
                    kind=Kind.INVALID,
                    hint="remove it in the console, then run `mesosdeploy up` again",
                )
            if item["State"] != "available":
                return None
        return True

    def _remove(self, kind: str, filter_name: str, ids: list[str]) -> None:
        if ids:
            filters = [{"Name": filter_name, "Values": ids}]
            poll = self.poll_seconds
            belongings.remove_kind(self.ground.account, kind, filters, self.report, poll)
