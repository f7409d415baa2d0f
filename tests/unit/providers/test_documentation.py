"""The provider that docs/providers.md shows is run here, so that the page cannot become wrong."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from libcloud.compute.types import NodeState
from ruamel.yaml import YAML

from mesosdeploy.errors import ProviderError
from mesosdeploy.nodes import NodeRequest, NodeStatus
from mesosdeploy.providers.base import ClusterContext, Provider

KEY = "ssh-ed25519 AAAA the-cluster"
PAGE = Path(__file__).parents[3] / "docs" / "providers.md"


class Cloud:
    """A libcloud driver of the smallest kind."""

    def __init__(self) -> None:
        self.machines: list[SimpleNamespace] = []
        self.user_data: list[str] = []

    def list_sizes(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="large")]

    def list_images(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="debian-12")]

    def list_nodes(self) -> list[SimpleNamespace]:
        return list(self.machines)

    def create_node(
        self, *, ex_metadata: dict[str, str], ex_userdata: str, **given: Any
    ) -> SimpleNamespace:
        self.user_data.append(ex_userdata)
        machine = SimpleNamespace(
            id=f"id-{given['name']}",
            state=NodeState.RUNNING,
            private_ips=["192.0.2.7"],
            public_ips=[],
            extra={"metadata": ex_metadata},
        )
        self.machines.append(machine)
        return machine

    def start_node(self, machine: SimpleNamespace) -> None:
        machine.state = NodeState.RUNNING

    def destroy_node(self, machine: SimpleNamespace) -> None:
        self.machines.remove(machine)


@pytest.fixture
def shown() -> tuple[Any, Cloud]:
    """Return the page's class, connected to a cloud, and that cloud."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    cloud = Cloud()
    names["connect"] = lambda _options: cloud
    return names["CloudProvider"], cloud


def ignore(_step: str) -> None:
    """Report nothing."""


def context(cluster: str = "c1", image: str = "debian-12") -> ClusterContext:
    options = {"size": "large", "image": image}
    return ClusterContext(
        cluster=cluster, directory=Path("/nowhere"), public_key=KEY, options=options
    )


REQUEST = NodeRequest(cluster="c1", name="agent-1", group="agents", index=1, roles=frozenset())


def test_the_provider_of_the_page_makes_starts_and_removes(shown: tuple[Any, Cloud]) -> None:
    provider_class, cloud = shown
    provider, other = provider_class(context()), provider_class(context("c2"))
    assert all(finding.ok for finding in provider.check())
    provider.prepare([REQUEST], ignore)
    node = provider.create(REQUEST, ignore)
    assert provider.create(REQUEST, ignore) == node
    assert (provider.list(), other.list()) == ([node], [])
    cloud.machines[0].state = NodeState.STOPPED
    (stopped,) = provider.list()
    assert stopped.status is NodeStatus.STOPPED
    assert provider.start(stopped, ignore) == node
    for _ in range(2):
        provider.destroy(node, ignore)
        provider.cleanup(ignore)
    assert (provider.list(), provider.leftovers(), cloud.machines) == ([], [], [])


def test_the_provider_of_the_page_lets_the_cluster_in_and_pins_the_host_key(
    shown: tuple[Any, Cloud],
) -> None:
    provider_class, cloud = shown
    provider: Provider = provider_class(context())
    provider.prepare([REQUEST], ignore)
    node = provider.create(REQUEST, ignore)
    head, _, settings = cloud.user_data[0].partition("\n")
    assert head == "#cloud-config"
    given = YAML(typ="safe").load(settings)
    assert given["users"] == [{"name": "root", "ssh_authorized_keys": [KEY]}]
    assert given["ssh_keys"]["ed25519_public"] == node.host_key
    assert str(node.host_key).startswith("ssh-ed25519 ")
    assert "PRIVATE KEY" in given["ssh_keys"]["ed25519_private"]
    with pytest.raises(ProviderError, match="no key can be let in"):
        provider.authorize(node, KEY)


def test_the_provider_of_the_page_has_every_method(shown: tuple[Any, Cloud]) -> None:
    wanted = {name for name in vars(Provider) if not name.startswith("_")}
    assert wanted >= {"authorize", "create", "list"}
    assert not [name for name in wanted if not callable(getattr(shown[0], name, None))]


def test_a_failure_of_the_page_s_provider_is_a_provider_error(shown: tuple[Any, Cloud]) -> None:
    provider = shown[0](context(image="windows"))
    provider.prepare([REQUEST], ignore)
    with pytest.raises(ProviderError, match="node agent-1 cannot be made"):
        provider.create(REQUEST, ignore)
