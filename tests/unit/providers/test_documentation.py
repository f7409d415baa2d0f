"""The provider that docs/providers.md shows is run here, so that the page cannot become wrong.

It is installed as a package of somebody else's would be: a module and its entry point.
"""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from libcloud.common.exceptions import BaseHTTPError
from libcloud.compute.base import Node as CloudNode
from libcloud.compute.types import NodeState
from ruamel.yaml import YAML

from mesosdeploy.errors import ProviderError
from mesosdeploy.nodes import NodeRequest, NodeStatus
from mesosdeploy.providers import base
from mesosdeploy.providers.base import ClusterContext, Provider
from mesosdeploy.providers.cloud import calls
from mesosdeploy.spec.provider_options import known_types

KEY = "ssh-ed25519 AAAA the-cluster"
PAGE = Path(__file__).parents[3] / "docs" / "providers.md"


class Cloud:
    """A libcloud driver of the smallest kind, whose machines several drivers share."""

    def __init__(self) -> None:
        self.machines: list[CloudNode] = []
        self.user_data: list[str] = []
        self.full: set[str] = set()

    def list_sizes(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(id="1", name="large")]

    def list_images(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(id="2", name="debian-12")]

    def list_nodes(self) -> list[CloudNode]:
        return list(self.machines)

    def create_node(
        self, *, name: str, ex_metadata: dict[str, str], ex_userdata: str, **given: Any
    ) -> CloudNode:
        assert (given["size"].id, given["image"].id) == ("1", "2")
        if given["ex_availability_zone"] in self.full:
            raise BaseHTTPError(500, "No valid host was found")
        self.user_data.append(ex_userdata)
        machine = CloudNode(
            f"id-{name}",
            name,
            NodeState.RUNNING,
            [],
            ["192.0.2.7"],
            None,
            extra={"metadata": ex_metadata, "zone": given["ex_availability_zone"]},
        )
        self.machines.append(machine)
        return machine

    def start_node(self, machine: CloudNode) -> None:
        machine.state = NodeState.RUNNING

    def destroy_node(self, machine: CloudNode) -> None:
        self.machines.remove(machine)


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """Install the page's provider, connected to a cloud, as a package of a third party."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (entry,) = re.findall(r'^(mycloud) = "(.*)"$', PAGE.read_text(), re.MULTILINE)
    package, info = tmp_path / "mycloud", tmp_path / "mycloud-1.0.dist-info"
    for directory in (package, info):
        directory.mkdir()
    (package / "__init__.py").touch()
    (package / "provider.py").write_text(code)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mycloud\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[mesosdeploy.providers]\n{entry[0]} = {entry[1]}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("mycloud", "mycloud.provider"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    made = Cloud()
    monkeypatch.setattr(import_module("mycloud.provider"), "connect", lambda: made)
    monkeypatch.setattr(calls, "_pause", lambda _state: 0.0)
    return made


def ignore(_step: str) -> None:
    """Report nothing."""


def provider(cluster: str = "c1", image: str = "debian-12") -> Provider:
    options = {"size": "large", "image": image, "zones": ["a", "b"]}
    context = ClusterContext(
        cluster=cluster, directory=Path("/nowhere"), public_key=KEY, options=options
    )
    return base.load("mycloud", context)


REQUEST = NodeRequest(cluster="c1", name="agent-1", group="agents", index=1, roles=frozenset())


def test_a_third_party_s_provider_is_found_by_its_entry_point(cloud: Cloud) -> None:
    assert cloud.machines == []
    assert "mycloud" in known_types()
    wanted = {name for name in vars(Provider) if not name.startswith("_")}
    assert wanted >= {"authorize", "create", "list"}
    assert not [name for name in wanted if not callable(getattr(provider(), name, None))]


def test_the_provider_of_the_page_is_short() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 50


def test_the_provider_of_the_page_makes_starts_and_removes(cloud: Cloud) -> None:
    mine, other = provider(), provider("c2")
    assert all(finding.ok for finding in mine.check())
    mine.prepare([REQUEST], ignore)
    node = mine.create(REQUEST, ignore)
    assert mine.create(REQUEST, ignore) == node
    assert (mine.list(), other.list()) == ([node], [])
    cloud.machines[0].state = NodeState.STOPPED
    (stopped,) = mine.list()
    assert stopped.status is NodeStatus.STOPPED
    assert mine.start(stopped, ignore) == node
    for _ in range(2):
        mine.destroy(node, ignore)
        mine.cleanup(ignore)
    assert (mine.list(), mine.leftovers(), cloud.machines) == ([], [], [])


def test_the_provider_of_the_page_lets_the_cluster_in_and_pins_the_host_key(cloud: Cloud) -> None:
    node = provider().create(REQUEST, ignore)
    head, _, settings = cloud.user_data[0].partition("\n")
    assert head == "#cloud-config"
    given = YAML(typ="safe").load(settings)
    assert given["ssh_authorized_keys"] == [KEY]
    assert given["ssh_keys"]["ed25519_public"] == node.host_key
    assert str(node.host_key).startswith("ssh-ed25519 ")
    assert "PRIVATE KEY" in given["ssh_keys"]["ed25519_private"]
    provider().authorize(node, KEY)
    with pytest.raises(ProviderError, match="no other can be let in"):
        provider().authorize(node, "ssh-ed25519 BBBB another")


def test_the_provider_of_the_page_evades_a_full_zone(cloud: Cloud) -> None:
    cloud.full = {"a"}
    provider().create(REQUEST, ignore)
    assert [machine.extra["zone"] for machine in cloud.machines] == ["b"]


def test_a_failure_of_the_page_s_provider_is_a_provider_error(cloud: Cloud) -> None:
    with pytest.raises(ProviderError, match="there is no 'windows'") as told:
        provider(image="windows").create(REQUEST, ignore)
    assert "correct the name" in str(told.value.hint)
    assert cloud.machines == []
