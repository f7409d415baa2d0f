"""The ground that machines stand on: network, router, key pair, addresses, found or made once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mesosdeploy.providers.base import Report
from mesosdeploy.providers.cloud.failures import CloudError, Kind
from mesosdeploy.providers.cloud.launch import CLUSTER, NODE
from mesosdeploy.providers.openstack import belongings
from mesosdeploy.providers.openstack.belongings import Belonging, described
from mesosdeploy.providers.openstack.session import Project
from mesosdeploy.spec.openstack_options import OpenStackOptions


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Make and find what is around the machines of one cluster; each call may be repeated."""

    project: Project
    cluster: str
    options: OpenStackOptions
    marks: Mapping[str, str]

    @property
    def name(self) -> str:
        """The name that people see beside each object."""
        return f"mesosdeploy-{self.cluster}"

    def find(self, kind: str) -> list[Belonging]:
        """Return the cluster's objects of a kind, always in one order."""
        return belongings.of_kind(self.project, self.cluster, kind)

    def network(self) -> str:
        """Return the id of the network for the machines; CloudError when there is none."""
        if self.options.network:
            return str(self._named("network", self.options.network).id)
        found = self.find("network")
        if not found:
            raise CloudError(
                f"the cluster {self.cluster} has no network in this project",
                kind=Kind.NOT_FOUND,
                hint="run `mesosdeploy up`, which makes it first",
            )
        return found[0].id

    def external(self) -> str:
        """Return the id of the network that floating IPs come from."""
        if self.options.external_network:
            return str(self._named("network", self.options.external_network).id)
        found = self.project.ask(
            lambda cloud: list(cloud.network.networks(is_router_external=True)),
            "list the external networks",
        )
        if len(found) != 1:
            names = ", ".join(sorted(str(item.name) for item in found)) or "none"
            raise CloudError(
                f"which external network shall be used is not clear: there are {names}",
                kind=Kind.INVALID,
                hint="give `external_network` in the provider's options",
            )
        return str(found[0].id)

    def ensure_network(self, report: Report) -> None:
        """Make network, subnet and router with its way out; look whether a given one is there."""
        if self.options.network:
            self.network()
            return
        external = self.external()
        network = self.ensure(
            "network",
            report,
            lambda cloud: cloud.network.create_network(
                name=self.name, description=described(self.marks)
            ),
        )
        subnet = self.ensure(
            "subnet",
            report,
            lambda cloud: cloud.network.create_subnet(
                name=self.name,
                description=described(self.marks),
                network_id=network.id,
                ip_version=4,
                cidr=self.options.cidr,
                dns_nameservers=list(self.options.dns_servers),
            ),
        )
        router = self.ensure(
            "router",
            report,
            lambda cloud: cloud.network.create_router(
                name=self.name,
                description=described(self.marks),
                external_gateway_info={"network_id": external},
            ),
        )
        self._join(router.id, subnet.id)

    def _join(self, router: str, subnet: str) -> None:
        """Give the router an address in the subnet, the way out of its machines."""

        def joined() -> Any | None:
            ports = self.project.connection.network.ports(device_id=router)
            fixed = (address for port in ports for address in port.fixed_ips)
            return next((each for each in fixed if each["subnet_id"] == subnet), None)

        self.project.ensured(
            joined,
            lambda: self.project.connection.network.add_interface_to_router(
                router, subnet_id=subnet
            ),
            "join router and subnet",
        )

    def ensure_key(self, public_key: str, report: Report) -> None:
        """Put the cluster's public key into Nova, under a name that follows from the key."""
        name = self.key_name(public_key)
        self.ensure(
            "key pair",
            report,
            lambda cloud: cloud.compute.create_keypair(name=name, public_key=public_key),
            lambda it: it.id == name,
        )

    def key_name(self, public_key: str) -> str:
        """Return the name of the key pair: another key has another one."""
        return f"{self.name}-{hashlib.sha256(public_key.encode()).hexdigest()[:8]}"

    def ensure_address(self, node: str, port: str, report: Report) -> None:
        """Give a node its floating IP: the one that it had, or a new one."""
        marks = {**self.marks, NODE: node}

        def make(cloud: Any) -> Any:
            return cloud.network.create_ip(
                floating_network_id=self.external(), port_id=port, description=described(marks)
            )

        found = self.ensure("floating IP", report, make, lambda it: it.marks.get(NODE) == node)
        if found.item.port_id != port:
            self.project.ask(
                lambda cloud: cloud.network.update_ip(found.id, port_id=port),
                f"give {node} its floating IP",
            )

    def release_address(self, node: str) -> None:
        """Give back a node's floating IP."""
        for it in self.find("floating IP"):
            if it.marks.get(NODE) == node:
                belongings.remove(self.project, it)

    def flavor(self, wanted: str) -> str:
        """Return the id of a flavor by name or id; CloudError with those that are there."""
        return str(self._named("flavor", wanted).id)

    def image(self) -> str:
        """Return the id of the newest image of the name, or the image of the id."""
        wanted = self.options.image.name
        found = self.project.ask(
            lambda cloud: [
                item
                for item in cloud.image.images(status="active")
                if wanted in (item.id, item.name)
            ],
            "list the images",
        )
        if not found:
            raise CloudError(
                f"{self.project.name} has no image {wanted!r} that is active",
                kind=Kind.NOT_FOUND,
                hint="correct `image: {name: …}` in the provider's options: `openstack image list`",
            )
        return str(max(found, key=lambda item: str(item.created_at)).id)

    def missing_zones(self) -> list[str]:
        """Return those of the wanted availability zones that the cloud does not have."""
        if not self.options.zones:
            return []
        found = self.project.ask(
            lambda cloud: [str(zone.name) for zone in cloud.compute.availability_zones()],
            "list the availability zones",
        )
        return [zone for zone in self.options.zones if zone not in found]

    def _named(self, kind: str, wanted: str) -> Any:
        """Return the network or flavor of a name or id; two of one name are refused."""
        found = self.project.ask(
            lambda cloud: list(
                cloud.network.networks() if kind == "network" else cloud.compute.flavors()
            ),
            f"list every {kind}",
        )
        fitting = [item for item in found if item.id == wanted] or [
            item for item in found if item.name == wanted
        ]
        if len(fitting) != 1:
            names = ", ".join(sorted({str(item.name) for item in found})) or "none"
            told = f"has {len(fitting)} times the" if fitting else "has no"
            raise CloudError(
                f"{self.project.name} {told} {kind} {wanted!r}",
                kind=Kind.NOT_FOUND,
                hint="give its id instead" if fitting else f"there are: {names}",
            )
        return fitting[0]

    def ensure(
        self,
        kind: str,
        report: Report,
        make: Callable[[Any], Any],
        is_it: Callable[[Belonging], bool] = lambda _it: True,
    ) -> Belonging:
        """Return the cluster's first object of a kind that `is_it`, made if there is none."""

        def find() -> Belonging | None:
            return next((it for it in self.find(kind) if is_it(it)), None)

        def told() -> Belonging:
            report(f"making {kind} of {self.cluster}")
            item = make(self.project.connection)
            return Belonging(kind=kind, id=str(item.id), marks={CLUSTER: self.cluster}, item=item)

        return self.project.ensured(find, told, f"make {kind} of {self.cluster}")
