"""The options of the provider `aws`: of the whole cluster, and of a group's machines."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mesosdeploy.spec.fields import (
    INSTANCE_TYPE_PATTERN,
    REGION_PATTERN,
    SUBNET_PATTERN,
    VPC_PATTERN,
    ZONE_PATTERN,
    Model,
    Network,
    UserName,
)

DiskGb = Annotated[int, Field(ge=8, le=16384)]
InstanceType = Annotated[str, StringConstraints(pattern=INSTANCE_TYPE_PATTERN)]
Region = Annotated[str, StringConstraints(pattern=REGION_PATTERN)]
Zone = Annotated[str, StringConstraints(pattern=ZONE_PATTERN)]
VpcId = Annotated[str, StringConstraints(pattern=VPC_PATTERN)]
SubnetId = Annotated[str, StringConstraints(pattern=SUBNET_PATTERN)]


class AwsImage(Model):
    """The machine image: the newest one of that name and owner."""

    name: str = Field(
        default="debian-12-amd64-*",
        description="Its name; * stands for anything.",
        examples=["debian-12-amd64-*"],
    )
    owner: str = Field(
        default="136693071363",
        description="The account that made it: anybody can give an image any name. The default is"
        " Debian's.",
        examples=["136693071363"],
    )
    user: UserName = Field(
        default="admin",
        description="The user that the image lets in by SSH and who may sudo.",
        examples=["admin"],
    )


class AwsNetwork(Model):
    """A network that exists; without it one is made, and removed by `down`."""

    vpc: VpcId = Field(description="The VPC.", examples=["vpc-0a1b2c3d"])
    subnets: Annotated[tuple[SubnetId, ...], Field(strict=False, min_length=1)] = Field(
        description="Its subnets that get machines, best one per zone, with a way to the internet.",
        examples=[["subnet-0a1b2c3d", "subnet-1a2b3c4d"]],
    )
    bastion_subnet: SubnetId | None = Field(
        default=None,
        description="Its public subnet for the bastion; needed with `access: bastion`.",
        examples=["subnet-2a3b4c5d"],
    )


class AwsOptions(Model):
    """Machines in AWS EC2. Credentials come from AWS' own chain, never from this file."""

    region: Region = Field(description="The region.", examples=["eu-central-1"])
    admin_cidrs: Annotated[tuple[Network, ...], Field(strict=False, min_length=1)] = Field(
        description="Networks from which people and this controller come: SSH and the web pages are"
        " open to them and to nobody else.",
        examples=[["203.0.113.0/24"]],
    )
    open_to_everyone: bool = Field(
        default=False,
        description="Allow 0.0.0.0/0 in `admin_cidrs`. Mesos and Marathon then obey anybody.",
        examples=[False],
    )
    profile: str | None = Field(
        default=None,
        description="The profile of AWS' configuration files; unset: AWS_PROFILE or the default.",
        examples=["staging"],
    )
    zones: Annotated[tuple[Zone, ...], Field(strict=False)] = Field(
        default=(),
        description="Availability zones over which each group is spread; unset: the region's first"
        " three.",
        examples=[["eu-central-1a", "eu-central-1b", "eu-central-1c"]],
    )
    instance_type: InstanceType = Field(
        default="m6i.large",
        description="The type of machines whose group names none.",
        examples=["m6i.large"],
    )
    image: AwsImage = Field(
        default_factory=AwsImage,
        description="What the machines start from.",
        examples=[{"name": "debian-12-amd64-*", "owner": "136693071363"}],
    )
    disk_gb: DiskGb = Field(
        default=30,
        description="Size of each machine's disk, gp3 and encrypted; a group can name its own.",
        examples=[30],
    )
    kms_key: str | None = Field(
        default=None,
        description="The key that encrypts the disks; unset: the account's default key.",
        examples=["alias/mesos"],
    )
    cidr: Network = Field(
        default="10.60.0.0/16",
        description="The addresses of the network that is made: a /16 to /22.",
        examples=["10.60.0.0/16"],
    )
    network: AwsNetwork | None = Field(
        default=None,
        description="A network that exists; unset: one is made.",
        examples=[{"vpc": "vpc-0a1b2c3d", "subnets": ["subnet-0a1b2c3d"]}],
    )
    access: Literal["public", "bastion", "private"] = Field(
        default="public",
        description="How this controller reaches the machines. public: each has a public address."
        " bastion: they have private ones only, and one small machine lets SSH through; a NAT"
        " gateway lets them out. private: by their private addresses, through a VPN or from"
        " inside, in a `network` that exists.",
        examples=["bastion"],
    )
    nat: Literal["single", "per-zone"] = Field(
        default="single",
        description="The way out of machines behind a bastion. single: one NAT gateway in the first"
        " zone; while that zone is down, what runs elsewhere goes on, but reaches nothing outside."
        " per-zone: one in each zone, each billed by the hour.",
        examples=["per-zone"],
    )
    bastion_type: InstanceType = Field(
        default="t3.micro",
        description="The type of the bastion.",
        examples=["t3.micro"],
    )
    instance_profile: str | None = Field(
        default=None,
        description="The IAM instance profile of the machines; unset: none.",
        examples=["mesos-node"],
    )
    ttl_hours: int | None = Field(
        default=None,
        ge=1,
        description="After how many hours the cluster counts as forgotten: the tag"
        " `mesosdeploy:expires` of all that is made. Nothing is removed by itself.",
        examples=[8],
    )


class AwsMachineOptions(Model):
    """What a group's `options` may hold with the provider `aws`."""

    instance_type: InstanceType | None = Field(
        default=None, description="The type of its machines.", examples=["m6i.xlarge"]
    )
    disk_gb: DiskGb | None = Field(
        default=None, description="The size of each machine's disk.", examples=[100]
    )
    spot: bool = Field(
        default=False,
        description="Take spot machines, which AWS can take back at any time; agents only.",
        examples=[True],
    )
    spot_max_price: float | None = Field(
        default=None,
        gt=0,
        description="The most to pay for one, in USD per hour; unset: the price on demand.",
        examples=[0.05],
    )
