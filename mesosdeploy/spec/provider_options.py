"""The options of the built-in providers; a third party's options are passed through unchecked."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from mesosdeploy.spec.aws_options import AwsOptions
from mesosdeploy.spec.fields import Address, HostKey, Label, Model, Network, UserName
from mesosdeploy.spec.libcloud_options import LibcloudOptions
from mesosdeploy.spec.openstack_options import OpenStackOptions

Port = Annotated[int, Field(ge=1, le=65535)]


class LocalOptions(Model):
    """Containers on this machine that behave like machines of their own."""

    engine: Literal["auto", "podman", "docker"] = Field(
        default="auto",
        description="The container engine; auto takes podman, then docker.",
        examples=["podman"],
    )
    image: Literal["auto", "debootstrap", "pull"] = Field(
        default="auto",
        description="How the node image is made; auto takes what this machine can reach.",
        examples=["debootstrap"],
    )
    runtime: str | None = Field(
        default=None,
        description="The engine's OCI runtime; unset: the one that is found to work.",
        examples=["runc"],
    )
    subnet: Network | None = Field(
        default=None,
        description="The cluster's own IPv4 network, a /24 or larger; unset: a free /24 is chosen.",
        examples=["10.90.0.0/24"],
    )


class FakeOptions(Model):
    """Nodes in memory, for rehearsals and tests; nothing is made."""

    fail_create: Annotated[tuple[Label, ...], Field(strict=False)] = Field(
        default=(),
        description="Names of nodes that cannot be made, to rehearse a failure.",
        examples=[["agent-2"]],
    )
    fail_after: int | None = Field(
        default=None,
        ge=0,
        description="How many machines the cluster may get; unset: any number.",
        examples=[3],
    )
    delay_seconds: float | None = Field(
        default=None,
        ge=0,
        description="How long each call takes that would take time; unset: no time.",
        examples=[0.5],
    )


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
    host_key: HostKey | None = Field(
        default=None,
        description="Its public host key; unset: looked up in `known_hosts`.",
        examples=["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB"],
    )


def _expanded(value: object) -> object:
    return {"address": value} if isinstance(value, str) else value


HostEntry = Annotated[
    StaticHost, BeforeValidator(_expanded, json_schema_input_type=str | StaticHost)
]


class StaticOptions(Model):
    """Machines that exist already: nothing is made and nothing is removed."""

    user: UserName = Field(
        default="root", description="The SSH user of every host.", examples=["debian"]
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
        description="An OpenSSH file with the hosts' public host keys.",
        examples=["~/.ssh/known_hosts"],
    )
    hosts: dict[str, Annotated[tuple[HostEntry, ...], Field(strict=False)]] = Field(
        description="Group -> its machines in order: an address, or a mapping (below).",
        examples=[{"masters": ["192.0.2.11", "192.0.2.12", "192.0.2.13"]}],
    )


BUILT_IN: dict[str, type[Model]] = {
    "local": LocalOptions,
    "aws": AwsOptions,
    "openstack": OpenStackOptions,
    "libcloud": LibcloudOptions,
    "static": StaticOptions,
    "fake": FakeOptions,
}
"""Provider type -> its options."""


def known_types() -> tuple[str, ...]:
    """Return the provider types: the built-in ones, then those of installed packages."""
    installed = {point.name for point in entry_points(group="mesosdeploy.providers")}
    return (*BUILT_IN, *sorted(installed - set(BUILT_IN)))
