"""What every provider over libcloud promises, with a cloud in memory that fails in every way."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import requests
from libcloud.common.exceptions import BaseHTTPError, RateLimitReachedError
from libcloud.common.types import InvalidCredsError
from libcloud.compute.base import Node as CloudNode
from libcloud.compute.types import NodeState

from mesosdeploy.errors import ProviderError
from mesosdeploy.nodes import NodeStatus
from mesosdeploy.providers.cloud import CloudError, CloudProvider, Kind, calls
from mesosdeploy.providers.local.identity import make_host_key
from tests.unit.providers.cloud.memory import (
    Cloud,
    MemoryProvider,
    ZonedProvider,
    context,
    quiet,
    request,
)


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """Give a new cloud, and no pauses between calls."""
    MemoryProvider.cloud = Cloud()
    monkeypatch.setattr(calls, "_pause", lambda _state: 0.0)
    return MemoryProvider.cloud


def failing(times: int, exc: Exception) -> Callable[..., None]:
    """Return a step that fails this often."""
    left = [exc] * times

    def step(*_given: object) -> None:
        if left:
            raise left.pop()

    return step


def test_a_machine_is_made_once_with_its_tags(cloud: Cloud) -> None:
    provider = MemoryProvider(context())
    node = provider.create(request(), quiet)
    assert provider.create(request(), quiet) == node
    assert MemoryProvider(context()).list() == [node]
    assert (node.name, node.address, node.labels) == ("agent-1", "192.0.2.1", {"team": "search"})
    assert str(node.host_key).startswith("ssh-ed25519 ")
    assert cloud.asked == 1


def test_clusters_do_not_see_each_other() -> None:
    mine, other = MemoryProvider(context()), MemoryProvider(context("c2"))
    mine.create(request(), quiet)
    assert (len(mine.list()), other.list(), other.leftovers()) == (1, [], [])


def test_each_thread_has_a_driver_of_its_own(cloud: Cloud) -> None:
    provider = MemoryProvider(context())
    asked = [request(f"agent-{number}") for number in range(1, 21)]
    with ThreadPoolExecutor(8) as pool:
        nodes = list(pool.map(lambda one: provider.create(one, quiet), asked))
    assert [node.name for node in nodes] == [one.name for one in asked]
    assert len(cloud.threads_of_drivers) > 1
    assert all(len(threads) == 1 for threads in cloud.threads_of_drivers.values())


def test_threads_that_wait_share_one_listing() -> None:
    looks: list[int] = []
    together = Barrier(8)

    def look() -> list[CloudNode]:
        looks.append(1)
        return []

    sightings = calls.Sightings(look)

    def wait(moment: float) -> None:
        together.wait()
        sightings.since(moment)

    for moment, count in ((time.monotonic(), 1), (time.monotonic(), 1), (float("inf"), 9)):
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(wait, [moment] * 8))
        assert len(looks) == count


def test_a_throttled_call_is_repeated(cloud: Cloud) -> None:
    cloud.before = failing(2, RateLimitReachedError(headers={"retry-after": "0"}))
    MemoryProvider(context()).create(request(), quiet)
    assert (cloud.asked, len(cloud.machines)) == (3, 1)


def test_a_machine_whose_answer_was_lost_is_found_and_not_made_again(cloud: Cloud) -> None:
    cloud.after = failing(1, requests.exceptions.ConnectionError("cut"))
    node = MemoryProvider(context()).create(request(), quiet)
    assert (node.name, cloud.asked, len(cloud.machines)) == ("agent-1", 1, 1)


def test_without_tokens_a_lost_call_is_not_repeated(cloud: Cloud) -> None:
    cloud.before = failing(1, requests.exceptions.ReadTimeout("lost"))
    with pytest.raises(CloudError, match="agent-1: make machine c1-agent-1: no answer") as told:
        MemoryProvider(context()).create(request(), quiet)
    assert (told.value.kind, cloud.asked) == (Kind.TRANSIENT, 1)


def test_with_tokens_a_lost_call_is_repeated(cloud: Cloud) -> None:
    cloud.before = failing(1, requests.exceptions.ReadTimeout("lost"))
    ZonedProvider(context()).create(request(), quiet)
    assert (cloud.asked, len(cloud.machines)) == (2, 1)


def test_a_zone_without_room_is_left_for_the_next(cloud: Cloud) -> None:
    def full(given: dict[str, Any]) -> None:
        if given["place"] == "a":
            raise BaseHTTPError(500, "no room")

    class Provider(ZonedProvider):
        dialect = ZonedProvider.dialect.__class__(rules=(("no room", Kind.CAPACITY),))

    cloud.before = full
    provider = Provider(context())
    told: list[str] = []
    assert provider.create(request(), told.append).status is NodeStatus.RUNNING
    assert "agent-1: no room in a, trying the next zone" in told
    with pytest.raises(CloudError, match="no room") as refused:
        provider.create(request("master-1", "masters"), quiet)
    assert refused.value.kind is Kind.CAPACITY


def test_credentials_are_read_again_once_and_then_refused(cloud: Cloud) -> None:
    provider = MemoryProvider(context())
    provider.list()
    cloud.listing = failing(1, BaseHTTPError(401, "token expired"))
    assert provider.list() == []
    assert cloud.connected == 2
    cloud.listing = failing(2, InvalidCredsError("who are you"))
    with pytest.raises(CloudError, match="who are you") as told:
        provider.list()
    assert told.value.kind is Kind.AUTH
    (finding,) = [f for f in _failing_check(cloud) if not f.ok]
    assert "credentials" in finding.remedy


def _failing_check(cloud: Cloud) -> list[Any]:
    cloud.listing = failing(2, InvalidCredsError("no"))
    return list(MemoryProvider(context()).check())


def test_a_machine_that_failed_is_told_at_once_with_the_reason(cloud: Cloud) -> None:
    def fail(machine: CloudNode) -> None:
        machine.state = NodeState.ERROR
        machine.extra["fault"] = {"message": "No valid host was found"}

    cloud.after = fail
    provider = MemoryProvider(context())
    provider.settle_seconds = 3600
    with pytest.raises(CloudError, match="agent-1: machine i-1 failed: No valid host was found"):
        provider.create(request(), quiet)
    assert [node.status for node in provider.list()] == [NodeStatus.FAILED]
    cloud.after = lambda _machine: None
    assert provider.create(request(), quiet).status is NodeStatus.RUNNING
    assert len(cloud.machines) == 1


def test_waiting_ends(cloud: Cloud) -> None:
    cloud.after = lambda machine: setattr(machine, "state", NodeState.PENDING)
    with pytest.raises(CloudError, match=r"not ready: agent-1 after 0 s"):
        MemoryProvider(context()).create(request(), quiet)


def test_waiting_returns_the_order_that_was_asked(cloud: Cloud) -> None:
    provider = MemoryProvider(context())
    nodes = [provider.create(request(f"agent-{n}"), quiet) for n in (3, 1, 2)]
    assert provider.wait(nodes) == nodes
    assert cloud.asked == 3


def test_a_stopped_machine_is_started(cloud: Cloud) -> None:
    provider = MemoryProvider(context())
    node = provider.create(request(), quiet)
    cloud.machines[node.provider_id].state = NodeState.STOPPED
    (stopped,) = provider.list()
    assert stopped.status is NodeStatus.STOPPED
    assert provider.start(stopped, quiet) == node


def test_a_node_that_was_made_twice_is_shown_once_and_removed_whole(cloud: Cloud) -> None:
    provider = MemoryProvider(context())
    node = provider.create(request(), quiet)
    twin = cloud.machines[node.provider_id]
    cloud.machines["i-2"] = CloudNode(
        "i-2", twin.name, NodeState.RUNNING, [], ["192.0.2.9"], None, extra=dict(twin.extra)
    )
    assert provider.list() == [node]
    assert [left.name for left in provider.leftovers()] == ["i-2"]
    for _ in range(2):
        provider.destroy(node, quiet)
        provider.cleanup(quiet)
    assert (cloud.machines, provider.leftovers()) == ({}, [])


def test_no_machine_is_made_without_a_key_and_no_key_let_in_later() -> None:
    provider = MemoryProvider(context().__class__(cluster="c1", directory=context().directory))
    with pytest.raises(ProviderError, match="public SSH key"):
        provider.create(request(), quiet)
    node = MemoryProvider(context()).create(request(), quiet)
    MemoryProvider(context()).authorize(node, context().public_key)
    with pytest.raises(ProviderError, match="no other can be let in"):
        provider.authorize(node, "ssh-ed25519 BBBB")


def test_libcloud_repeats_nothing_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBCLOUD_RETRY_FAILED_HTTP_REQUESTS", "0")  # any text turns it on
    MemoryProvider(context()).list()
    import os

    assert "LIBCLOUD_RETRY_FAILED_HTTP_REQUESTS" not in os.environ


def test_user_data_is_in_no_text_of_a_launch() -> None:
    provider: CloudProvider = MemoryProvider(context())
    launch = provider._plan_launch(request(), "a")
    assert "PRIVATE KEY" in launch.user_data
    assert "PRIVATE KEY" not in repr(launch)
    assert make_host_key().public != launch.tags["mesosdeploy:host-key"]
