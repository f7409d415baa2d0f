"""The options of the provider `libcloud`: of the whole cluster, and of a group's machines."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mesosdeploy.spec.fields import NAME_PATTERN, VARIABLE_PATTERN, Model, UserName

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
Variable = Annotated[str, StringConstraints(pattern=VARIABLE_PATTERN)]

SEPARATOR = "--"
"""What stands between cluster, group and node in the name of a machine that has no tags."""


class LibcloudOptions(Model):
    """Machines of any cloud that libcloud has a driver for; network and firewall must be there."""

    driver: Name = Field(
        description="libcloud's name of the driver (libcloud.compute.types.Provider).",
        examples=["cloudstack"],
    )
    arguments: dict[str, object] = Field(
        default_factory=dict,
        description="Arguments of the driver, without secrets.",
        examples=[{"host": "cloud.example.org", "path": "/client/api"}],
    )
    environment: dict[str, Variable] = Field(
        default_factory=dict,
        description="Further arguments of the driver -> the variables that hold them: credentials.",
        examples=[{"key": "CLOUDSTACK_API_KEY", "secret": "CLOUDSTACK_SECRET_KEY"}],
    )
    size: Name = Field(description="Name or id of the machines' size.", examples=["medium"])
    image: Name = Field(
        description="Name or id of the image; it needs cloud-init.", examples=["debian-12"]
    )
    user: UserName = Field(
        default="root",
        description="The user that the image lets in by SSH and who may sudo.",
        examples=["debian"],
    )
    locations: Annotated[tuple[Name, ...], Field(strict=False)] = Field(
        default=(),
        description="Names or ids of the locations over which each group is spread; unset: none is"
        " named.",
        examples=[["zone1", "zone2"]],
    )
    create: dict[str, object] = Field(
        default_factory=dict,
        description="Further arguments of the driver's `create_node`; a mapping with `id` stands"
        " for an object of that id.",
        examples=[{"ex_start_vm": True, "networks": [{"id": "5b1c"}]}],
    )
    user_data: Name = Field(
        default="ex_userdata",
        description="The argument of `create_node` that takes user-data.",
        examples=["ex_userdata"],
    )
    tags: Name | None = Field(
        default=None,
        description="The argument of `create_node` that takes a mapping of tags; unset: machines"
        " are found by their names, <cluster>--<group>--<node>.",
        examples=["ex_metadata"],
    )
    reach: Literal["public", "private"] = Field(
        default="public",
        description="Which of a machine's addresses this controller uses.",
        examples=["private"],
    )


class LibcloudMachineOptions(Model):
    """What a group's `options` may hold with the provider `libcloud`."""

    size: Name | None = Field(
        default=None, description="Name or id of its machines' size.", examples=["large"]
    )
