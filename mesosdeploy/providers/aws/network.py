"""The ground that machines stand on: zones, subnets, key pair and image, found or made once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mesosdeploy.providers.aws import belongings
from mesosdeploy.providers.aws.session import Account
from mesosdeploy.providers.base import Report
from mesosdeploy.providers.cloud.failures import CloudError, Kind
from mesosdeploy.providers.cloud.launch import PREFIX
from mesosdeploy.spec.aws_options import AwsOptions

ZONES = 3
NETWORK = f"{PREFIX}network"
PUBLIC, PRIVATE = "public", "private"

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


def tag_of(item: Mapping[str, Any], key: str) -> str:
    """Return the value of an object's tag, "" without it.

    EC2 calls the tags of a network interface TagSet, those of all else Tags.
    """
    tags = item.get("Tags") or item.get("TagSet") or ()
    return next((tag["Value"] for tag in tags if tag["Key"] == key), "")


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

    def subnets(self, network: str = "") -> dict[str, str]:
        """Return zone -> subnet of a kind, by default that of the nodes, in the order of use."""
        wanted = network or (PRIVATE if self.options.access == "bastion" else PUBLIC)
        if self.options.network:
            order = self.options.network.subnets
            if network == PUBLIC and self.options.network.bastion_subnet:
                order = (self.options.network.bastion_subnet,)
            found = self.account.every("describe_subnets", "Subnets", SubnetIds=list(order))
            found.sort(key=lambda item: order.index(item["SubnetId"]))
        else:
            found = [item for item in self.find("subnet") if tag_of(item, NETWORK) == wanted]
            found.sort(key=lambda item: str(item["AvailabilityZone"]))
        by_zone = {item["AvailabilityZone"]: item["SubnetId"] for item in found}
        zones = self.options.zones or tuple(by_zone)
        return {zone: by_zone[zone] for zone in zones if zone in by_zone} or by_zone

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
