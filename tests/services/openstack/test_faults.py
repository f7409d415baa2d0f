"""What OpenStack does on bad days ends in the same cluster, or in one message with its remedy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mesosdeploy.nodes import NodeRequest
from mesosdeploy.providers.cloud import CloudError, Kind
from tests.services.openstack.conftest import Cloud, Provide, quiet, requests_of

Requests = tuple[NodeRequest, ...]
SERVERS = {"method": "POST", "path": "/servers$", "times": 1}

READING = {"method": "GET", "path": "/servers/[^/]{36}$", "times": 1}
"""libcloud reads a machine in a call of its own, after the one that made it."""

PASSING = {
    "throttled": {**SERVERS, "status": 429, "times": 2},
    "the token is refused": {**SERVERS, "status": 401},
    "the answer is lost": {**SERVERS, "status": 504, "carried_out": True},
    "the machine cannot be read": {**READING, "status": 503},
    "reading the machine is throttled": {**READING, "status": 429},
    "the token ends before the machine is read": {**READING, "status": 401},
    "lists break": {"method": "GET", "path": "/servers/detail$", "status": 503, "times": 2},
}


@pytest.fixture
def options(options: dict[str, Any]) -> dict[str, Any]:
    """Return options with which little has to be made around a machine."""
    return {**options, "network": "shared", "access": "direct"}


@pytest.fixture
def requests(options: dict[str, Any]) -> Requests:
    """Return what three masters ask for."""
    asked = requests_of(options)
    return tuple(request for request in asked if request.group == "masters")


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_a_passing_failure_is_not_seen_and_makes_no_second_machine(
    cloud: Cloud, provide: Provide, requests: Requests, fault: dict[str, Any]
) -> None:
    provider = provide()
    provider.prepare(requests, quiet)
    cloud.plane.fail("nova", fault)
    node = provider.create(requests[0], quiet)
    assert [server.id for server in cloud.servers()] == [node.provider_id]


def test_a_machine_that_no_host_has_room_for_is_told_at_once(
    cloud: Cloud, provide: Provide, options: dict[str, Any]
) -> None:
    asked = requests_of(options, agents={"count": 1, "options": {"flavor": "m1.huge"}})
    agent = next(request for request in asked if request.group == "agents")
    provider = provide()
    provider.prepare(asked, quiet)
    with pytest.raises(CloudError, match="No valid host was found") as told:
        provider.create(agent, quiet)
    assert told.value.kind is Kind.CAPACITY
    assert "choose another flavor" in str(told.value.hint)
    assert len(cloud.servers()) == 1


def test_a_machine_that_failed_is_told_with_the_cloud_s_reason_and_made_again(
    cloud: Cloud, provide: Provide, options: dict[str, Any]
) -> None:
    asked = requests_of(options, broken={"count": 1, "kind": "agents"})
    agent = next(request for request in asked if request.group == "broken")
    provider = provide()
    provider.prepare(asked, quiet)
    with pytest.raises(CloudError, match="the disk of the host is broken"):
        provider.create(agent, quiet)
    (failed,) = cloud.servers()
    with pytest.raises(CloudError, match="the disk of the host is broken"):
        provider.create(agent, quiet)
    (again,) = cloud.servers()
    assert failed.id != again.id


@pytest.fixture
def quota(cloud: Cloud) -> Iterator[None]:
    """Allow the project two machines."""
    project = cloud.user.current_project_id
    cloud.admin.compute.update_quota_set(project, instances=2)
    yield
    cloud.admin.compute.revert_quota_set(project)


@pytest.mark.usefixtures("quota")
def test_a_quota_keeps_what_was_made_and_the_next_run_continues(
    cloud: Cloud, provide: Provide, requests: Requests
) -> None:
    provider = provide()
    provider.prepare(requests, quiet)
    nodes = [provider.create(request, quiet) for request in requests[:2]]
    with pytest.raises(CloudError, match="Quota exceeded") as told:
        provider.create(requests[2], quiet)
    assert told.value.kind is Kind.QUOTA
    assert "openstack quota show" in str(told.value.hint)
    assert {server.id for server in cloud.servers()} == {node.provider_id for node in nodes}
    cloud.admin.compute.update_quota_set(cloud.user.current_project_id, instances=3)
    provider.create(requests[2], quiet)
    assert len(cloud.servers()) == 3
