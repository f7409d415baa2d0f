"""Marathon has one leader, and a service that it runs answers through every load balancer."""

from __future__ import annotations

import pytest

from mesosdeploy.errors import MesosDeployError
from mesosdeploy.marathon import service_check
from mesosdeploy.marathon.client import PORT, Client, Server, credentials
from mesosdeploy.marathon.service_check import ServiceCheck
from mesosdeploy.mesos.views import ClusterView
from mesosdeploy.verify.infra import Nodes

_SERVICE_SECONDS = 60
_BALANCED_PORT = 80


def _servers(nodes: Nodes, names: list[str]) -> list[Server]:
    return [Server(name=name, url=f"http://{nodes.address(name)}:{PORT}") for name in names]


@pytest.fixture(scope="session")
def leaders(nodes: Nodes) -> dict[str, str]:
    """Return whom each Marathon names as the leader, or why it names none."""
    found: dict[str, str] = {}
    for server in _servers(nodes, nodes.of("marathon")):
        with Client([server], login=credentials()) as client:
            try:
                found[server.name] = client.leader()
            except MesosDeployError as exc:
                found[server.name] = f"nobody: {exc.message}"
    return found


@pytest.fixture(scope="session")
def service(nodes: Nodes, view: ClusterView) -> ServiceCheck:
    """Deploy a small service, ask for it through every balancer, remove it."""
    if not nodes.of("marathon"):
        pytest.skip("this cluster has no Marathon")
    agents = [one for one in view.agents if one.reachable and one.active]
    balancers = [f"http://{nodes.address(name)}:{_BALANCED_PORT}/" for name in nodes.of("haproxy")]
    with Client(_servers(nodes, nodes.of("marathon")), login=credentials()) as client:
        return service_check.run(
            client, balancers=balancers, agents=len(agents), seconds=_SERVICE_SECONDS
        )


def test_every_marathon_names_the_same_leader(leaders: dict[str, str], scheduler: str) -> None:
    addresses = set(leaders.values())
    assert not leaders[scheduler].startswith("nobody"), leaders[scheduler]
    assert len(addresses) == 1, f"Marathons disagree about who leads: {leaders}"


def test_service_is_deployed_and_removed(service: ServiceCheck) -> None:
    assert service.ok, "; ".join(service.problems)


def test_service_answers_through_the_balancer(
    service: ServiceCheck, nodes: Nodes, balancer: str
) -> None:
    url = f"http://{nodes.address(balancer)}:{_BALANCED_PORT}/"
    assert service.answered.get(url) == service.instances, "; ".join(service.problems)
