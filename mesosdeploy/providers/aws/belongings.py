"""Everything of a cluster that AWS holds: one table of what is listed, and removed in its order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from mesosdeploy.providers.aws.session import RELEASE_SECONDS, Account
from mesosdeploy.providers.base import Report
from mesosdeploy.providers.cloud.failures import CloudError, Kind
from mesosdeploy.providers.cloud.launch import CLUSTER
from mesosdeploy.providers.cloud.waiting import until

Item = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Belonging:
    """One object in AWS; `item` is AWS' own description of it."""

    kind: str
    id: str
    item: Item


@dataclass(frozen=True, kw_only=True)
class _Listed:
    """A kind of object: how it is listed, told apart, taken for gone, and removed."""

    kind: str
    operation: str
    key: str
    id_key: str
    remove: Callable[[Account, Belonging], None]
    is_gone: Callable[[Item], bool] = lambda _item: False
    filters: str = "Filters"
    vanishes: bool = False
    """Whether its removal only begins with the call, so that it must be waited for."""


def tag_filter(cluster: str) -> list[dict[str, Any]]:
    """Return the filter for everything of a cluster."""
    return [{"Name": f"tag:{CLUSTER}", "Values": [cluster]}]


def _by_id(operation: str, argument: str) -> Callable[[Account, Belonging], None]:
    def remove(account: Account, it: Belonging) -> None:
        account.released(operation, **{argument: it.id})

    return remove


def _terminate(account: Account, it: Belonging) -> None:
    account.ask("terminate_instances", InstanceIds=[it.id])


def _remove_rules(account: Account, it: Belonging) -> None:
    """Remove a group's rules: two groups that name each other could never be deleted."""
    if rules := it.item["IpPermissions"]:
        account.ask("revoke_security_group_ingress", GroupId=it.id, IpPermissions=rules)


def _detach_gateway(account: Account, it: Belonging) -> None:
    for attachment in it.item["Attachments"]:
        account.released(
            "detach_internet_gateway", InternetGatewayId=it.id, VpcId=attachment["VpcId"]
        )
    _by_id("delete_internet_gateway", "InternetGatewayId")(account, it)


def _remove_routes(account: Account, it: Belonging) -> None:
    for association in it.item["Associations"]:
        if not association.get("Main"):
            account.ask(
                "disassociate_route_table", AssociationId=association["RouteTableAssociationId"]
            )
    _by_id("delete_route_table", "RouteTableId")(account, it)


_TABLE: tuple[_Listed, ...] = (
    _Listed(
        kind="instance",
        operation="describe_instances",
        key="Reservations",
        id_key="InstanceId",
        remove=_terminate,
        is_gone=lambda item: item["State"]["Name"] == "terminated",
        vanishes=True,
    ),
    _Listed(
        kind="volume",
        operation="describe_volumes",
        key="Volumes",
        id_key="VolumeId",
        remove=_by_id("delete_volume", "VolumeId"),
        is_gone=lambda item: item["State"] in {"deleting", "deleted"},
    ),
    _Listed(
        kind="network interface",
        operation="describe_network_interfaces",
        key="NetworkInterfaces",
        id_key="NetworkInterfaceId",
        remove=_by_id("delete_network_interface", "NetworkInterfaceId"),
    ),
    _Listed(
        kind="NAT gateway",
        operation="describe_nat_gateways",
        key="NatGateways",
        id_key="NatGatewayId",
        remove=_by_id("delete_nat_gateway", "NatGatewayId"),
        is_gone=lambda item: item["State"] == "deleted",
        filters="Filter",
        vanishes=True,
    ),
    _Listed(
        kind="elastic IP",
        operation="describe_addresses",
        key="Addresses",
        id_key="AllocationId",
        remove=_by_id("release_address", "AllocationId"),
    ),
    _Listed(
        kind="security group",
        operation="describe_security_groups",
        key="SecurityGroups",
        id_key="GroupId",
        remove=_by_id("delete_security_group", "GroupId"),
    ),
    _Listed(
        kind="key pair",
        operation="describe_key_pairs",
        key="KeyPairs",
        id_key="KeyName",
        remove=_by_id("delete_key_pair", "KeyName"),
    ),
    _Listed(
        kind="route table",
        operation="describe_route_tables",
        key="RouteTables",
        id_key="RouteTableId",
        remove=_remove_routes,
    ),
    _Listed(
        kind="subnet",
        operation="describe_subnets",
        key="Subnets",
        id_key="SubnetId",
        remove=_by_id("delete_subnet", "SubnetId"),
    ),
    _Listed(
        kind="internet gateway",
        operation="describe_internet_gateways",
        key="InternetGateways",
        id_key="InternetGatewayId",
        remove=_detach_gateway,
    ),
    _Listed(
        kind="VPC",
        operation="describe_vpcs",
        key="Vpcs",
        id_key="VpcId",
        remove=_by_id("delete_vpc", "VpcId"),
    ),
)
"""In this order nothing is removed that something of a later line still needs."""

KINDS = tuple(listed.kind for listed in _TABLE)


def find(account: Account, filters: Sequence[Mapping[str, Any]]) -> list[Belonging]:
    """List what passes the filters, in the order in which it can be removed."""
    return [it for listed in _TABLE for it in _of_kind(account, listed, filters)]


def of_kind(account: Account, kind: str, filters: Sequence[Mapping[str, Any]]) -> list[Belonging]:
    """List the objects of one kind that pass the filters."""
    listed = next(each for each in _TABLE if each.kind == kind)
    return list(_of_kind(account, listed, filters))


def _of_kind(
    account: Account, listed: _Listed, filters: Sequence[Mapping[str, Any]]
) -> Iterator[Belonging]:
    found = account.every(listed.operation, listed.key, **{listed.filters: list(filters)})
    if listed.key == "Reservations":
        found = [item for entry in found for item in entry["Instances"]]
    for item in found:
        if not listed.is_gone(item):
            yield Belonging(kind=listed.kind, id=item[listed.id_key], item=item)


def remove_all(
    account: Account, filters: Sequence[Mapping[str, Any]], report: Report, poll: float
) -> None:
    """Remove what passes the filters, kind by kind; what is gone meanwhile is done.

    Raises CloudError when something is still held after RELEASE_SECONDS.
    """
    for kind in KINDS:
        remove_kind(account, kind, filters, report, poll)


def remove_kind(
    account: Account, kind: str, filters: Sequence[Mapping[str, Any]], report: Report, poll: float
) -> None:
    """Remove the objects of one kind that pass the filters, as `remove_all` does."""
    listed = next(each for each in _TABLE if each.kind == kind)
    found = list(_of_kind(account, listed, filters))
    if listed.kind == "security group":
        for it in found:
            _tolerant(_remove_rules, account, it)
    for it in found:
        report(f"removing {it.kind} {it.id}")
        _tolerant(listed.remove, account, it)
    if listed.vanishes:
        until(
            partial(_all_gone, account, listed, filters),
            what=f"a removed {listed.kind} is still there",
            seconds=RELEASE_SECONDS,
            poll=poll,
        )


def _all_gone(
    account: Account, listed: _Listed, filters: Sequence[Mapping[str, Any]]
) -> bool | None:
    return not list(_of_kind(account, listed, filters)) or None


def _tolerant(work: Callable[[Account, Belonging], None], account: Account, it: Belonging) -> None:
    try:
        work(account, it)
    except CloudError as exc:
        if exc.kind is not Kind.NOT_FOUND:
            raise
