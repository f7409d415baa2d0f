"""The policy that docs/aws.md tells to attach allows what is called, and nothing for nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from mesosdeploy.nodes import NodeRequest
from tests.services.aws.conftest import Aws, Provide, quiet, requests_of

PAGE = Path(__file__).parents[3] / "docs" / "aws.md"
UNSEEN = {
    "CreateTags",  # asked for by the tags in the calls that make something
    "DeleteVolume",  # a disk that outlived its machine
    "DeleteNetworkInterface",
}


def statements() -> list[dict[str, Any]]:
    (text,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    found: list[dict[str, Any]] = json.loads(text)["Statement"]
    return found


def allowed() -> set[str]:
    listed = [entry["Action"] for entry in statements()]
    actions = [a for each in listed for a in ([each] if isinstance(each, str) else each)]
    assert len(actions) == len(set(actions))
    return {action.removeprefix("ec2:") for action in actions}


def test_the_policy_allows_the_whole_life_of_a_cluster_and_no_more(
    aws: Aws, provide: Provide, requests: tuple[NodeRequest, ...], options: dict[str, Any]
) -> None:
    provider = provide(access="bastion")
    provider.check()
    provider.prepare(requests, quiet)
    node = provider.create(requests[0], quiet)
    aws.ec2.stop_instances(InstanceIds=[node.provider_id])
    provider.start(provider.list()[0], quiet)
    provider.prepare(requests_of(options, monitors={"count": 1, "kind": "monitors"})[:-1], quiet)
    provider.leftovers()
    provider.destroy(node, quiet)
    provider.cleanup(quiet)
    called = set(aws.actions()) - {"StopInstances"}
    assert called - allowed() == set(), "missing in the policy"
    assert allowed() - called - UNSEEN == set(), "not needed"


def test_what_is_made_may_be_tagged_in_the_same_call() -> None:
    makes = {a for entry in statements() if entry["Sid"] == "Make" for a in entry["Action"]}
    (tagging,) = [entry for entry in statements() if entry["Action"] == "ec2:CreateTags"]
    by = tagging["Condition"]["StringEquals"]["ec2:CreateAction"]
    assert makes == {f"ec2:{action}" for action in by}
