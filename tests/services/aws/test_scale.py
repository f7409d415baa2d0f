"""What many machines cost in calls; `benchmarks/machines.py` measures the time."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from mesosdeploy.nodes import NodeRequest
from mesosdeploy.workflow.machines import in_parallel, machines_at_once
from tests.services.aws.conftest import Aws, Provide, quiet, requests_of


def with_agents(options: dict[str, Any], count: int) -> tuple[NodeRequest, ...]:
    return requests_of(options, agents={"count": count})


def make(provide: Provide, requests: tuple[NodeRequest, ...]) -> None:
    """Do of `up` what a cloud is asked for."""
    provider = provide()
    provider.poll_seconds = 3
    there = {node.name for node in provider.list()}
    provider.prepare(requests, quiet)
    missing = [request for request in requests if request.name not in there]
    in_parallel(
        missing, lambda one: provider.create(one, quiet), at_once=machines_at_once(provider)
    )


def test_one_more_agent_costs_the_same_calls_in_a_small_and_in_a_larger_cluster(
    aws: Aws, provide: Provide, options: dict[str, Any]
) -> None:
    costs = []
    for count in (1, 26):
        make(provide, with_agents(options, count))
        aws.fail()
        make(provide, with_agents(options, count + 1))
        costs.append(Counter(aws.actions()))
    assert len(aws.alive()) == 31
    assert costs[0] == costs[1]
    assert costs[0]["RunInstances"] == 1


def test_a_machine_costs_one_call_and_lists_are_shared(
    aws: Aws, provide: Provide, options: dict[str, Any]
) -> None:
    requests = with_agents(options, 26)
    provide().prepare(requests, quiet)
    aws.fail()
    make(provide, requests)
    actions = Counter(aws.actions())
    assert actions["RunInstances"] == len(requests) == 30
    assert actions["DescribeInstances"] <= len(requests) / 2
    others = sum(actions.values()) - actions["RunInstances"] - actions["DescribeInstances"]
    assert others <= 20, "what is around the machines does not grow with them"


def test_who_waits_asks_for_the_awaited_machines_only(
    aws: Aws, provide: Provide, options: dict[str, Any]
) -> None:
    requests = with_agents(options, 2)
    make(provide, requests)
    aws.fail()
    provide().create(replace(requests[0], name="agent-9", index=9, group="agents"), quiet)
    lists = [entry for entry in aws.log() if entry["action"] == "DescribeInstances"]
    narrow = [entry for entry in lists if "instance-id" in entry.values()]
    assert len(lists) - len(narrow) == 1
    assert narrow
    made = next(m for m in aws.alive() if _name(m) == "agent-9")
    assert all(made["InstanceId"] in entry.values() for entry in narrow)


def test_behind_a_bastion_a_machine_s_way_is_known_though_only_it_was_asked_for(
    provide: Provide, options: dict[str, Any]
) -> None:
    requests = with_agents(options, 2)
    provider = provide(access="bastion")
    provider.prepare(requests, quiet)
    node = provider.create(requests[0], quiet)
    assert node.jump is not None
    assert list(provide(access="bastion").wait([node])) == [node]


def _name(machine: dict[str, Any]) -> str:
    return next(tag["Value"] for tag in machine["Tags"] if tag["Key"] == "mesosdeploy:node")
