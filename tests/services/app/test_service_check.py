"""The service check against a real scheduler, a real balancer and a real HAProxy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mesosdeploy.marathon import service_check
from mesosdeploy.marathon.client import Client, server_at
from tests.lab.conftest import Directories
from tests.services.app.balancing import Balancer, Haproxy, has_haproxy
from tests.services.marathon.processes import Api

_NOWHERE = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def balancer(api: Api, directories: Directories) -> Iterator[Balancer]:
    if not has_haproxy():
        pytest.skip("HAProxy is not installed: apt-get install haproxy")
    directory = directories.make("balancer")
    with Haproxy(directory) as haproxy, Balancer(directory, haproxy, api.url) as ready:
        yield ready


@pytest.fixture
def client(api: Api) -> Iterator[Client]:
    with Client([server_at(api.url)]) as ready:
        yield ready


def test_the_service_answers_through_the_balancer_and_is_removed(
    client: Client, balancer: Balancer, api: Api
) -> None:
    told: list[str] = []
    found = service_check.run(
        client, balancers=[balancer.url], agents=2, seconds=60, report=told.append
    )
    assert found.problems == (), "\n".join(told)
    assert found.answered == {balancer.url: 2}
    assert found.seconds["deploy"] + found.seconds["balance"] < 60
    assert api.get("/v2/apps")["apps"] == []
    api.wait_idle()


def test_a_balancer_that_is_not_there_is_a_problem_and_the_service_is_removed(
    client: Client, api: Api
) -> None:
    found = service_check.run(client, balancers=[_NOWHERE], agents=1, seconds=12)
    assert found.answered == {_NOWHERE: 0}
    assert "0 of 1 instances answered" in found.problems[0]
    assert "refused" in found.problems[0]
    assert api.get("/v2/apps")["apps"] == []
    api.wait_idle()


def test_instances_that_fit_nowhere_are_a_problem(client: Client, api: Api) -> None:
    """Two agents cannot hold three instances on agents of their own."""
    body = service_check.service("word", instances=3)
    deployment = client.replace([body])
    api.wait("two instances", lambda: len(api.tasks(body["id"])) == 2)
    problems = service_check.not_ready(
        client, body["id"], deployment["deploymentId"], seconds=2, report=lambda _text: None
    )
    client.remove(body["id"], force=True)
    api.wait_idle()
    assert problems[0].startswith(f"{body['id']} is late: 2 of 3 run")
    assert "1 more to launch" in problems[0]
