"""The options of the static provider: machines that exist, and how SSH gets into each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from mesosdeploy.spec.fields import Address, HostKey, Label, Model, UserName

Port = Annotated[int, Field(ge=1, le=65535)]


class StaticJump(Model):
    """The machine through which SSH goes; an address alone stands for a mapping with it."""

    address: Address = Field(description="IPv4 address of the jump host.", examples=["192.0.2.1"])
    port: Port = Field(default=22, description="Its SSH port.", examples=[22])
    user: UserName | None = Field(
        default=None, description="Its SSH user; unset: that of the host.", examples=["jump"]
    )
    private_key: str | None = Field(
        default=None,
        description="Path of the SSH key that opens it; unset: that of the host.",
        examples=["~/.ssh/id_jump"],
    )
    host_key: HostKey | None = Field(
        default=None,
        description="Its public host key; unset: looked up in `known_hosts`.",
        examples=["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB"],
    )


def _expanded(value: object) -> object:
    return {"address": value} if isinstance(value, str) else value


Jump = Annotated[StaticJump, BeforeValidator(_expanded, json_schema_input_type=str | StaticJump)]


class StaticHost(Model):
    """One machine that exists; an address alone stands for a mapping with that `address`."""

    address: Address = Field(
        description="IPv4 address by which the nodes and this controller reach it.",
        examples=["192.0.2.11"],
    )
    name: Label | None = Field(
        default=None,
        description="The node's name; unset: <group>-<number> like everywhere else.",
        examples=["rack1-node7"],
    )
    port: Port | None = Field(
        default=None, description="Its SSH port; unset: the provider's.", examples=[22]
    )
    user: UserName | None = Field(
        default=None, description="Its SSH user; unset: the provider's.", examples=["debian"]
    )
    private_key: str | None = Field(
        default=None,
        description="Path of the SSH key that opens it; unset: the provider's.",
        examples=["~/.ssh/id_rack1"],
    )
    jump: Jump | None = Field(
        default=None,
        description="The machine through which SSH reaches it; unset: the provider's, if any.",
        examples=["192.0.2.1"],
    )
    host_key: HostKey | None = Field(
        default=None,
        description="Its public host key; unset: looked up in `known_hosts`.",
        examples=["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB"],
    )
    zone: Label | None = Field(
        default=None,
        description="What fails with it: a rack, a room, a site. Mesos is told it as the node's"
        " fault domain.",
        examples=["rack1"],
    )


HostEntry = Annotated[
    StaticHost, BeforeValidator(_expanded, json_schema_input_type=str | StaticHost)
]


class StaticGroup(Model):
    """Hosts with what they have in common, in place of a list of hosts."""

    port: Port | None = None
    user: UserName | None = None
    private_key: str | None = None
    jump: Jump | None = None
    zone: Label | None = None
    hosts: list[HostEntry]


def _shared(value: object) -> object:
    """Give each host of a group what the group has in common; a host's own setting wins."""
    if not isinstance(value, Mapping) or not isinstance(value.get("hosts"), list | tuple):
        return value
    common: dict[str, Any] = {key: each for key, each in value.items() if key != "hosts"}
    expanded = [_expanded(host) for host in value["hosts"]]
    return [{**common, **host} if isinstance(host, Mapping) else host for host in expanded]


Hosts = Annotated[
    tuple[HostEntry, ...],
    Field(strict=False),
    BeforeValidator(_shared, json_schema_input_type=list[HostEntry] | StaticGroup),
]


class StaticOptions(Model):
    """Machines that exist already: nothing is made and nothing is removed."""

    user: UserName = Field(
        default="root",
        description="The SSH user of every host; another than root needs sudo without a password.",
        examples=["debian"],
    )
    port: Port = Field(default=22, description="The SSH port of every host.", examples=[22])
    private_key: str | None = Field(
        default=None,
        description="Path of the SSH key that opens the hosts. Needed, unless you install"
        " `<state>/<name>/ssh/id_ed25519.pub` on the hosts yourself"
        " (`up --until prepare` makes it).",
        examples=["~/.ssh/id_ed25519"],
    )
    known_hosts: str | None = Field(
        default=None,
        description="An OpenSSH file with the hosts' public host keys, and the jump hosts'.",
        examples=["~/.ssh/known_hosts"],
    )
    region: Label | None = Field(
        default=None,
        description="What all `zone`s are in; unset: the cluster's name.",
        examples=["frankfurt"],
    )
    jump: Jump | None = Field(
        default=None,
        description="The machine through which SSH reaches every host; unset: none is needed.",
        examples=[{"address": "192.0.2.1", "user": "jump"}],
    )
    hosts: dict[str, Hosts] = Field(
        description="Group -> its machines in order: an address, or a mapping (below). A group with"
        " a user, port, key or jump host of its own is a mapping with these and `hosts`.",
        examples=[{"masters": ["192.0.2.11", "192.0.2.12", "192.0.2.13"]}],
    )
