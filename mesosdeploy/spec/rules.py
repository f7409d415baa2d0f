"""What must hold between the fields of a spec: each rule yields the problems that it sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mesosdeploy.nodes import NodeRole
from mesosdeploy.spec import compatibility
from mesosdeploy.spec.aws_rules import aws_machines, aws_network, aws_zones
from mesosdeploy.spec.cloud_rules import cloud_groups, cloud_openness
from mesosdeploy.spec.compatibility import MARATHON_VERSIONS, MESOS_DNS_VERSIONS
from mesosdeploy.spec.libcloud_rules import libcloud_machines, libcloud_names, libcloud_secrets
from mesosdeploy.spec.model import KINDS, GroupKind, Spec, majority
from mesosdeploy.spec.openstack_rules import (
    openstack_machines,
    openstack_network,
    openstack_zones,
)
from mesosdeploy.spec.ports import parse_range, services_of
from mesosdeploy.spec.problems import Problem, did_you_mean
from mesosdeploy.spec.provider_rules import (
    known_provider,
    local_subnet,
    static_hosts,
    static_zones,
)

Rule = Callable[[Spec], Iterator[Problem]]

MAX_MACHINE_NAME = 63
"""`<cluster>-<node>` is a DNS label at every provider (RFC 1035: 63 octets)."""

MAX_ENSEMBLE = 7
"""More voters than this only make every write slower."""

RESERVED_GROUPS = frozenset({"all", "ungrouped", "mesos"} | {str(role) for role in NodeRole})
"""Ansible's own group names and those that the inventory makes itself."""


def check(spec: Spec) -> Iterator[Problem]:
    """Yield what every rule finds, in the order of RULES."""
    for rule in RULES:
        yield from rule(spec)


def required_groups(spec: Spec) -> Iterator[Problem]:
    """Refuse a cluster without masters or without agents."""
    if any(group.kind is None for group in spec.groups.values()):
        return  # which kind is meant is asked by `group_kinds`
    required: tuple[GroupKind, ...] = ("masters", "agents")
    for kind in required:
        if not spec.groups_of(kind):
            count = 3 if kind == "masters" else 2
            yield Problem(
                path=("groups",),
                message=f"has no group of the kind {kind}",
                remedy=f"add `{kind}: {{count: {count}}}`",
                at_key=True,
            )


def group_kinds(spec: Spec) -> Iterator[Problem]:
    """Refuse a group whose kind is not known, or contradicts its name."""
    for name, group in spec.groups.items():
        if group.kind is None:
            yield Problem(
                path=("groups", name),
                message="is not named after a kind of group, and gives no `kind`",
                remedy=did_you_mean(
                    name, KINDS, otherwise=f"add `kind:` with one of {', '.join(KINDS)}"
                ),
                at_key=True,
            )
        elif name in KINDS and group.kind != name:
            yield Problem(
                path=("groups", name, "kind"),
                message=f"contradicts the group's name: {name} are always {name}",
                value=group.kind,
                remedy=f"remove `kind`, or rename the group (for example {group.kind}-a)",
            )


def group_names(spec: Spec) -> Iterator[Problem]:
    """Refuse names that the inventory needs for groups of its own."""
    for name in spec.groups:
        if name.replace("-", "_") in RESERVED_GROUPS:
            yield Problem(
                path=("groups", name),
                message="is a name that the inventory uses for a group of its own",
                remedy="choose another name, for example one that says what the machines are for",
                at_key=True,
            )


def odd_ensembles(spec: Spec) -> Iterator[Problem]:
    """Refuse an even number of voters, with the arithmetic of the quorum, and more than 7."""
    kinds: tuple[GroupKind, ...] = ("masters", "zookeepers")
    for kind in kinds:
        groups = spec.groups_of(kind)
        count = sum(group.count for group in groups.values())
        path = ("groups", next(iter(groups)), "count") if len(groups) == 1 else ("groups",)
        if count > MAX_ENSEMBLE:
            yield Problem(
                path=path,
                message=f"asks for more than {MAX_ENSEMBLE} {kind}",
                value=count,
                remedy="use 3 (one may fail) or 5 (two may fail): every voter slows each write",
            )
        elif count and count % 2 == 0:
            yield Problem(
                path=path,
                message=f"asks for an even number of {kind}",
                value=count,
                remedy=_quorum_arithmetic(count),
            )


def _quorum_arithmetic(count: int) -> str:
    def line(number: int) -> str:
        needed = majority(number)
        return f"{number} need {needed} and survive the loss of {number - needed}"

    return f"{line(count)}; {line(count - 1)}; {line(count + 1)}: use {count - 1} or {count + 1}"


def agent_keys(spec: Spec) -> Iterator[Problem]:
    """Refuse attributes and resources on machines that carry no agent."""
    for name, group in spec.groups.items():
        if group.kind in (None, "agents"):
            continue
        for key in ("attributes", "resources"):
            if key in group.model_fields_set:
                yield Problem(
                    path=("groups", name, key),
                    message=f"belongs to agents, and {name} carries none",
                    remedy="remove it, or move it to a group of agents",
                    at_key=True,
                )


