"""The provider `openstack`: machines of Nova in a network of the cluster's own, or a given one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from threading import Lock
from types import SimpleNamespace
from typing import Any, ClassVar

from libcloud.compute.base import Node as CloudNode

from mesosdeploy.nodes import Node, NodeRequest
from mesosdeploy.providers.base import ClusterContext, Leftover, Remains, Report, Surrounding
from mesosdeploy.providers.cloud import foreseeing
from mesosdeploy.providers.cloud.bastion import BastionProvider
from mesosdeploy.providers.cloud.failures import CloudError, Dialect, Kind
from mesosdeploy.providers.cloud.flows import ADMIN, Rule, rules
from mesosdeploy.providers.cloud.launch import CLUSTER, EXPIRES, NODE, Launch
from mesosdeploy.providers.cloud.lifetime import expiry, latest
from mesosdeploy.providers.cloud.options import checked
from mesosdeploy.providers.cloud.zones import spread
from mesosdeploy.providers.openstack import belongings, firewall
from mesosdeploy.providers.openstack.dialect import DIALECT
from mesosdeploy.providers.openstack.driver import NovaDriver
from mesosdeploy.providers.openstack.foresight import foresee
from mesosdeploy.providers.openstack.network import Ground
from mesosdeploy.providers.openstack.session import Project
from mesosdeploy.spec.cloud_rules import BASTION
from mesosdeploy.spec.openstack_options import OpenStackMachineOptions, OpenStackOptions

OPTIONS = frozenset(OpenStackOptions.model_fields)


class OpenStackProvider(BastionProvider):
    """Machines in one project of an OpenStack cloud, each group spread over the zones given."""

    dialect: ClassVar[Dialect] = DIALECT

    def __init__(self, context: ClusterContext) -> None:
        super().__init__(context)
        self.settings = checked(OpenStackOptions, self.options, "the openstack provider")
        self.ssh_user = self.settings.image.user
        self.project = Project(self.settings.cloud, self.settings.region)
        self._once = Lock()
        self._flavors: dict[str, str] = {}

    @cached_property
    def ground(self) -> Ground:
        """What is around the machines."""
        return Ground(
            project=self.project,
            cluster=self.context.cluster,
            options=self.settings,
            marks={CLUSTER: self.context.cluster, **self.extra_tags()},
        )

    def region(self) -> str:
        """Return the region of the spec, else that of the cloud's configuration."""
        return self.settings.region or str(self.project.connection.config.region_name or "")

    def connect(self) -> NovaDriver:
        """Return a driver with a token that is valid now."""
        return self.project.driver()

    def extra_tags(self) -> Mapping[str, str]:
        """Return when the cluster counts as forgotten, if ever."""
        return expiry(self.settings.ttl_hours)

    def has_bastion(self) -> bool:
        """Say whether the nodes are reached through one."""
        return self.settings.access == "bastion"

    def address_of(self, machine: CloudNode) -> str:
        """Return the machine's own address, whatever network it is of."""
        return next(_addresses(machine, "fixed"), "")

    def ssh_host_of(self, machine: CloudNode) -> str:
        """Return the floating IP, or the own address of machines that shall have no other."""
        kind = "floating" if self._is_public(self._name(machine)) else "fixed"
        return next(_addresses(machine, kind), "")

    def prepare(self, requests: Sequence[NodeRequest], report: Report) -> None:
        """Make network, security groups, key pair and bastion, or bring them up to date."""
        assert self._image  # this and the flavors are looked for before anything is made
        for request in requests:
            self._flavor(request)
        if missing := self.ground.missing_zones():
            raise CloudError(
                f"{self.project.name} has no availability zone {', '.join(missing)}",
                kind=Kind.NOT_FOUND,
                hint="correct `zones`: `openstack availability zone list` shows what there is",
            )
        self.ground.ensure_network(report)
        firewall.ensure(self.ground, self._rules(requests), report)
        self.ground.ensure_key(self.context.public_key, report)
        self._forget_ground()
        self.ensure_bastion(report)

    def tidy(self, requests: Sequence[NodeRequest], report: Report) -> None:
        """Remove security groups that are neither the spec's nor any machine's."""
        firewall.tidy(self.ground, self._rules(requests), self.groups_in_use(), report)

    def foresee(self, requests: Sequence[NodeRequest]) -> Sequence[Surrounding]:
        """Return what is and would be around the machines."""
        around = list(foresee(self.ground, self._rules(requests), len(requests)))
        if not self.settings.zones:
            return around
        there = {node.name for node in self.list()}
        new = (request for request in requests if request.name not in there)
        return [*foreseeing.machines(new, self.settings.zones), *around]

    def places(self, request: NodeRequest) -> Sequence[str]:
        """Return the machine's zone, and the others for machines that do not vote."""
        return spread(request, self.settings.zones or ("",))

    def arguments(self, launch: Launch) -> Mapping[str, Any]:
        """Return what a machine is made with: everything in one call, the marks included."""
        request = launch.request
        with self._once:
            image, network = self._image, self._network
            flavor, group = self._flavor(request), self._groups[request.group]
        return {
            "name": launch.name,
            "size": SimpleNamespace(id=flavor),
            "image": SimpleNamespace(id=image),
            "networks": [SimpleNamespace(id=network)],
            # libcloud sends the name, and Nova takes an id for it: names need not be unique.
            "ex_security_groups": [SimpleNamespace(name=group)],
            "ex_keyname": self.ground.key_name(self.context.public_key),
            "ex_userdata": launch.user_data,
            "ex_metadata": dict(launch.tags),
            "ex_availability_zone": launch.place or None,
            "ex_config_drive": self.settings.config_drive or None,
        }

    def wait(self, nodes: Sequence[Node]) -> Sequence[Node]:
        """Return these nodes when all run and have their addresses, floating IPs among them."""
        for node in nodes:
            if self._is_public(node.name):
                self._ensure_address(node)
        return super().wait(nodes)

    def destroy(self, node: Node, report: Report) -> None:
        """Remove the machine, and give its floating IP back."""
        super().destroy(node, report)
        if self._is_public(node.name):
            self.ground.release_address(node.name)

    def clusters(self) -> Sequence[Remains]:
        """List what the project has of every cluster."""
        found: dict[str, list[tuple[Leftover, str]]] = {}
        every = self.drivers.call(lambda driver: driver.list_nodes(), "list the machines")
        for machine in (each for each in every if CLUSTER in self.tags_of(each)):
            tags = self.tags_of(machine)
            entry = (Leftover(kind="machine", name=machine.id), tags.get(EXPIRES, ""))
            found.setdefault(tags[CLUSTER], []).append(entry)
        for it in belongings.every(self.project):
            entry = (Leftover(kind=it.kind, name=it.id), it.marks.get(EXPIRES, ""))
            found.setdefault(it.marks[CLUSTER], []).append(entry)
        return [
            Remains(
                cluster=cluster,
                objects=tuple(left for left, _ in entries),
                expires=latest(text for _, text in entries),
            )
            for cluster, entries in sorted(found.items())
        ]

    def leftovers(self) -> Sequence[Leftover]:
        """List everything in the project that has the cluster's mark, but the nodes themselves."""
        nodes = {node.name for node in self.list()}
        found = belongings.of_cluster(self.project, self.context.cluster)
        # A floating IP goes with its machine.
        others = [it for it in found if it.marks.get(NODE, "") not in nodes]
        return [*super().leftovers(), *(Leftover(kind=it.kind, name=it.id) for it in others)]

    def cleanup(self, report: Report) -> None:
        """Remove everything that has the cluster's mark, in the order of dependence."""
        super().cleanup(report)
        belongings.remove_all(self.project, self.context.cluster, report)
        self._forget_ground()

    @cached_property
    def _image(self) -> str:
        return self.ground.image()

    @cached_property
    def _network(self) -> str:
        return self.ground.network()

    @cached_property
    def _groups(self) -> Mapping[str, str]:
        found = firewall.ids(self.ground)
        if not found:
            raise CloudError(
                f"the cluster {self.context.cluster} has no security group in this project",
                kind=Kind.NOT_FOUND,
                hint="run `mesosdeploy up`, which makes it first",
            )
        return found

    def _flavor(self, request: NodeRequest) -> str:
        """Return the id of a machine's flavor; each name is looked for once."""
        machine = self._machine_options(request)
        own = self.settings.bastion_flavor if request.group == BASTION else machine.flavor
        name = own or self.settings.flavor
        if name not in self._flavors:
            self._flavors[name] = self.ground.flavor(name)
        return self._flavors[name]

    def _machine_options(self, request: NodeRequest) -> OpenStackMachineOptions:
        return checked(OpenStackMachineOptions, request.options, f"group {request.group}")

    def _forget_ground(self) -> None:
        for name in ("_network", "_groups"):
            self.__dict__.pop(name, None)

    def _is_public(self, name: str) -> bool:
        return self.settings.access == "floating" or (self.has_bastion() and name == BASTION)

    def _rules(self, requests: Sequence[NodeRequest]) -> Mapping[str, Sequence[Rule]]:
        return rules(requests, entrance=BASTION if self.has_bastion() else ADMIN)

    def _ensure_address(self, node: Node) -> None:
        """Give a machine its floating IP as soon as Nova has made its port."""

        def port() -> str | None:
            self._if_ready([node])  # raises at once when the machine has failed
            found = self.project.ask(
                lambda cloud: list(cloud.network.ports(device_id=node.provider_id)),
                f"find the port of {node.name}",
            )
            return next((str(each.id) for each in found), None)

        if not node.ssh_host:
            found = self.settle(port, f"node {node.name} has no port")
            self.ground.ensure_address(node.name, found, lambda _text: None)


def _addresses(machine: CloudNode, kind: str) -> Iterator[str]:
    """Yield a machine's IPv4 addresses; libcloud sorts them by their ranges and not by kind."""
    for entries in (machine.extra.get("addresses") or {}).values():
        for entry in entries:
            if entry["version"] == 4 and entry.get("OS-EXT-IPS:type", "fixed") == kind:
                yield str(entry["addr"])
