"""The options of the provider `openstack`: of the whole cluster, and of a group's machines."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mesosdeploy.spec.fields import NAME_PATTERN, Address, Model, Network, UserName

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]


class OpenStackImage(Model):
    """The image that machines start from: the newest active one of that name."""

    name: Name = Field(
        description="Its name or id; it needs cloud-init.", examples=["debian-12-genericcloud"]
    )
    user: UserName = Field(
        default="debian",
        description="The user that the image lets in by SSH and who may sudo.",
        examples=["debian"],
    )


class OpenStackOptions(Model):
    """Machines in an OpenStack project. Credentials come from `clouds.yaml` or OS_*, never here."""

    cloud: Name | None = Field(
        default=None,
        description="The entry of clouds.yaml; unset: that of OS_CLOUD, or the variables OS_*.",
        examples=["mycloud"],
    )
    region: Name | None = Field(
        default=None,
        description="The region; unset: that of clouds.yaml or OS_REGION_NAME.",
        examples=["RegionOne"],
    )
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
    zones: Annotated[tuple[Name, ...], Field(strict=False)] = Field(
        default=(),
        description="Availability zones over which each group is spread; unset: Nova chooses.",
        examples=[["az1", "az2", "az3"]],
    )
    flavor: Name = Field(
        description="Name or id of the flavor of machines whose group names none.",
        examples=["m1.medium"],
    )
    image: OpenStackImage = Field(
        description="What the machines start from.",
        examples=[{"name": "debian-12-genericcloud", "user": "debian"}],
    )
    access: Literal["floating", "bastion", "direct"] = Field(
        default="floating",
        description="How this controller reaches the machines. floating: each has a floating IP."
        " bastion: one small machine has one and lets SSH through. direct: by their own addresses,"
        " in a `network` that exists.",
        examples=["bastion"],
    )
    bastion_flavor: Name | None = Field(
        default=None,
        description="The flavor of the bastion; unset: `flavor`.",
        examples=["m1.small"],
    )
    network: Name | None = Field(
        default=None,
        description="Name or id of a network that exists; unset: one is made, with a subnet and a"
        " router, and removed by `down`.",
        examples=["internal"],
    )
    external_network: Name | None = Field(
        default=None,
        description="The network of floating IPs and of the router's way out; unset: the only one.",
        examples=["public"],
    )
    cidr: Network = Field(
        default="10.60.0.0/20",
        description="The addresses of the network that is made.",
        examples=["10.60.0.0/20"],
    )
    dns_servers: Annotated[tuple[Address, ...], Field(strict=False)] = Field(
        default=(),
        description="Name servers of the network that is made; unset: the cloud's own.",
        examples=[["192.0.2.53"]],
    )
    config_drive: bool = Field(
        default=False,
        description="Hand the first settings over on a small disk, where the cloud has no metadata"
        " service.",
        examples=[True],
    )
    ttl_hours: int | None = Field(
        default=None,
        ge=1,
        description="After how many hours the cluster counts as forgotten: the mark"
        " `mesosdeploy:expires` of all that is made. Nothing is removed by itself.",
        examples=[8],
    )


class OpenStackMachineOptions(Model):
    """What a group's `options` may hold with the provider `openstack`."""

    flavor: Name | None = Field(
        default=None, description="Name or id of its machines' flavor.", examples=["m1.large"]
    )
