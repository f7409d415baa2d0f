"""The provider `libcloud`: machines of any of libcloud's drivers, by configuration alone."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from types import SimpleNamespace
from typing import Any, ClassVar

from libcloud.compute.base import Node as CloudNode
from libcloud.compute.base import NodeDriver
from libcloud.compute.providers import get_driver
from libcloud.compute.types import NodeState

from mesosdeploy.nodes import NodeRequest, NodeStatus
from mesosdeploy.providers.base import ClusterContext, Report
from mesosdeploy.providers.cloud import CloudError, CloudProvider, Dialect, Kind, Launch
from mesosdeploy.providers.cloud import launch as launching
from mesosdeploy.providers.cloud.options import checked
from mesosdeploy.providers.cloud.zones import spread
from mesosdeploy.spec.libcloud_options import (
    SEPARATOR,
    LibcloudMachineOptions,
    LibcloudOptions,
)

OPTIONS = frozenset(LibcloudOptions.model_fields)

_WORDS = (
    (r"(?i)quota|maximum number of resources|limit.{0,60}(exceeded|reached)", Kind.QUOTA),
    (r"(?i)insufficient.{0,40}capacity|unable to create a deployment", Kind.CAPACITY),
)
"""How failures are worded where the driver drops the code, as CloudStack's does with a job's."""

_STATES: Mapping[str, Mapping[str, NodeState]] = {
    # A machine that failed is there until it is removed, and not gone, as the driver has it.
    "cloudstack": {"Error": NodeState.ERROR, "Starting": NodeState.PENDING}
}
"""Driver -> the cloud's state -> what it means, where the driver has it otherwise."""

_STARTERS = ("ex_start", "ex_start_node", "ex_power_on_node")
"""What drivers without `start_node` call it."""


class LibcloudProvider(CloudProvider):
    """Machines of one account in the cloud of a driver; network and firewall are there already."""

    # A driver without the call, a call without the argument; others raise a bare Exception.
    dialect: ClassVar[Dialect] = Dialect(rules=_WORDS, foreign=(Exception,))

    def __init__(self, context: ClusterContext) -> None:
        super().__init__(context)
        self.settings = checked(LibcloudOptions, self.options, "the libcloud provider")
        self.ssh_user = self.settings.user
        self._listings: dict[str, Sequence[Any]] = {}
        self._listing = Lock()

    def connect(self) -> NodeDriver:
        """Return a driver with the credentials of the environment."""
        names = self.settings.environment
        if missing := sorted(name for name in names.values() if not os.environ.get(name)):
            raise CloudError(
                f"{self.settings.driver}: not set: {', '.join(missing)}",
                kind=Kind.AUTH,
                hint="set these variables: the spec's provider.environment names them",
            )
        secrets = {argument: os.environ[name] for argument, name in names.items()}
        name = self.settings.driver
        driver = get_driver(name)(**self.settings.arguments, **secrets)
        if name in _STATES:
            driver.NODE_STATE_MAP = {**driver.NODE_STATE_MAP, **_STATES[name]}
        return driver

    def places(self, request: NodeRequest) -> Sequence[str]:
        """Return the machine's location, and the others for machines that do not vote."""
        return spread(request, self.settings.locations or ("",))

    def arguments(self, launch: Launch) -> Mapping[str, Any]:
        """Return what a machine is made with."""
        settings, own = self.settings, LibcloudMachineOptions(**dict(launch.request.options))  # type: ignore[arg-type]
        found: dict[str, Any] = {
            "size": self._named("list_sizes", own.size or settings.size),
            "image": self._named("list_images", settings.image),
            settings.user_data: launch.user_data,
            **{name: _objects(value) for name, value in settings.create.items()},
        }
        if launch.place:
            found["location"] = self._named("list_locations", launch.place)
        if settings.tags:
            return {**found, "name": launch.name, settings.tags: dict(launch.tags)}
        host_key = self._host_key_file(launch.request.name)
        host_key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        host_key.write_text(launch.tags[launching.HOST_KEY])
        request = launch.request
        return {**found, "name": SEPARATOR.join((request.cluster, request.group, request.name))}

    def tags_of(self, machine: CloudNode) -> Mapping[str, str]:
        """Return a machine's tags; where there are none, what its name and the state say."""
        if self.settings.tags:
            return super().tags_of(machine)
        cluster, _, rest = str(machine.name).partition(SEPARATOR)
        group, _, node = rest.partition(SEPARATOR)
        index = node.rpartition("-")[2]
        if not (cluster and group and index.isdecimal()):
            return {}
        tags = {launching.CLUSTER: cluster, launching.GROUP: group, launching.NODE: node}
        if cluster == self.context.cluster and (file := self._host_key_file(node)).exists():
            tags[launching.HOST_KEY] = file.read_text()
        return {**tags, launching.INDEX: index}

    def ssh_host_of(self, machine: CloudNode) -> str:
        """Return the address of the kind that the spec asks for, "" until it is known."""
        public = self.settings.reach == "public"
        return next(iter(machine.public_ips if public else machine.private_ips), "")

    def start_machine(self, driver: NodeDriver, machine: CloudNode) -> None:
        """Start a machine by the driver's own name for that."""
        own = (getattr(driver, name, None) for name in _STARTERS)
        (next((call for call in own if call), None) or driver.start_node)(machine)

    def _attempt(self, launch: Launch, report: Report) -> CloudNode:
        """Make a machine; one that failed while it was made does not stay behind."""
        try:
            return super()._attempt(launch, report)
        except CloudError:
            # Where this fails, too, the next `up` finds the machine as a failed one.
            with suppress(CloudError):
                self._remove_failed(launch.request.name, report)
            raise

    def _remove_failed(self, name: str, report: Report) -> None:
        made = self._find(name, time.monotonic())
        if made is not None and self._status(made) is NodeStatus.FAILED:
            report(f"{name}: removing {made.id}, which failed")
            self._destroy(made, name)

    def _host_key_file(self, node: str) -> Path:
        return self.context.directory / "host_keys" / node

    def _named(self, listing: str, wanted: str) -> Any:
        # Once for all machines: what a cloud offers does not change while they are made.
        with self._listing:
            if listing not in self._listings:
                self._listings[listing] = self.drivers.call(
                    lambda driver: getattr(driver, listing)(), listing
                )
        found = self._listings[listing]
        fitting = [item for item in found if wanted in (str(item.id), item.name)]
        if not fitting:
            names = ", ".join(sorted({str(item.name) for item in found})[:20]) or "none"
            raise CloudError(
                f"{self.settings.driver} {listing}: there is no {wanted!r}",
                kind=Kind.NOT_FOUND,
                hint=f"there are: {names}",
            )
        return fitting[0]


def _objects(value: object) -> object:
    """Return an argument from YAML in the form of libcloud, whose calls take objects with an id."""
    if isinstance(value, dict) and "id" in value:
        return SimpleNamespace(**value)
    return [_objects(each) for each in value] if isinstance(value, list) else value
