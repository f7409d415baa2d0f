"""A cloud for these tests: a real control plane, and the product's own settings for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy.nodes import NodeRequest
from mesosdeploy.providers.base import ClusterContext
from mesosdeploy.providers.openstack import OpenStackProvider
from mesosdeploy.spec.load import check
from tests.services.openstack.control_plane.configuration import PATHS
from tests.services.openstack.control_plane.installation import ADMIN_PASSWORD
from tests.services.openstack.control_plane.plane import ControlPlane, running

PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIJ9fk1s0KkQ9OJhYuhRsPeVSrVJYp9mMzkFoyXoCDxO t"
ADMIN = "198.51.100.0/24"
USER, PASSWORD = "demo", "demo-password"

Provide = Callable[..., OpenStackProvider]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let openstacksdk's own parts use what it will remove; it warns of itself."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"))


@dataclass(frozen=True)
class Cloud:
    """The control plane, and connections of the tests' own."""

    plane: ControlPlane

    @cached_property
    def user(self) -> Any:
        """The connection of the user whom the product is."""
        return self.plane.connect(USER, PASSWORD)

    @cached_property
    def admin(self) -> Any:
        """The operator's connection."""
        return self.plane.connect("admin", ADMIN_PASSWORD)

    def servers(self) -> list[Any]:
        """Return every machine of the project."""
        return list(self.user.compute.servers())

    def kinds(self) -> dict[str, int]:
        """Return how many objects the project has, by kind; what an operator made is left out."""
        own = self.user.current_project_id
        network = self.user.network
        groups = network.security_groups(project_id=own)
        found = {
            "server": self.servers(),
            "network": list(network.networks(project_id=own)),
            "subnet": list(network.subnets(project_id=own)),
            "router": list(network.routers(project_id=own)),
            "port": list(network.ports(project_id=own)),
            "floating IP": list(network.ips(project_id=own)),
            "security group": [group for group in groups if group.name != "default"],
            "key pair": list(self.user.compute.keypairs()),
        }
        return {kind: len(items) for kind, items in found.items() if items}


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Start a control plane; it is installed first where it is not (some minutes, once)."""
    with running(tmp_path_factory.mktemp("openstack")) as started:
        yield started


@pytest.fixture
def cloud(plane: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """Point OpenStack's own settings to the control plane, and see that nothing is left."""
    for name in ("OS_CLOUD", "OS_REGION_NAME", "OS_CLIENT_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    settings = {
        "OS_AUTH_URL": plane.auth_url,
        "OS_USERNAME": USER,
        "OS_PASSWORD": PASSWORD,
        "OS_PROJECT_NAME": USER,
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
        "HOME": str(tmp_path),
        "MESOSDEPLOY_STATE_DIR": str(tmp_path / "state"),
    }

    def begin() -> None:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        for service in PATHS:
            plane.fail(service)

    begin()
    monkeypatch.chdir(tmp_path)
    yield Cloud(plane)
    begin()
    for remains in _provider("c1", tmp_path, {"flavor": "m1.small"}).clusters():
        _provider(remains.cluster, tmp_path, {"flavor": "m1.small"}).cleanup(quiet)


@pytest.fixture
def options() -> dict[str, Any]:
    """Return the provider's options that these tests begin with."""
    return {"admin_cidrs": [ADMIN], "flavor": "m1.small", "image": {"name": "debian-12"}}


@pytest.fixture
def provide(cloud: Cloud, tmp_path: Path, options: dict[str, Any]) -> Provide:
    """Return a maker of providers that wait in the rhythm of a test."""
    del cloud

    def make(cluster: str = "c1", **changes: Any) -> OpenStackProvider:
        return _provider(cluster, tmp_path, {**options, **changes})

    return make


def _provider(cluster: str, directory: Path, options: dict[str, Any]) -> OpenStackProvider:
    complete = {"admin_cidrs": [ADMIN], "image": {"name": "debian-12"}, **options}
    context = ClusterContext(
        cluster=cluster, directory=directory / cluster, public_key=PUBLIC_KEY, options=complete
    )
    provider = OpenStackProvider(context)
    # Each look takes time of the process that makes the machine.
    provider.poll_seconds, provider.settle_seconds = 0.5, 60
    return provider


@pytest.fixture
def requests(options: dict[str, Any]) -> tuple[NodeRequest, ...]:
    """Return what a cluster of three masters, an agent and a monitor asks for."""
    return requests_of(options)


def requests_of(options: dict[str, Any], **groups: dict[str, Any]) -> tuple[NodeRequest, ...]:
    """Return the machines of a spec with these groups changed."""
    data = {
        "name": "c1",
        "provider": {"type": "openstack", **options},
        "groups": {
            "masters": {"count": 3},
            "agents": {"count": 1, "labels": {"team": "search"}},
            "monitors": {"count": 1},
            **groups,
        },
    }
    spec, problems = check(data)
    assert spec is not None
    assert not problems
    return spec.requests()


def quiet(_text: str) -> None:
    """Report nothing."""
