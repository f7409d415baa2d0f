"""What AWS does on bad days ends in the same cluster, or in one message with its remedy."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from mesosdeploy.errors import ProviderError
from mesosdeploy.nodes import Node, NodeRequest
from mesosdeploy.providers.aws import driver
from mesosdeploy.providers.cloud import CloudError, Kind
from mesosdeploy.workflow.machines import in_parallel
from tests.services.aws.conftest import Aws, Provide, quiet

Requests = tuple[NodeRequest, ...]

PASSING = {
    "machines throttled": {"action": "RunInstances", "code": "RequestLimitExceeded", "status": 503},
    "lists throttled": {"action": "DescribeInstances", "code": "Throttling", "status": 400},
    "network throttled": {"action": "CreateVpc", "code": "RequestLimitExceeded", "status": 503},
    "broken inside": {"action": "RunInstances", "code": "InternalError", "status": 500},
    "group not known yet": {
        "action": "AuthorizeSecurityGroupIngress",
        "code": "InvalidGroup.NotFound",
    },
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_a_passing_failure_is_not_seen(
    aws: Aws, provide: Provide, requests: Requests, fault: dict[str, Any]
) -> None:
    aws.fail({**fault, "times": 2})
    provider = provide()
    provider.prepare(requests, quiet)
    provider.create(requests[0], quiet)
    assert aws.actions().count(fault["action"]) > 2
    assert len(aws.alive()) == 1


LOST = ("CreateVpc", "CreateInternetGateway", "CreateRouteTable", "CreateSubnet", "ImportKeyPair")


@pytest.mark.parametrize("action", [*LOST, "CreateSecurityGroup", "AttachInternetGateway"])
def test_a_lost_answer_leaves_no_second_object(
    aws: Aws, provide: Provide, requests: Requests, action: str
) -> None:
    aws.fail({"action": action, "drop": True})
    provider = provide()
    provider.prepare(requests, quiet)
    assert Counter(left.kind for left in provider.leftovers()) == {
        "VPC": 1,
        "internet gateway": 1,
        "route table": 1,
        "subnet": 3,
        "security group": 3,
        "key pair": 1,
    }


def test_a_machine_whose_answer_was_lost_is_there_once(
    aws: Aws, provide: Provide, requests: Requests
) -> None:
    provider = provide()
    provider.prepare(requests, quiet)
    aws.fail({"action": "RunInstances", "drop": True})
    node = provider.create(requests[0], quiet)
    assert [machine["InstanceId"] for machine in aws.alive()] == [node.provider_id]
    assert aws.actions().count("RunInstances") == 1


def test_a_machine_that_is_made_after_the_caller_gave_up_is_there_once(
    aws: Aws, provide: Provide, requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "TIMEOUT_SECONDS", 1)
    provider = provide()
    provider.prepare(requests, quiet)
    aws.fail({"action": "RunInstances", "delay_seconds": 1.6})
    provider.create(requests[0], quiet)
    tokens = {entry["ClientToken"] for entry in aws.log() if entry["action"] == "RunInstances"}
    assert (len(tokens), len(aws.alive())) == (1, 1)


def test_a_quota_at_the_third_machine_keeps_the_others_and_the_next_run_continues(
    aws: Aws, provide: Provide, requests: Requests
) -> None:
    provider = provide()
    provider.prepare(requests, quiet)
    made: list[Node] = []
    # `after` counts the calls, whoever makes them: three go through, the others are refused.
    aws.fail({"action": "RunInstances", "code": "VcpuLimitExceeded", "after": 3, "times": 99})

    def create(request: NodeRequest) -> None:
        made.append(provider.create(request, quiet))

    with pytest.raises(ProviderError, match="3 of 6 machines failed") as told:
        in_parallel(requests, create)
    assert "VcpuLimitExceeded" in told.value.message
    assert "Service Quotas" in str(told.value.hint)
    assert len(made) == len(aws.alive()) == 3
    aws.fail()
    nodes = [provider.create(request, quiet) for request in requests]
    assert len(aws.alive()) == len(requests)
    assert {node.provider_id for node in made} < {node.provider_id for node in nodes}
    assert aws.actions().count("RunInstances") == 3


def test_agents_evade_a_zone_without_room_and_masters_do_not(
    aws: Aws, provide: Provide, requests: Requests
) -> None:
    provider = provide()
    provider.prepare(requests, quiet)
    zone, subnet = next(iter(provider.ground.subnets().items()))
    aws.fail(
        {
            "action": "RunInstances",
            "code": "InsufficientInstanceCapacity",
            "status": 500,
            "having": subnet,
            "times": 99,
        }
    )
    agent = next(request for request in requests if request.name == "agent-1")
    provider.create(agent, quiet)
    (machine,) = aws.alive()
    assert machine["Placement"]["AvailabilityZone"] != zone
    master = next(request for request in requests if request.name == "master-1")
    with pytest.raises(CloudError, match="InsufficientInstanceCapacity") as told:
        provider.create(master, quiet)
    assert told.value.kind is Kind.CAPACITY
    assert "instance_type" in str(told.value.hint)


def test_credentials_that_expired_are_told_with_what_to_do(
    aws: Aws, provide: Provide, requests: Requests
) -> None:
    provider = provide()
    provider.prepare(requests, quiet)
    aws.fail({"action": "RunInstances", "code": "ExpiredToken", "status": 403, "times": 99})
    with pytest.raises(CloudError, match="ExpiredToken") as told:
        provider.create(requests[0], quiet)
    assert "aws sso login" in str(told.value.hint)
    assert aws.actions().count("RunInstances") == 2, "once more with credentials read again"
    assert aws.alive() == []


def test_credentials_that_expired_and_were_renewed_are_not_seen(
    aws: Aws, provide: Provide, requests: Requests
) -> None:
    provider = provide()
    provider.prepare(requests, quiet)
    aws.fail({"action": "RunInstances", "code": "ExpiredToken", "status": 403, "times": 1})
    provider.create(requests[0], quiet)
    assert len(aws.alive()) == 1


def test_what_still_holds_an_object_is_waited_for(
    aws: Aws, provide: Provide, requests: Requests
) -> None:
    provider = provide()
    provider.prepare(requests, quiet)
    held = ("DeleteSecurityGroup", "DeleteSubnet", "DetachInternetGateway", "DeleteVpc")
    aws.fail(*({"action": action, "code": "DependencyViolation", "times": 2} for action in held))
    provider.cleanup(quiet)
    assert provider.leftovers() == []


def test_a_removal_that_was_cut_off_is_continued(
    aws: Aws, provide: Provide, requests: Requests
) -> None:
    provider = provide()
    provider.prepare(requests, quiet)
    aws.fail({"action": "DeleteSubnet", "code": "UnauthorizedOperation", "status": 403})
    with pytest.raises(CloudError, match="UnauthorizedOperation"):
        provider.cleanup(quiet)
    kinds = {left.kind for left in provider.leftovers()}
    assert kinds == {"subnet", "internet gateway", "VPC"}
    provider.cleanup(quiet)
    assert provider.leftovers() == []


def test_a_cloud_that_does_not_answer_is_told(
    provide: Provide, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mesosdeploy.providers.cloud import calls

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(calls.persist, "__kwdefaults__", _patience(0.1))
    (finding,) = provide().check()
    assert not finding.ok
    assert "no answer" in finding.message
    assert "network" in finding.remedy


def _patience(seconds: float) -> dict[str, Any]:
    from mesosdeploy.providers.cloud import calls

    return {**(calls.persist.__kwdefaults__ or {}), "seconds": seconds}
