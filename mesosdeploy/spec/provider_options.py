"""The options of the built-in providers; a third party's options are passed through unchecked."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Annotated, Literal

from pydantic import Field

from mesosdeploy.spec.aws_options import AwsOptions
from mesosdeploy.spec.fields import Label, Model, Network
from mesosdeploy.spec.libcloud_options import LibcloudOptions
from mesosdeploy.spec.openstack_options import OpenStackOptions
from mesosdeploy.spec.static_options import StaticOptions


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
    zones: Annotated[tuple[Label, ...], Field(strict=False)] = Field(
        default=(),
        description="Names of zones over which each group is spread, to rehearse a cloud with some:"
        " they become the nodes' fault domains.",
        examples=[["a", "b", "c"]],
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