def resources_fit(spec: Spec) -> Iterator[Problem]:
    """Refuse agents that offer more than their machine has."""
    for name, group in spec.groups.items():
        pairs = (
            ("cpus", group.resources.cpus, "cpus", group.cpus),
            ("mem_mb", group.resources.mem_mb, "memory_mb", group.memory_mb),
        )
        for key, offered, limit_key, limit in pairs:
            if offered is not None and limit is not None and offered > limit:
                yield Problem(
                    path=("groups", name, "resources", key),
                    message=f"is more than the machine has ({limit_key}: {limit:g})",
                    value=offered,
                    remedy=f"offer at most {limit:g}, or raise {limit_key}",
                )


def task_ports(spec: Spec) -> Iterator[Problem]:
    """Refuse ranges that run backwards, overlap, or cover a service of the same node."""
    for name, group in spec.groups.items():
        seen: list[tuple[str, range]] = []
        for index, text in enumerate(group.resources.ports):
            path = ("groups", name, "resources", "ports", index)
            ports = parse_range(text)
            if ports is None:
                yield Problem(
                    path=path,
                    message="is not a range inside 1-65535 whose first port is not above its last",
                    value=text,
                    remedy='write "first-last", for example "31000-32000"',
                )
                continue
            for other, there in seen:
                if ports.start < there.stop and there.start < ports.stop:
                    yield Problem(
                        path=path,
                        message=f'overlaps the range "{other}"',
                        value=text,
                        remedy="join the two, or move one",
                    )
            seen.append((text, ports))
            for service in services_of(spec.roles_of(group.kind) if group.kind else ()):
                if service.port in ports:
                    yield Problem(
                        path=path,
                        message=f"covers port {service.port}, which {service.name} needs"
                        " on the same node",
                        value=text,
                        remedy="leave it out: Mesos would hand it to a task",
                    )


def machine_names(spec: Spec) -> Iterator[Problem]:
    """Refuse node names that clash, and names that are too long together."""
    owners: dict[str, str] = {}
    for group in (name for name, group in spec.groups.items() if group.kind):
        for node in spec.node_names(group):
            if node in owners:
                yield Problem(
                    path=("groups", group),
                    message=f'makes a second node "{node}"; {owners[node]} has one already',
                    remedy="rename the group or the host: node names are unique in a cluster",
                    at_key=True,
                )
                break
            owners[node] = group
    longest = max(owners, key=len, default="")
    if len(spec.name) + 1 + len(longest) > MAX_MACHINE_NAME:
        room = MAX_MACHINE_NAME - 1 - len(longest)
        yield Problem(
            path=("name",),
            message=f'is too long: with "-{longest}" a machine\'s name has more than'
            f" {MAX_MACHINE_NAME} characters",
            value=spec.name,
            remedy=f"use at most {room} characters"
            if room > 0
            else "shorten the names of the groups or hosts first",
        )


def flavour_can(spec: Spec) -> Iterator[Problem]:
    """Refuse versions and features that the flavour of Mesos does not have."""
    mesos = spec.versions.mesos
    for found in compatibility.problems(
        mesos.flavour, mesos.version, features=spec.features.enabled()
    ):
        is_version = found.subject == "version"
        yield Problem(
            path=("versions", "mesos", "version") if is_version else ("features", found.subject),
            message=found.message,
            value=mesos.version if is_version else True,
            remedy=found.remedy,
        )


def schedulers_and_names(spec: Spec) -> Iterator[Problem]:
    """Refuse versions of Marathon and Mesos-DNS that are not known for their flavour."""
    marathon, dns = spec.versions.marathon, spec.versions.mesos_dns
    embedded = {"marathon": MARATHON_VERSIONS[-1:], "mesos_dns": MESOS_DNS_VERSIONS[:1]}
    for name, wanted, flavour, version, versions in (
        ("marathon", spec.features.marathon, marathon.flavour, marathon.version, MARATHON_VERSIONS),
        (
            "mesos_dns",
            spec.features.service_discovery,
            dns.flavour,
            dns.version,
            MESOS_DNS_VERSIONS,
        ),
    ):
        known = embedded[name] if flavour == "lab" else versions
        if wanted and version not in known:
            yield Problem(
                path=("versions", name, "version"),
                message=f"is not a version of the flavour {flavour}",
                value=version,
                remedy=did_you_mean(version, known),
            )


def grafana_has_prometheus(spec: Spec) -> Iterator[Problem]:
    """Refuse Grafana where there is no Prometheus to show."""
    if spec.features.grafana and not spec.requests_with(NodeRole.PROMETHEUS):
        yield Problem(
            path=("features", "grafana"),
            message="shows what Prometheus collects, and no machine of this cluster runs one",
            value=True,
            remedy="turn `monitoring` on and add `monitors: {count: 1}`, or turn `grafana` off",
        )


RULES: tuple[Rule, ...] = (
    known_provider,
    required_groups,
    group_kinds,
    group_names,
    odd_ensembles,
    agent_keys,
    resources_fit,
    task_ports,
    machine_names,
    flavour_can,
    schedulers_and_names,
    grafana_has_prometheus,
    local_subnet,
    static_hosts,
    static_zones,
    cloud_openness,
    cloud_groups,
    aws_zones,
    aws_network,
    aws_machines,
    openstack_zones,
    openstack_network,
    openstack_machines,
    libcloud_secrets,
    libcloud_names,
    libcloud_machines,
)
"""Every rule; a new one is a function and a line here."""
