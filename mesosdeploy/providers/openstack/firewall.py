"""Security groups of a cluster: one per group of the spec, whose rules name other groups."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from openstack.exceptions import raise_from_response

from mesosdeploy.providers.base import Report
from mesosdeploy.providers.cloud.flows import ADMIN, Rule
from mesosdeploy.providers.cloud.foreseeing import Change
from mesosdeploy.providers.cloud.launch import GROUP
from mesosdeploy.providers.openstack import belongings
from mesosdeploy.providers.openstack.belongings import Belonging, described
from mesosdeploy.providers.openstack.network import Ground
from mesosdeploy.spec.cloud_rules import BASTION

Line = tuple[str, int, int, str]
"""Protocol, first port, last port, and the source: a group's id or a network."""


def ids(ground: Ground) -> dict[str, str]:
    """Return group of the spec -> id of its security group."""
    return {it.marks[GROUP]: it.id for it in ground.find("security group") if GROUP in it.marks}


def ensure(ground: Ground, rules: Mapping[str, Sequence[Rule]], report: Report) -> None:
    """Make the groups first, then their rules, which name groups; remove rules that went away.

    What came from a group that the spec dropped may still come: its machines are there yet.
    """
    known = {group: _group(ground, group, report).id for group in rules}
    spared = {id_ for group, id_ in ids(ground).items() if group not in rules}
    for group, lines in rules.items():
        wanted = _wanted(lines, known, ground.options.admin_cidrs)
        _set_rules(ground, known[group], wanted, report, spared=spared)


def tidy(
    ground: Ground,
    rules: Mapping[str, Sequence[Rule]],
    in_use: Collection[str],
    report: Report,
) -> None:
    """Remove groups that are neither in the spec nor of any machine; Neutron what names them."""
    for it in ground.find("security group"):
        group = it.marks.get(GROUP, "")
        if group not in rules and group not in in_use:
            report(f"removing {it.kind} {ground.name}-{group}")
            belongings.remove(ground.project, it)


def differences(ground: Ground, rules: Mapping[str, Sequence[Rule]]) -> dict[str, Change]:
    """Return what would become of each group."""
    there = {it.marks.get(GROUP, ""): it for it in ground.find("security group")}
    known = {group: there[group].id if group in there else f"new {group}" for group in rules}
    result = {}
    for group, lines in rules.items():
        wanted = set(_wanted(lines, known, ground.options.admin_cidrs))
        items = there[group].item.security_group_rules if group in there else ()
        existing = {line for line, _ in _lines(items)}
        result[group] = Change(
            is_new=group not in there,
            more=len(wanted - existing),
            fewer=len(existing - wanted),
        )
    dropped = set(there) - set(rules) - {BASTION}  # a bastion is no machine of the spec
    return result | {group: Change(is_dropped=True) for group in sorted(dropped)}


def _group(ground: Ground, group: str, report: Report) -> Belonging:
    return ground.ensure(
        "security group",
        report,
        lambda cloud: cloud.network.create_security_group(
            name=f"{ground.name}-{group}",
            description=described({**ground.marks, GROUP: group}),
        ),
        lambda it: it.marks.get(GROUP) == group,
    )


def _set_rules(
    ground: Ground,
    group: str,
    wanted: Mapping[Line, str],
    report: Report,
    *,
    spared: Collection[str],
) -> None:
    """Bring a group's rules up to date, all that are missing in one call.

    Those whose source is one of the groups `spared` stay.
    """

    def bring(cloud: Any) -> None:
        # Read in each attempt: the answer of the one before may have been lost.
        existing = list(_lines(cloud.network.get_security_group(group).security_group_rules))
        there = {line for line, _ in existing}
        missing = [line for line in wanted if line not in there]
        if missing:
            report(f"{group}: {len(missing)} more rules")
            rules = [_rule(group, line, wanted[line]) for line in missing]
            answer = cloud.network.post(
                "/security-group-rules", json={"security_group_rules": rules}
            )
            raise_from_response(answer)
        surplus = [item for line, item in existing if line not in wanted and line[-1] not in spared]
        if surplus:
            report(f"{group}: {len(surplus)} rules removed")
        for item in surplus:
            cloud.network.delete_security_group_rule(item["id"], ignore_missing=True)

    ground.project.ask(bring, f"set the rules of {group}")


def _wanted(
    rules: Iterable[Rule], known: Mapping[str, str], admin: Sequence[str]
) -> dict[Line, str]:
    return {
        (rule.protocol, rule.first, rule.last, source): rule.why
        for rule in rules
        for source in (admin if rule.source == ADMIN else (known[rule.source],))
    }


def _lines(rules: Iterable[Mapping[str, Any]]) -> Iterable[tuple[Line, Mapping[str, Any]]]:
    """Yield each rule for what comes in; Neutron's own, for what goes out, stay."""
    for item in rules:
        if item["direction"] == "ingress":
            source = item["remote_group_id"] or item["remote_ip_prefix"] or ""
            first, last = item["port_range_min"] or -1, item["port_range_max"] or -1
            yield (str(item["protocol"]), first, last, str(source)), item


def _rule(group: str, line: Line, why: str) -> dict[str, Any]:
    protocol, first, last, source = line
    origin = "remote_ip_prefix" if "/" in source else "remote_group_id"
    return {
        "security_group_id": group,
        "direction": "ingress",
        "ethertype": "IPv4",
        "protocol": protocol,
        "port_range_min": first,
        "port_range_max": last,
        origin: source,
        "description": why,
    }
