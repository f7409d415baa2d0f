"""Many machines cost few lists, and no cloud is asked for all of them at once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from threading import Event, Lock
from types import SimpleNamespace
from typing import Any

import pytest
from libcloud.compute.base import Node as CloudNode

from mesosdeploy.providers.cloud import Launch, calls
from mesosdeploy.providers.cloud.provider import CHANGES_AT_ONCE
from mesosdeploy.workflow.machines import in_parallel, machines_at_once
from tests.unit.providers.cloud.memory import Cloud, MemoryProvider, context, quiet, request

MOMENT_SECONDS = 0.005
MANY = [request(f"agent-{number}") for number in range(1, 201)]


@pytest.fixture(autouse=True)
def cloud() -> Cloud:
    """Give a new cloud."""
    MemoryProvider.cloud = Cloud()
    return MemoryProvider.cloud


def take_a_moment(_given: object = None) -> None:
    """Take as long as a cloud on this computer."""
    Event().wait(MOMENT_SECONDS)


def test_lists_follow_the_time_and_not_the_number_of_machines(cloud: Cloud) -> None:
    cloud.listing = take_a_moment
    provider = MemoryProvider(context())
    provider.poll_seconds, provider.settle_seconds = 3, 20
    began = time.monotonic()
    nodes = in_parallel(
        MANY, lambda one: provider.create(one, quiet), at_once=machines_at_once(provider)
    )
    assert [node.name for node in nodes] == [one.name for one in MANY]
    in_parallel(nodes, lambda node: provider.destroy(node, quiet), at_once=100)
    assert cloud.machines == {}
    # Lists of those who are there, and one in each pause of those who are waited for.
    assert cloud.listed <= 3 + (time.monotonic() - began) / (calls.LEISURE * MOMENT_SECONDS)
    assert cloud.listed < len(MANY)


def test_few_machines_are_asked_for_at_once_while_many_are_waited_for() -> None:
    class Provider(MemoryProvider):
        lock = Lock()
        asking = most = 0

        def arguments(self, launch: Launch) -> Mapping[str, Any]:
            with self.lock:
                self.asking += 1
                self.most = max(self.most, self.asking)
            take_a_moment()
            with self.lock:
                self.asking -= 1
            return super().arguments(launch)

    provider = Provider(context())
    provider.settle_seconds = 20
    assert machines_at_once(provider) > CHANGES_AT_ONCE
    in_parallel(MANY[:60], lambda one: provider.create(one, quiet), at_once=60)
    assert 1 < provider.most <= CHANGES_AT_ONCE


def test_what_was_changed_here_is_looked_for_again(cloud: Cloud) -> None:
    provider = MemoryProvider(context())
    for asked in (1, 2):
        node = provider.create(MANY[0], quiet)
        assert provider.create(MANY[0], quiet) == node
        assert (cloud.asked, len(cloud.machines)) == (asked, 1)
        provider.destroy(node, quiet)
        provider.destroy(node, quiet)
        assert cloud.machines == {}


def test_who_is_patient_lets_five_times_as_long_pass_as_a_list_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, pauses = [100.0], []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        clock[0] += seconds

    def look() -> list[CloudNode]:
        clock[0] += 2
        return []

    monkeypatch.setattr(calls, "time", SimpleNamespace(monotonic=lambda: clock[0], sleep=sleep))
    sightings = calls.Sightings(look)
    for patience in (60, 60, 5, 0):
        sightings.since(clock[0], patience=patience)
    # A list takes 2 s: the next may begin 10 s after its beginning, or when patience ends.
    assert pauses == [0, 8, 3, 0]
