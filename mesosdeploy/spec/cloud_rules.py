"""What must hold in every cloud: who may come in, and how large and how named machines are."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from mesosdeploy.spec import translate
from mesosdeploy.spec.model import Group, Spec
from mesosdeploy.spec.problems import Problem

EVERYONE_PREFIX = 8
"""A shorter prefix is no office and no company: it lets in the internet."""

BASTION = "bastion"
"""The name of the machine through which private ones are reached, and of its security group."""

CLOUDS: Mapping[str, tuple[str, str, int]] = {
    "aws": ("AWS", "instance_type", 40),
    "openstack": ("OpenStack", "flavor", 100),
}
"""Provider -> its name, its option for the size of machines, how many labels fit beside our own.

AWS takes 50 tags on one object; Nova takes 128 by its default quota of metadata.
"""


def cloud_openness(spec: Spec) -> Iterator[Problem]:
    """Refuse to open a cluster in a cloud to everyone unless that is said."""
    if spec.provider.type not in CLOUDS:
        return
    options: dict[str, Any] = spec.provider.options()
    for index, cidr in enumerate(options.get("admin_cidrs", ())):
        wide = ipaddress.IPv4Network(cidr).prefixlen < EVERYONE_PREFIX
        if wide and not options.get("open_to_everyone"):
            yield Problem(
                path=("provider", "admin_cidrs", index),
                message="lets in everyone, and Mesos and Marathon obey whoever reaches them",
                value=cidr,
                remedy="name your own networks, or say `open_to_everyone: true`",
            )


def cloud_groups(spec: Spec) -> Iterator[Problem]:
    """Refuse groups in a cloud with sizes by number, labels of ours, or the bastion's name."""
    if spec.provider.type not in CLOUDS:
        return
    for name, group in spec.groups.items():
        if name == BASTION:
            yield Problem(
                path=("groups", name),
                message="is the name of the machine that lets SSH through",
                remedy="choose another name",
                at_key=True,
            )
        yield from _sizes_and_labels(spec.provider.type, name, group)


def _sizes_and_labels(provider: str, name: str, group: Group) -> Iterator[Problem]:
    cloud, size, most = CLOUDS[provider]
    for key in ("cpus", "memory_mb"):
        if (value := getattr(group, key)) is not None:
            kind = "type" if provider == "aws" else size
            yield Problem(
                path=("groups", name, key),
                message=f"cannot be chosen in {cloud}, where a machine has the size of its {kind}",
                value=value,
                remedy=f"give `options: {{{size}: …}}` instead",
            )
    for label in group.labels:
        if label == "Name" or label.startswith(("aws:", "mesosdeploy:")):
            yield Problem(
                path=("groups", name, "labels", label),
                message="is a tag that is not yours to set",
                remedy="choose another name",
                at_key=True,
            )
    if len(group.labels) > most:
        yield Problem(
            path=("groups", name, "labels"),
            message=f"has more than {most} labels",
            remedy=f"remove some: {cloud} takes few more on a machine, and some are needed",
        )


def machine_options(spec: Spec, provider: str, model: type[BaseModel]) -> Iterator[Problem]:
    """Refuse options of a group that no machine of this provider has."""
    if spec.provider.type != provider:
        return
    for name, group in spec.groups.items():
        try:
            model.model_validate(group.options)
        except ValidationError as exc:
            where = ("groups", name, "options")
            yield from translate.problems(exc.errors(), model=model, prefix=where)
