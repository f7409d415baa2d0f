"""Machines in AWS: made once, tagged at once, spread, found again and removed without a rest."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from mesosdeploy.nodes import NodeRequest, NodeStatus
from tests.services.aws.conftest import Aws, Provide, quiet

Requests = tuple[NodeRequest, ...]


def test_a_cluster_comes_up_and_goes_without_a_rest(
    aws: Aws, provide: Provide, requests: Requests
) -> None:
    provider = provide()
    assert all(finding.ok for finding in provider.check())
    provider.prepare(requests, quiet)
    with ThreadPoolExecutor(6) as pool:
        nodes = list(pool.map(lambda request: provider.create(request, quiet), requests))
    assert [node.name for node in nodes] == [request.name for request in requests]
    assert all(node.status is NodeStatus.RUNNING for node in nodes)
    assert all(node.address.startswith("10.60.") and node.ssh_host for node in nodes)
    assert {node.ssh_user for node in nodes} == {"admin"}
    assert [node.labels for node in nodes] == [request.labels for request in requests]
    assert sorted(provide().list(), key=lambda n: n.name) == sorted(nodes, key=lambda n: n.name)
    assert len(aws.alive()) == len(requests)
    for node in nodes:
        provider.destroy(node, quiet)
    provider.cleanup(quiet)
    assert (provider.list(), provider.leftovers(), aws.alive()) == ([], [], [])
