"""A user with the policy of docs/aws.md, whom moto's IAM lets do that and nothing else.

moto checks the signature of each call and its action. It knows neither what EC2's conditions are
about nor whose objects a call changes, so the policy is given to it without its conditions; and it
asks for no CreateTags where a call that makes something also tags it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from ruamel.yaml import YAML

from mesosdeploy.nodes import NodeRequest
from mesosdeploy.providers.cloud import CloudError, Kind
from mesosdeploy.workflow import down, gc, preview
from mesosdeploy.workflow.environment import Environment
from tests.services.aws.conftest import REGION, Aws, Provide, quiet
from tests.services.aws.test_policy import statements
from tests.services.aws.test_product import Quiet, inventory, make_machines

__all__ = ["inventory"]

Statements = Sequence[dict[str, Any]]
USER = "mesosdeploy"


@pytest.fixture
def enforce(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Statements], None]]:
    """Return what makes the product a user with these statements, and moto ask for them."""

    def begin(allowed: Statements) -> None:
        iam = boto3.client("iam", region_name=REGION, endpoint_url=aws.url)
        iam.create_user(UserName=USER)
        policy = {"Version": "2012-10-17", "Statement": list(allowed)}
        iam.put_user_policy(UserName=USER, PolicyName="docs", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=USER)["AccessKey"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        _ask(aws, after="0")

    yield begin
    _ask(aws, after="inf")


def _ask(aws: Aws, *, after: str) -> None:
    """Let moto ask for permissions after so many calls."""
    httpx.post(f"{aws.url}/moto-api/reset-auth", content=after).raise_for_status()


@contextmanager
def as_somebody_else(aws: Aws) -> Iterator[Any]:
    """Give a client that may do everything."""
    _ask(aws, after="inf")
    yield aws.ec2
    _ask(aws, after="0")


def documented(*, without: str = "") -> Statements:
    """Return the page's statements without their conditions, and without one of its actions."""
    result = []
    for entry in statements():
        listed = entry["Action"] if isinstance(entry["Action"], list) else [entry["Action"]]
        actions = [action for action in listed if action != f"ec2:{without}"]
        kept = {key: value for key, value in entry.items() if key != "Condition"}
        result.append({**kept, "Action": actions})
    return result


def test_the_policy_is_enough_for_up_scaling_plan_gc_and_down(
    aws: Aws, enforce: Callable[[Statements], None], inventory: Path
) -> None:
    file = inventory / "cluster.yml"
    data = YAML(typ="safe").load(file)
    data["provider"]["access"] = "bastion"
    YAML().dump(data, file)
    enforce(documented())
    assert len(preview.plan(Environment.load(inventory)).actions) == 6
    assert preview.surroundings(Environment.load(inventory))
    environment = make_machines(inventory)
    with as_somebody_else(aws) as client:
        assert len(aws.alive()) == 7
        agent = next(node for node in environment.provider.list() if node.name == "agent-1")
        client.stop_instances(InstanceIds=[agent.provider_id])
    data["groups"]["agents"]["count"] = 3
    data["groups"]["more"] = {"count": 1, "kind": "agents"}
    YAML().dump(data, file)
    environment = make_machines(inventory)
    assert preview.plan(environment).machines_change is False
    (found,) = gc.find(environment, datetime.now(UTC))
    assert (found.remains.cluster, len(found.remains.objects) > 20) == ("c1", True)
    down.run(environment, confirm=lambda _found: True, progress=Quiet())
    with as_somebody_else(aws) as client:
        assert aws.alive() == []
        assert all(vpc["IsDefault"] for vpc in client.describe_vpcs()["Vpcs"])


NEEDED = (
    "DescribeInstances",
    "DescribeImages",
    "CreateVpc",
    "AuthorizeSecurityGroupIngress",
    "ImportKeyPair",
    "RunInstances",
    "TerminateInstances",
    "DeleteSubnet",
)


@pytest.mark.parametrize("action", NEEDED)
def test_an_action_that_is_not_allowed_is_told_by_its_name(
    enforce: Callable[[Statements], None],
    provide: Provide,
    requests: tuple[NodeRequest, ...],
    action: str,
) -> None:
    enforce(documented(without=action))
    with pytest.raises(CloudError, match=f"not authorized to perform: ec2:{action}$") as told:
        _live(provide, requests)
    assert told.value.kind is Kind.AUTH
    assert "docs/aws.md" in str(told.value.hint)


@pytest.mark.parametrize("statement", ["Look", "Make", "ChangeAndRemoveOurs"])
def test_no_statement_can_be_left_out(
    enforce: Callable[[Statements], None],
    provide: Provide,
    requests: tuple[NodeRequest, ...],
    statement: str,
) -> None:
    enforce([entry for entry in documented() if entry["Sid"] != statement])
    with pytest.raises(CloudError, match="not authorized to perform: ec2:") as told:
        _live(provide, requests)
    assert told.value.kind is Kind.AUTH


def _live(provide: Provide, requests: tuple[NodeRequest, ...]) -> None:
    """Go from nothing to a machine and back."""
    provider = provide()
    provider.prepare(requests, quiet)
    node = provider.create(requests[0], quiet)
    provider.destroy(node, quiet)
    provider.cleanup(quiet)
