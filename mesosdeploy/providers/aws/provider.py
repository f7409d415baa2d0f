"""The provider `aws`: machines of EC2 in a network of the cluster's own, or in one that exists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from threading import Lock
from types import SimpleNamespace
from typing import Any, ClassVar

from libcloud.compute.base import Node as CloudNode

from mesosdeploy.nodes import NodeRequest
from mesosdeploy.providers.aws import belongings, firewall, prices
from mesosdeploy.providers.aws.dialect import DIALECT
from mesosdeploy.providers.aws.driver import Ec2Driver
from mesosdeploy.providers.aws.foresight import foresee
from mesosdeploy.providers.aws.network import PUBLIC, ZONES, Ground, Image, tag_of
from mesosdeploy.providers.aws.session import Account
from mesosdeploy.providers.aws.vpc import Builder
from mesosdeploy.providers.base import (
    ClusterContext,
    Estimate,
    Leftover,
    Remains,
    Report,
    Surrounding,
)
from mesosdeploy.providers.cloud import foreseeing
from mesosdeploy.providers.cloud.bastion import BastionProvider
from mesosdeploy.providers.cloud.failures import CloudError, Dialect, Kind
from mesosdeploy.providers.cloud.flows import ADMIN, Rule, rules
from mesosdeploy.providers.cloud.launch import CLUSTER, EXPIRES, Launch
from mesosdeploy.providers.cloud.lifetime import expiry, latest
from mesosdeploy.providers.cloud.options import checked
from mesosdeploy.providers.cloud.zones import spread
from mesosdeploy.spec.aws_options import AwsMachineOptions, AwsOptions
from mesosdeploy.spec.cloud_rules import BASTION

OPTIONS = frozenset(AwsOptions.model_fields)
BASTION_GB = 8
FILTERED = 200
"""How many values AWS takes for a filter ("Amazon EC2 API Reference", DescribeInstances)."""
ALIVE = ("pending", "running", "stopping", "stopped", "shutting-down", "terminated")


class AwsProvider(BastionProvider):
    """Machines in one region of AWS, each group spread over availability zones."""

    dialect: ClassVar[Dialect] = DIALECT
    has_client_tokens: ClassVar[bool] = True

    def __init__(self, context: ClusterContext) -> None:
        super().__init__(context)
        self.settings = checked(AwsOptions, self.options, "the aws provider")
        self.ssh_user = self.settings.image.user
        self.account = Account(self.settings.region, self.settings.profile)
        self._once = Lock()

    @cached_property
    def ground(self) -> Ground:
        """What is around the machines."""
        return Ground(
            account=self.account,
            cluster=self.context.cluster,
            options=self.settings,
            tags={CLUSTER: self.context.cluster, **self.extra_tags()},
        )

    def connect(self) -> Ec2Driver:
        """Return a driver with the credentials of AWS' own chain."""
        return self.account.driver()

    def list_arguments(self) -> Mapping[str, Any]:
        """Let AWS filter; those that ended are asked for too: they tell why."""
        return {
            "ex_filters": {
                f"tag:{CLUSTER}": self.context.cluster,
                "instance-state-name": list(ALIVE),
            }
        }

    def list_arguments_of(self, machines: Sequence[str]) -> Mapping[str, Any]:
        """Let AWS pick out these: of a thousand machines only some are waited for."""
        every = self.list_arguments()
        if not 0 < len(machines) <= FILTERED:
            return every
        return {"ex_filters": {"instance-id": list(machines), **every["ex_filters"]}}

    def extra_tags(self) -> Mapping[str, str]:
        """Return when the cluster counts as forgotten, if ever."""
        return expiry(self.settings.ttl_hours)

    def has_bastion(self) -> bool:
        """Say whether the nodes are reached through one."""
        return self.settings.access == "bastion"

    def ssh_host_of(self, machine: CloudNode) -> str:
        """Return the public address, or the private one of machines that shall have no other."""
        addresses = machine.public_ips if self._is_public(machine) else machine.private_ips
        return next(iter(addresses), "")

    def region(self) -> str:
        """Return the region of the spec."""
        return self.settings.region

    def zone_of(self, machine: CloudNode) -> str:
        """Return the availability zone, as AWS tells it."""
        return str(machine.extra.get("availability") or "")

    def prepare(self, requests: Sequence[NodeRequest], report: Report) -> None:
        """Make network, security groups, key pair and bastion, or bring them up to date."""
        for request in requests:
            self._machine_options(request)
        assert self._image.id  # looked for before anything is made
        vpc = self._ensure_network(report)
        firewall.ensure(self.ground, vpc, self._rules(requests), report)
        self.ground.ensure_key(self.context.public_key, report)
        self._forget_ground()
        self.ensure_bastion(report)

    def tidy(self, requests: Sequence[NodeRequest], report: Report) -> None:
        """Remove security groups that are neither the spec's nor any machine's."""
        firewall.tidy(self.ground, self._rules(requests), self.groups_in_use(), report)

    def _ensure_network(self, report: Report) -> str:
        if self.settings.network:
            return self.settings.network.vpc
        return Builder(ground=self.ground, report=report, poll_seconds=self.poll_seconds).build()

    def _is_public(self, machine: CloudNode) -> bool:
        return self.settings.access == "public" or self._name(machine) == BASTION

    def foresee(self, requests: Sequence[NodeRequest]) -> Sequence[Surrounding]:
        """Return what is and would be around the machines."""
        there = {self._name(machine) for machine in self._machines(self._recently(""))}
        new = [request for request in requests if request.name not in there]
        disks = [self._machine_options(each).disk_gb or self.settings.disk_gb for each in new]
        zones = tuple(self.ground.subnets()) or self.ground.zones()
        return [
            *foreseeing.machines(new, zones),
            *foresee(self.ground, self._rules(requests), disks),
        ]

    def _rules(self, requests: Sequence[NodeRequest]) -> Mapping[str, Sequence[Rule]]:
        return rules(requests, entrance=BASTION if self.has_bastion() else ADMIN)

    def estimate(self, requests: Sequence[NodeRequest]) -> Estimate:
        """Return what the machines cost, the bastion among them."""
        types = [
            self._machine_options(request).instance_type or self.settings.instance_type
            for request in requests
        ]
        door = [self.settings.bastion_type] if self.has_bastion() else []
        gateways = 1 if self.has_bastion() and not self.settings.network else 0
        if gateways and self.settings.nat == "per-zone":
            gateways = len(self.settings.zones) or ZONES  # asks nobody how many the region has
        return prices.estimate([*types, *door], self.settings.region, gateways=gateways)

    def places(self, request: NodeRequest) -> Sequence[str]:
        """Return the machine's zone, and the others for machines that do not vote."""
        with self._once:
            zones = tuple(self._subnets[request.group == BASTION])
        return spread(request, zones)

    def arguments(self, launch: Launch) -> Mapping[str, Any]:
        """Return what a machine is made with: everything in one call, the tags included."""
        request, settings = launch.request, self.settings
        machine = self._machine_options(request)
        is_door = request.group == BASTION
        own_type = settings.bastion_type if is_door else machine.instance_type
        with self._once:
            image, subnet = self._image, self._subnets[is_door][launch.place]
            group = self._groups[request.group]
        disk = {
            "VolumeType": "gp3",
            "VolumeSize": str(machine.disk_gb or (BASTION_GB if is_door else settings.disk_gb)),
            "Encrypted": "true",
            "DeleteOnTermination": "true",
            **({"KmsKeyId": settings.kms_key} if settings.kms_key else {}),
        }
        return {
            "name": launch.name,
            "size": SimpleNamespace(id=own_type or settings.instance_type),
            "image": SimpleNamespace(id=image.id),
            "ex_keyname": self.ground.key_name(self.context.public_key),
            "ex_userdata": launch.user_data,
            "ex_subnet": SimpleNamespace(id=subnet),
            "ex_security_group_ids": [group],
            "ex_assign_public_ip": is_door or settings.access == "public",
            "ex_metadata": dict(launch.tags),
            "ex_clienttoken": launch.token,
            "ex_blockdevicemappings": [{"DeviceName": image.root_device, "Ebs": disk}],
            "ex_iamprofile": None if is_door else settings.instance_profile,
            "ex_spot": machine.spot,
            "ex_spot_max_price": machine.spot_max_price,
        }

    def clusters(self) -> Sequence[Remains]:
        """List what EC2 has of every cluster in the region."""
        found: dict[str, list[belongings.Belonging]] = {}
        for it in belongings.find(self.account, [{"Name": "tag-key", "Values": [CLUSTER]}]):
            found.setdefault(tag_of(it.item, CLUSTER), []).append(it)
        return [
            Remains(
                cluster=cluster,
                objects=tuple(Leftover(kind=it.kind, name=it.id) for it in items),
                expires=latest(tag_of(it.item, EXPIRES) for it in items),
            )
            for cluster, items in sorted(found.items())
        ]

    def leftovers(self) -> Sequence[Leftover]:
        """List everything in EC2 that carries the cluster's tag, but the nodes themselves."""
        nodes = {node.provider_id for node in self.list()}
        found = belongings.find(self.account, belongings.tag_filter(self.context.cluster))
        # A disk and a network interface go with their machine.
        held = {it.id for it in found if _machine_of(it) in nodes}
        return [Leftover(kind=it.kind, name=it.id) for it in found if it.id not in nodes | held]

    def cleanup(self, report: Report) -> None:
        """Remove everything that carries the cluster's tag, in the order of dependence."""
        filters = belongings.tag_filter(self.context.cluster)
        belongings.remove_all(self.account, filters, report, self.poll_seconds)
        self._forget_ground()

    @cached_property
    def _image(self) -> Image:
        return self.ground.image()

    @cached_property
    def _subnets(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Zone -> subnet for the nodes, and for the bastion."""
        nodes = self._required(self.ground.subnets(), "subnet")
        door = self.ground.subnets(PUBLIC) if self.has_bastion() else {}
        return nodes, door

    @cached_property
    def _groups(self) -> Mapping[str, str]:
        return self._required(firewall.ids(self.ground), "security group")

    def _required(self, found: Mapping[str, str], kind: str) -> Mapping[str, str]:
        if not found:
            raise CloudError(
                f"the cluster {self.context.cluster} has no {kind} in {self.settings.region}",
                kind=Kind.NOT_FOUND,
                hint="run `mesosdeploy up`, which makes it first",
            )
        return found

    def _forget_ground(self) -> None:
        for name in ("_subnets", "_groups"):
            self.__dict__.pop(name, None)

    def _machine_options(self, request: NodeRequest) -> AwsMachineOptions:
        return checked(AwsMachineOptions, request.options, f"group {request.group}")


def _machine_of(it: belongings.Belonging) -> str:
    """Return the machine that a disk or network interface goes with, "" for all else."""
    if it.kind == "volume":
        return next((str(a["InstanceId"]) for a in it.item.get("Attachments", ())), "")
    return str(it.item.get("Attachment", {}).get("InstanceId", ""))
