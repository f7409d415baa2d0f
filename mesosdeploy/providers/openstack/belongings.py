"""Everything of a cluster that a project holds beside machines: listed, and removed in order.

Nova and Neutron have no tags that every object gets in the call that makes it, but most of
Neutron's objects have a description: there the marks are, as words of the form key=value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mesosdeploy.providers.base import Report
from mesosdeploy.providers.cloud.failures import CloudError, Kind
from mesosdeploy.providers.cloud.launch import CLUSTER
from mesosdeploy.providers.openstack.session import Project

KEY_NAME = re.compile(r"mesosdeploy-(?P<cluster>.+)-[0-9a-f]{8}")
"""The name of a key pair, which can carry no mark."""

_INTERFACES = ("router_interface", "ha_router_replicated_interface")


@dataclass(frozen=True, kw_only=True)
class Belonging:
    """One object; `item` is openstacksdk's own form of it."""

    kind: str
    id: str
    marks: Mapping[str, str]
    item: Any


def described(marks: Mapping[str, str]) -> str:
    """Return marks as the description of an object."""
    return " ".join(f"{key}={value}" for key, value in marks.items())


def marks_of(description: str | None) -> dict[str, str]:
    """Return the marks of an object, none where the description is somebody's own."""
    pairs = (word.partition("=") for word in (description or "").split())
    return {key: value for key, _, value in pairs if key.startswith("mesosdeploy:")}


def _key_marks(item: Any) -> dict[str, str]:
    found = KEY_NAME.fullmatch(str(item.name))
    return {CLUSTER: found["cluster"]} if found else {}


def _remove_router(cloud: Any, router: Any) -> None:
    for port in cloud.network.ports(device_id=router.id):
        if any(word in str(port.device_owner) for word in _INTERFACES):
            cloud.network.remove_interface_from_router(router.id, port_id=port.id)
    cloud.network.delete_router(router.id, ignore_missing=True)


@dataclass(frozen=True, kw_only=True)
class _Listed:
    """A kind of object: how it is listed and removed, given the connection and the project."""

    kind: str
    all: Callable[[Any, str], Iterable[Any]]
    remove: Callable[[Any, Any], object]
    marks: Callable[[Any], dict[str, str]] = lambda item: marks_of(item.description)


_TABLE: tuple[_Listed, ...] = (
    _Listed(
        kind="floating IP",
        all=lambda cloud, project: cloud.network.ips(project_id=project),
        remove=lambda cloud, item: cloud.network.delete_ip(item.id, ignore_missing=True),
    ),
    _Listed(
        kind="router",
        all=lambda cloud, project: cloud.network.routers(project_id=project),
        remove=_remove_router,
    ),
    _Listed(
        kind="subnet",
        all=lambda cloud, project: cloud.network.subnets(project_id=project),
        remove=lambda cloud, item: cloud.network.delete_subnet(item.id, ignore_missing=True),
    ),
    _Listed(
        kind="network",
        all=lambda cloud, project: cloud.network.networks(project_id=project),
        remove=lambda cloud, item: cloud.network.delete_network(item.id, ignore_missing=True),
    ),
    _Listed(
        kind="security group",
        all=lambda cloud, project: cloud.network.security_groups(project_id=project),
        remove=lambda cloud, item: cloud.network.delete_security_group(
            item.id, ignore_missing=True
        ),
    ),
    _Listed(
        kind="key pair",
        all=lambda cloud, _project: cloud.compute.keypairs(),
        remove=lambda cloud, item: cloud.compute.delete_keypair(item.name, ignore_missing=True),
        marks=_key_marks,
    ),
)
"""In this order nothing is removed that something of a later line still needs."""


def every(project: Project) -> list[Belonging]:
    """List what any cluster has in the project, in the order in which it can be removed."""
    return [it for listed in _TABLE for it in _of_kind(project, listed)]


def of_cluster(project: Project, cluster: str) -> list[Belonging]:
    """List what one cluster has in the project, in the order in which it can be removed."""
    return [it for it in every(project) if it.marks[CLUSTER] == cluster]


def of_kind(project: Project, cluster: str, kind: str) -> list[Belonging]:
    """List a cluster's objects of one kind, always in one order."""
    listed = next(each for each in _TABLE if each.kind == kind)
    found = (it for it in _of_kind(project, listed) if it.marks[CLUSTER] == cluster)
    return sorted(found, key=lambda it: it.id)


def _of_kind(project: Project, listed: _Listed) -> Iterator[Belonging]:
    name = project.id
    found = project.ask(lambda cloud: list(listed.all(cloud, name)), f"list every {listed.kind}")
    for item in found:
        marks = listed.marks(item)
        if CLUSTER in marks:
            identity = str(item.name if listed.kind == "key pair" else item.id)
            yield Belonging(kind=listed.kind, id=identity, marks=marks, item=item)


def remove_all(project: Project, cluster: str, report: Report) -> None:
    """Remove what a cluster has, kind by kind; what is gone meanwhile is done.

    Raises CloudError when something is still held after RELEASE_SECONDS.
    """
    for it in of_cluster(project, cluster):
        report(f"removing {it.kind} {it.id}")
        remove(project, it)


def remove(project: Project, it: Belonging) -> None:
    """Remove one object; absent is done."""
    listed = next(each for each in _TABLE if each.kind == it.kind)
    try:
        project.released(lambda cloud: listed.remove(cloud, it.item), f"remove {it.kind} {it.id}")
    except CloudError as exc:
        if exc.kind is not Kind.NOT_FOUND:
            raise
