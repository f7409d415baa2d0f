"""The provider `libcloud` makes of its configuration what a driver takes; what is wrong is told."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from libcloud.compute.base import Node as CloudNode
from libcloud.compute.providers import get_driver
from libcloud.compute.types import NodeState

from mesosdeploy.errors import ProviderError
from mesosdeploy.nodes import NodeRequest
from mesosdeploy.providers import generic
from mesosdeploy.providers.base import ClusterContext
from mesosdeploy.providers.cloud import CloudError, Kind, calls
from mesosdeploy.providers.generic import LibcloudProvider

REQUEST = NodeRequest(cluster="c1", name="agent-2", group="agents", index=2, roles=frozenset())
OPTIONS = {"driver": "cloudstack", "size": "medium", "image": "debian-12"}


class Cloud:
    """A driver whose machines several drivers share, and what it was made and called with."""

    NODE_STATE_MAP: ClassVar[dict[str, NodeState]] = {}

    def __init__(self) -> None:
        self.machines: list[CloudNode] = []
        self.made_with: dict[str, Any] = {}
        self.created_with: dict[str, Any] = {}

    def __call__(self, **arguments: Any) -> Cloud:
        self.made_with = arguments
        return self

    def list_sizes(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(id="1", name="medium"), SimpleNamespace(id="2", name="large")]

    def list_images(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(id="3", name="debian-12")]

    def list_locations(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(id="4", name="zone1"), SimpleNamespace(id="5", name="zone2")]

    def list_nodes(self) -> list[CloudNode]:
        return list(self.machines)

    def create_node(self, *, ex_colour: str = "", **given: Any) -> CloudNode:
        if ex_colour == "wrong":
            raise TypeError("create_node() got an unexpected keyword argument 'ex_colour'")
        self.created_with = given
        machine = CloudNode(
            f"id-{given['name']}", given["name"], NodeState.RUNNING, ["192.0.2.7"], ["10.0.0.7"],
            None, extra={"metadata": given.get("ex_metadata", {})},
        )  # fmt: skip
        self.machines.append(machine)
        return machine

    def destroy_node(self, machine: CloudNode) -> None:
        self.machines.remove(machine)


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """Put a driver in memory in the place of each of libcloud's."""
    made = Cloud()
    monkeypatch.setattr(generic, "get_driver", lambda _name: made)
    monkeypatch.setattr(calls, "_pause", lambda _state: 0.0)
    return made


def provider(directory: Path, cluster: str = "c1", **options: Any) -> LibcloudProvider:
    context = ClusterContext(
        cluster=cluster, directory=directory, public_key="ssh-ed25519 AAAA",
        options={**OPTIONS, **options},
    )  # fmt: skip
    made = LibcloudProvider(context)
    made.poll_seconds, made.settle_seconds = 0.01, 0.2
    return made


def ignore(_step: str) -> None:
    """Report nothing."""


def test_a_driver_gets_its_arguments_and_the_credentials_of_the_environment(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUD_SECRET", "canary")
    mine = provider(tmp_path, arguments={"host": "x"}, environment={"secret": "CLOUD_SECRET"})
    assert [finding.ok for finding in mine.check()] == [True]
    assert cloud.made_with == {"host": "x", "secret": "canary"}
    monkeypatch.delenv("CLOUD_SECRET")
    (finding,) = provider(tmp_path, environment={"secret": "CLOUD_SECRET"}).check()
    assert "not set: CLOUD_SECRET" in finding.message


def test_a_machine_is_made_as_configured(cloud: Cloud, tmp_path: Path) -> None:
    mine = provider(
        tmp_path,
        locations=["zone1", "5"],
        tags="ex_metadata",
        user_data="ex_user_data",
        create={"ex_start_vm": True, "networks": [{"id": "n1"}]},
    )
    node = mine.create(REQUEST, ignore)
    given = cloud.created_with
    assert (given["size"].id, given["image"].id, given["location"].id) == ("1", "3", "5")
    assert (given["ex_start_vm"], given["networks"][0].id) == (True, "n1")
    assert given["ex_user_data"].startswith("#cloud-config")
    assert given["name"] == "c1-agent-2"
    assert mine.list() == [node]
    assert (node.ssh_host, node.address) == ("192.0.2.7", "10.0.0.7")


def test_without_tags_a_machine_is_found_by_its_name_and_its_host_key_in_the_state(
    cloud: Cloud, tmp_path: Path
) -> None:
    mine = provider(tmp_path / "c1", reach="private")
    node = mine.create(REQUEST, ignore)
    assert cloud.machines[0].name == "c1--agents--agent-2"
    assert (node.name, node.group, node.index) == ("agent-2", "agents", 2)
    assert str(node.host_key).startswith("ssh-ed25519 ")
    assert node.ssh_host == "10.0.0.7"
    cloud.machines.append(
        CloudNode("id-x", "somebody-s", NodeState.RUNNING, [], ["10.0.0.8"], None, extra={})
    )
    assert mine.create(REQUEST, ignore) == node
    assert provider(tmp_path / "c1", reach="private").list() == [node]
    assert provider(tmp_path / "c2", cluster="c2").list() == []
    mine.cleanup(ignore)
    assert [machine.name for machine in cloud.machines] == ["somebody-s"]


WRONG = {
    "size": ({"size": "giant"}, "list_sizes: there is no 'giant'", Kind.NOT_FOUND),
    "location": ({"locations": ["moon"]}, "list_locations: there is no 'moon'", Kind.NOT_FOUND),
    "argument": ({"create": {"ex_colour": "wrong"}}, "unexpected keyword argument", Kind.INVALID),
}


@pytest.mark.parametrize(("change", "told", "kind"), WRONG.values(), ids=WRONG.keys())
def test_what_the_driver_does_not_take_is_told(
    tmp_path: Path, change: dict[str, Any], told: str, kind: Kind
) -> None:
    with pytest.raises(CloudError, match=told) as refused:
        provider(tmp_path, **change).create(REQUEST, ignore)
    assert refused.value.kind is kind


def test_a_driver_that_libcloud_does_not_have_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    (finding,) = provider(tmp_path, driver="no-such-cloud").check()
    assert "no-such-cloud" in finding.message
    assert not finding.ok


def test_options_are_checked_without_a_spec(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="reach"):
        provider(tmp_path, reach="moon")


# Driver → arguments of its class, and of `create_node` as docs/libcloud.md has them.
DOCUMENTED: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "cloudstack": (
        {"key": "k", "secret": "s", "host": "x.example", "path": "/client/api"},
        "ex_userdata",
        {"ex_start_vm": True, "networks": []},
    ),
    "digitalocean": ({"key": "k"}, "ex_user_data", {}),
    "vultr": ({"key": "k"}, "ex_userdata", {}),
    "exoscale": ({"key": "k", "secret": "s"}, "ex_userdata", {"ex_start_vm": True}),
}


@pytest.mark.parametrize("driver", DOCUMENTED)
def test_a_driver_of_the_documentation_takes_what_it_is_given(
    driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    of_class, user_data, create = DOCUMENTED[driver]
    made = get_driver(driver)(**of_class)
    given = dict.fromkeys(("name", "size", "image", "location", user_data), "x")
    assert inspect.signature(made.create_node).bind(**given, **create)
    assert set(inspect.signature(made.list_nodes).bind().arguments) == set()
    page = (Path(__file__).parents[3] / "docs" / "libcloud.md").read_text()
    assert f"| `{driver}` |" in page
