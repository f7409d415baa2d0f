"""Security groups of a cluster: one per group of the spec, whose rules name other groups."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from mesosdeploy.providers.aws import belongings
from mesosdeploy.providers.aws.network import Ground, tag_of, tagged
from mesosdeploy.providers.base import Report
from mesosdeploy.providers.cloud.flows import ADMIN, Rule
from mesosdeploy.providers.cloud.foreseeing import Change
from mesosdeploy.providers.cloud.launch import GROUP
from mesosdeploy.spec.cloud_rules import BASTION

Line = tuple[str, int, int, str]
"""Protocol, first port, last port, and the source: a group's id or a network."""


def ids(ground: Ground) -> dict[str, str]:
    """Return group of the spec -> id of its security group."""
    found = ground.find("security group")
    return {tag_of(item, GROUP): item["GroupId"] for item in found if tag_of(item, GROUP)}


def ensure(ground: Ground, vpc: str, rules: Mapping[str, Sequence[Rule]], report: Report) -> None:
    """Make the groups first, then their rules, which name groups; remove rules that went away.

    What came from a group that the spec dropped may still come: its machines are there yet.
    """
    there = _there(ground)
    for group in rules:
        if group not in there:
            there[group] = _make(ground, vpc, group, report)
    _set_all(ground, rules, there, report)


def tidy(
    ground: Ground,
    rules: Mapping[str, Sequence[Rule]],
    in_use: Collection[str],
    report: Report,
) -> None:
    """Remove groups that are neither in the spec nor of any machine, and what names them."""
    there = _there(ground)
    idle = [group for group in there if group not in rules and group not in in_use]
    if idle:
        _set_all(ground, rules, {g: item for g, item in there.items() if g not in idle}, report)
        of_idle = {"Name": f"tag:{GROUP}", "Values": idle}
        filters = [*belongings.tag_filter(ground.cluster), of_idle]
        belongings.remove_kind(ground.account, "security group", filters, report, poll=1)


def differences(ground: Ground, rules: Mapping[str, Sequence[Rule]]) -> dict[str, Change]:
    """Return what would become of each group."""
    there = _there(ground)
    known = {group: str(there.get(group, {}).get("GroupId", f"sg-new-{group}")) for group in rules}
    result = {}
    for group, lines in rules.items():
        wanted = set(_wanted(lines, known, ground.options.admin_cidrs))
        existing = set(dict(_lines(there.get(group, {}).get("IpPermissions", ()))))
        result[group] = Change(
            is_new=group not in there,
            more=len(wanted - existing),
            fewer=len(existing - wanted),
        )
    dropped = set(there) - set(rules) - {BASTION}  # a bastion is no machine of the spec
    return result | {group: Change(is_dropped=True) for group in sorted(dropped)}


def _there(ground: Ground) -> dict[str, dict[str, Any]]:
    return {tag_of(item, GROUP): item for item in ground.find("security group")}


def _set_all(
    ground: Ground,
    rules: Mapping[str, Sequence[Rule]],
    there: Mapping[str, Mapping[str, Any]],
    report: Report,
) -> None:
    """Bring the rules of the spec's groups up to date; what comes from others `there` stays."""
    known = {group: str(item["GroupId"]) for group, item in there.items()}
    spared = {known[group] for group in there if group not in rules}
    for group, lines in rules.items():
        wanted = _wanted(lines, known, ground.options.admin_cidrs)
        existing = dict(_lines(there[group]["IpPermissions"]))
        wanted |= {line: why for line, why in existing.items() if line[-1] in spared}
        _set_rules(ground, there[group], wanted, report)


def _make(ground: Ground, vpc: str, group: str, report: Report) -> dict[str, Any]:
    name = f"{ground.name}-{group}"
    made = ground.ensure(
        "security group",
        report,
        lambda: ground.account.ec2.create_security_group(
            GroupName=name,
            Description=f"{group} of the Mesos cluster {ground.cluster}",
            VpcId=vpc,
            TagSpecifications=tagged("security-group", {**ground.tags, GROUP: group}, name),
        ),
        lambda item: tag_of(item, GROUP) == group,
    )
    return {"GroupId": made["GroupId"], "IpPermissions": made.get("IpPermissions", [])}


def _set_rules(
    ground: Ground, item: Mapping[str, Any], wanted: Mapping[Line, str], report: Report
) -> None:
    existing = dict(_lines(item["IpPermissions"]))
    missing = [line for line in wanted if line not in existing]
    surplus = [line for line in existing if line not in wanted]
    if missing:
        report(f"{item['GroupId']}: {len(missing)} more rules")
        ground.account.soon(
            "authorize_security_group_ingress",
            GroupId=item["GroupId"],
            IpPermissions=[_permission(line, wanted[line]) for line in missing],
        )
    if surplus:
        report(f"{item['GroupId']}: {len(surplus)} rules removed")
        ground.account.ask(
            "revoke_security_group_ingress",
            GroupId=item["GroupId"],
            IpPermissions=[_permission(line, existing[line]) for line in surplus],
        )


def _wanted(
    rules: Iterable[Rule], known: Mapping[str, str], admin: Sequence[str]
) -> dict[Line, str]:
    return {
        (rule.protocol, rule.first, rule.last, source): rule.why
        for rule in rules
        for source in (admin if rule.source == ADMIN else (known[rule.source],))
    }


def _lines(permissions: Iterable[Mapping[str, Any]]) -> Iterable[tuple[Line, str]]:
    """Yield each rule of a group with its description."""
    for entry in permissions:
        ports = (str(entry["IpProtocol"]), entry.get("FromPort", -1), entry.get("ToPort", -1))
        for source in entry.get("IpRanges", ()):
            yield (*ports, source["CidrIp"]), source.get("Description", "")
        for source in entry.get("UserIdGroupPairs", ()):
            yield (*ports, source["GroupId"]), source.get("Description", "")


def _permission(line: Line, why: str) -> dict[str, Any]:
    protocol, first, last, source = line
    described = {"Description": why} if why else {}
    entry: dict[str, Any] = {"IpProtocol": protocol, "FromPort": first, "ToPort": last}
    if source.startswith("sg-"):
        return {**entry, "UserIdGroupPairs": [{"GroupId": source, **described}]}
    return {**entry, "IpRanges": [{"CidrIp": source, **described}]}
