"""Claims about the service check: what it asks for, what it finds wrong, that it removes its app.

httpx.MockTransport stands in for Marathon and the balancers; the check against real ones runs in
tests/services/app and in tests/infra/cluster.
"""

from __future__ import annotations

import itertools

import httpx
import pytest

from mesosdeploy.marathon import client as client_module
from mesosdeploy.marathon import service_check
from mesosdeploy.marathon.client import Client, Server
from mesosdeploy.marathon.service_check import PREFIX, ServiceCheck
from mesosdeploy.services.marathon.validation import check_app
from tests.unit.marathon.fake import FakeMarathon

BALANCER = "http://10.0.0.9"


class Cluster(FakeMarathon):
    """A Marathon, and a balancer that leads to the instances `reachable` in turn."""

    def __init__(self, *, reachable: int = 2, word: str | None = None) -> None:
        super().__init__()
        self.word, self.turn = word, itertools.count()
        self.reachable = reachable
        self.hosts: set[str] = set()

    def handle(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != "10.0.0.9":
            return super().handle(request)
        self.hosts.add(request.headers["host"])
        (app_id,) = (each for each in self.apps if each.startswith(PREFIX))
        tasks = self.apps[app_id]["tasks"][: self.reachable]
        if not tasks:
            return httpx.Response(503, text="no server")
        word = self.word or app_id.removeprefix(PREFIX)
        chosen = tasks[next(self.turn) % len(tasks)]["id"]
        return httpx.Response(200, text=f"{word} {chosen}\n")


def checked(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, *, agents: int = 3, seconds: float = 30
) -> ServiceCheck:
    monkeypatch.setattr(client_module, "open_http", lambda **_: cluster.http())
    monkeypatch.setattr(service_check, "open_http", lambda **_: cluster.http())
    monkeypatch.setattr(service_check, "_PAUSE_SECONDS", 0)
    with Client([Server(name="m", url="http://10.0.0.1:8080")]) as client:
        return service_check.run(client, balancers=[BALANCER], agents=agents, seconds=seconds)


@pytest.mark.parametrize(("agents", "instances"), [(1, 1), (2, 2), (9, 2)])
def test_every_instance_answers_through_the_balancer(
    monkeypatch: pytest.MonkeyPatch, agents: int, instances: int
) -> None:
    cluster = Cluster()
    found = checked(cluster, monkeypatch, agents=agents)
    assert (found.ok, found.problems, found.instances) == (True, (), instances)
    assert found.answered == {BALANCER: instances}
    assert set(found.seconds) == {"deploy", "balance", "remove"}
    assert cluster.hosts == {f"{found.app_id.removeprefix(PREFIX)}.verify.mesosdeploy"}
    assert cluster.apps == {}


@pytest.mark.parametrize(
    ("cluster", "said"),
    [
        (Cluster(reachable=0), "0 of 2 instances answered; the last other answer: 503"),
        (Cluster(reachable=1), "1 of 2 instances answered; the last other answer: none"),
        (Cluster(word="other"), '0 of 2 instances answered; the last other answer: 200 "other'),
    ],
    ids=["none", "one", "another service"],
)
def test_an_instance_that_is_not_reached_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, cluster: Cluster, said: str
) -> None:
    found = checked(cluster, monkeypatch, seconds=0.2)
    assert not found.ok
    assert said in found.problems[0]
    assert cluster.apps == {}


def test_a_refused_deployment_is_a_problem_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster = Cluster()
    cluster.deployments = []
    original = cluster.handle

    def refusing(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            return httpx.Response(422, json={"message": "Object is not valid"})
        return original(request)

    monkeypatch.setattr(cluster, "handle", refusing)
    found = checked(cluster, monkeypatch)
    assert found.problems == ("deploy: Marathon refuses the definition: Object is not valid",)
    assert set(found.seconds) == {"deploy", "remove"}


def test_only_old_remains_of_other_checks_are_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster()
    for name, version in (("old", "2020-01-01T00:00:00.000Z"), ("new", "2999-01-01T00:00:00.000Z")):
        cluster.put({"id": f"{PREFIX}{name}"})["version"] = version
    cluster.put({"id": "/mine"})["version"] = "2020-01-01T00:00:00.000Z"
    cluster.word = "x"
    monkeypatch.setattr(cluster, "reachable", 0)
    monkeypatch.setattr(service_check._Check, "balance", lambda *_: [])
    checked(cluster, monkeypatch)
    assert set(cluster.apps) == {f"{PREFIX}new", "/mine"}


def test_the_lab_scheduler_takes_the_service() -> None:
    body = service_check.service("word", instances=2)
    assert check_app(body)["instances"] == 2
