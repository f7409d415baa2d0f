"""Claims about the processes beside Mesos.

httpx.MockTransport stands in for them: what is tested is how an answer is read; that real ones
answer so is tested against a real cluster in tests/e2e/test_services.py.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mesosdeploy.mesos import services
from mesosdeploy.mesos.endpoints import Endpoint, Endpoints
from mesosdeploy.mesos.views import ClusterView, ServiceView, service_problems
from tests.unit.mesos.answers import asked

MARATHON = Endpoint(node="master-1", address="10.0.0.1", port=8080)
WHERE = Endpoints(
    cluster="demo",
    masters=(),
    agents=(),
    zookeepers=(),
    names={"10.0.0.1": "master-1", "10.0.0.2": "master-2"},
    marathons=(MARATHON,),
    balancers=(Endpoint(node="monitor-1", address="10.0.0.9", port=8404),),
    name_servers=(Endpoint(node="master-1", address="10.0.0.1", port=8123),),
)


@pytest.mark.parametrize(
    ("leader", "reachable", "named", "error"),
    [
        pytest.param({"leader": "10.0.0.2:8080"}, True, "master-2", "", id="leader"),
        pytest.param(httpx.Response(404), True, None, "knows no leader (404)", id="none"),
        pytest.param(httpx.Response(401), True, None, "", id="credentials"),
        pytest.param(
            {"lead": ""}, True, None, "http://10.0.0.1:8080 answered without 'leader'", id="odd"
        ),
    ],
)
def test_marathon_tells_who_leads(
    leader: Any, reachable: bool, named: str | None, error: str
) -> None:
    answers = {"/ping": httpx.Response(200, text="pong"), "/v2/leader": leader}
    view = services.read_marathon(asked(MARATHON, answers), WHERE)
    assert (view.reachable, view.leader, view.error) == (reachable, named, error)


def test_silent_marathon_is_unreachable_with_the_reason() -> None:
    view = services.read_marathon(asked(MARATHON, {"/ping": httpx.ConnectError("refused")}), WHERE)
    assert (view.reachable, view.error) == (False, "http://10.0.0.1:8080: refused")


def test_each_kind_is_asked_at_its_own_path() -> None:
    paths = {"/_haproxy_health_check": httpx.Response(200), "/v1/version": {"Version": "x"}}
    readers = [(one, read) for one, read in services.readers(WHERE) if one != MARATHON]
    views = [read(asked(one, paths)) for one, read in readers]
    assert [(view.kind, view.node, view.reachable) for view in views] == [
        ("HAProxy", "monitor-1", True),
        ("Mesos-DNS", "master-1", True),
    ]


def test_process_that_answers_otherwise_is_not_well() -> None:
    view = services.read_plain(asked(MARATHON, {"/x": httpx.Response(503)}), "HAProxy", "/x")
    assert (view.reachable, view.error) == (False, "http://10.0.0.1:8080/x answered 503")


def cluster(*views: ServiceView) -> ClusterView:
    return ClusterView(
        cluster="demo", masters=(), agents=(), zookeepers=(), seconds=0, services=views
    )


def marathon(node: str, **fields: Any) -> ServiceView:
    return ServiceView(node=node, address="", port=8080, kind="Marathon", **fields)


@pytest.mark.parametrize(
    ("views", "problems"),
    [
        pytest.param(
            [marathon("a", reachable=True, leader="a"), marathon("b", reachable=True, leader="a")],
            [],
            id="sound",
        ),
        pytest.param(
            [marathon("a", reachable=True, leader="a"), marathon("b", reachable=True, leader="b")],
            ["Marathons disagree about who leads: a, b"],
            id="two leaders",
        ),
        pytest.param(
            [marathon("a", error="refused")],
            ["a: Marathon does not answer: refused"],
            id="silent",
        ),
        pytest.param(
            [marathon("a", reachable=True, error="knows no leader (404)")],
            ["a: Marathon: knows no leader (404)"],
            id="no leader",
        ),
    ],
)
def test_problem_names_the_node_and_the_reason(
    views: list[ServiceView], problems: list[str]
) -> None:
    assert service_problems(cluster(*views)) == problems
