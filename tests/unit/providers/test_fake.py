from __future__ import annotations

from pathlib import Path

import pytest

from mesosdeploy.errors import ProviderError
from mesosdeploy.nodes import NodeRequest, NodeStatus
from mesosdeploy.providers.base import ClusterContext
from mesosdeploy.providers.fake import FakeProvider


def ignore(_step: str) -> None:
    """Report nothing."""


def provider(root: Path, cluster: str = "c1", **options: object) -> FakeProvider:
    return FakeProvider(ClusterContext(cluster=cluster, directory=root / cluster, options=options))


def request(name: str, cluster: str = "c1") -> NodeRequest:
    return NodeRequest(cluster=cluster, name=name, group="agents", index=1, roles=frozenset())


def test_another_process_sees_the_same_machines(tmp_path: Path) -> None:
    made = provider(tmp_path).create(request("agent-1"), ignore)
    assert provider(tmp_path).list() == [made]
    assert made.status is NodeStatus.RUNNING
    assert str(made.host_key).startswith("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI")


def test_creating_twice_makes_one_machine(tmp_path: Path) -> None:
    fake = provider(tmp_path)
    assert fake.create(request("a"), ignore) == fake.create(request("a"), ignore)
    assert len(fake.list()) == 1


def test_no_two_machines_share_an_address(tmp_path: Path) -> None:
    fake = provider(tmp_path)
    nodes = [fake.create(request(name), ignore) for name in "abc"]
    fake.destroy(nodes[1], ignore)
    nodes.append(fake.create(request("d"), ignore))
    assert [node.address for node in fake.list()] == ["198.18.0.11", "198.18.0.13", "198.18.0.12"]


def test_clusters_do_not_see_each_other(tmp_path: Path) -> None:
    first, second = provider(tmp_path), provider(tmp_path, "c2")
    first.create(request("a"), ignore)
    second.create(request("a", "c2"), ignore)
    first.cleanup(ignore)
    assert (len(first.list()), len(second.list())) == (0, 1)


def test_a_named_machine_fails(tmp_path: Path) -> None:
    fake = provider(tmp_path, fail_create=["b"])
    fake.create(request("a"), ignore)
    with pytest.raises(ProviderError, match="node b cannot be made"):
        fake.create(request("b"), ignore)
    assert [node.name for node in fake.list()] == ["a"]


def test_creation_fails_after_so_many_machines_ever(tmp_path: Path) -> None:
    node = provider(tmp_path, fail_after=2).create(request("a"), ignore)
    provider(tmp_path, fail_after=2).create(request("b"), ignore)
    provider(tmp_path, fail_after=2).destroy(node, ignore)
    with pytest.raises(ProviderError, match="node c cannot be made"):
        provider(tmp_path, fail_after=2).create(request("c"), ignore)


def test_a_stopped_machine_is_started(tmp_path: Path) -> None:
    fake = provider(tmp_path)
    made = fake.create(request("a"), ignore)
    stopped = fake.set_status("a", NodeStatus.STOPPED)
    assert fake.list() == [stopped]
    assert fake.start(stopped, ignore) == made


def test_nothing_is_left_after_destroy_and_cleanup_twice(tmp_path: Path) -> None:
    fake = provider(tmp_path)
    fake.prepare([request("a")], ignore)
    node = fake.create(request("a"), ignore)
    assert [left.kind for left in fake.leftovers()] == ["network"]
    for _ in range(2):
        fake.destroy(node, ignore)
        fake.cleanup(ignore)
    assert (fake.list(), fake.leftovers()) == ([], [])


def test_a_damaged_file_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "fake-machines.json").write_text("{")
    with pytest.raises(ProviderError, match=r"fake-machines\.json"):
        provider(tmp_path).list()


def test_an_unknown_option_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="has no option engine"):
        provider(tmp_path, engine="podman")
