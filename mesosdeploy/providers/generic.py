"""The provider `libcloud`: machines of any of libcloud's drivers, by configuration alone."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

from libcloud.compute.base import Node as CloudNode
from libcloud.compute.base import NodeDriver
from libcloud.compute.providers import get_driver
from pydantic import ValidationError

from mesosdeploy.errors import ProviderError
from mesosdeploy.nodes import NodeRequest
from mesosdeploy.providers.base import ClusterContext
from mesosdeploy.providers.cloud import CloudError, CloudProvider, Dialect, Kind, Launch
from mesosdeploy.providers.cloud import launch as launching
from mesosdeploy.providers.cloud.zones import spread
from mesosdeploy.spec.libcloud_options import (
    SEPARATOR,
    LibcloudMachineOptions,
    LibcloudOptions,
)

OPTIONS = frozenset(LibcloudOptions.model_fields)


class LibcloudProvider(CloudProvider):
    """Machines of one account in the cloud of a driver; network and firewall are there already."""

    # A driver without the call, or a call without the argument.
    dialect: ClassVar[Dialect] = Dialect(foreign=(NotImplementedError, TypeError, AttributeError))

    def __init__(self, context: ClusterContext) -> None:
        super().__init__(context)
        try:
            self.settings = LibcloudOptions.model_validate(self.options)
        except ValidationError as exc:
            raise ProviderError(
                f"the libcloud provider's option {exc.errors()[0]['loc']}:"
                f" {exc.errors()[0]['msg']}",
                hint="correct cluster.yml: mesosdeploy validate",
            ) from exc
        self.ssh_user = self.settings.user

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
        return get_driver(self.settings.driver)(**self.settings.arguments, **secrets)

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

    def _host_key_file(self, node: str) -> Path:
        return self.context.directory / "host_keys" / node

    def _named(self, listing: str, wanted: str) -> Any:
        found = self.drivers.call(lambda driver: getattr(driver, listing)(), listing)
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
