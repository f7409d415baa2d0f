"""Claims about how answers become views.

httpx.MockTransport stands in for the processes: what is tested is how an answer is read; that
real ones answer so is tested against real clusters in tests/e2e.
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from mesosdeploy.mesos.endpoints import Endpoint, Endpoints
from mesosdeploy.mesos.operator import assemble, read_agent, read_master
from mesosdeploy.mesos.views import AgentView, Domain, MasterView
from tests.unit.mesos.answers import asked

MASTERS = tuple(Endpoint(node=f"master-{n}", address=f"10.0.0.{n}", port=5050) for n in (1, 2))
AGENT = Endpoint(node="agent-1", address="10.0.0.9", port=5051)
WHERE = Endpoints(
    cluster="demo",
    masters=MASTERS,
    agents=(AGENT,),
    zookeepers=(),
    names={"master-1": "master-1", "10.0.0.2": "master-2"},
)
LISTED = {
    "id": "S0",
    "pid": "slave(1)@10.0.0.9:5051",
    "active": True,
    "deactivated": False,
    "resources": {"cpus": 2.0, "mem": 512.0},
    "used_resources": {"cpus": 0.5},
    "attributes": {"rack": "r1"},
    "version": "1.11.0",
}


def metrics(elected: float) -> dict[str, float]:
    return {
        "master/elected": elected,
        "master/uptime_secs": 12.5,
        "registrar/log/ensemble_size": 3.0,
        "registrar/log/recovered": 1.0,
    }


def master_answers(*, elected: float, slaves: httpx.Response) -> dict[str, Any]:
    return {
        "/health": httpx.Response(200),
        "/version": {"version": "1.11.0"},
        "/flags": {"flags": {"quorum": "2"}},
        "/metrics/snapshot": metrics(elected),
        "/slaves": slaves,
    }


def test_the_leader_lists_its_agents() -> None:
    answers = master_answers(elected=1.0, slaves=httpx.Response(200, json={"slaves": [LISTED]}))
    view, listed = read_master(asked(MASTERS[0], answers), WHERE)
    assert view == MasterView(
        node="master-1",
        address="10.0.0.1",
        port=5050,
        reachable=True,
        healthy=True,
        version="1.11.0",
        is_leader=True,
        leader="master-1",
        quorum=2,
        ensemble_size=3,
        log_recovered=True,
        uptime=12.5,
    )
    assert list(listed) == ["10.0.0.9:5051"]


@pytest.mark.parametrize(
    ("slaves", "leader"),
    [
        pytest.param(
            httpx.Response(307, headers={"location": "//10.0.0.2:5050/master/slaves"}),
            "master-2",
            id="redirect",
        ),
        pytest.param(httpx.Response(503, text="No leader elected"), None, id="no leader"),
    ],
)
def test_a_follower_tells_whom_it_follows(slaves: httpx.Response, leader: str | None) -> None:
    view, listed = read_master(asked(MASTERS[0], master_answers(elected=0.0, slaves=slaves)), WHERE)
    assert (view.is_leader, view.leader, listed) == (False, leader, {})


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        pytest.param(
            httpx.ConnectError("[Errno 111] Connection refused"),
            "http://10.0.0.1:5050: [Errno 111] Connection refused",
            id="refused",
        ),
        pytest.param(
            httpx.ReadTimeout("timed out"), "no answer from http://10.0.0.1:5050 in time", id="late"
        ),
    ],
)
def test_a_silent_master_is_unreachable_with_the_reason(failure: Exception, reason: str) -> None:
    view, listed = read_master(asked(MASTERS[0], {"/health": failure}), WHERE)
    assert not view.reachable
    assert (view.error, view.is_leader, listed) == (reason, False, {})


def test_a_master_that_answers_only_partly_keeps_what_it_said() -> None:
    answers = master_answers(elected=1.0, slaves=httpx.Response(200)) | {
        "/flags": httpx.Response(401, text="no")
    }
    view, _ = read_master(asked(MASTERS[0], answers), WHERE)
    assert view.reachable
    assert view.version == "1.11.0"
    assert view.error == "http://10.0.0.1:5050: /flags answered 401 no"


def test_an_agent_tells_of_itself_but_not_whether_it_is_registered() -> None:
    state = {"id": "S0", "version": "1.11.0", "resources": {"mem": 64.0}, "attributes": {"a": "b"}}
    view = read_agent(asked(AGENT, {"/state": state}))
    assert view.reachable
    assert view.registered is None
    assert view.resources == {"mem_mb": 64.0}


def views(*elected: bool) -> list[tuple[MasterView, dict[str, Any]]]:
    return [
        (
            MasterView(node=one.node, address=one.address, port=5050, is_leader=leads),
            {"10.0.0.9:5051": LISTED} if leads else {},
        )
        for one, leads in zip(MASTERS, elected, strict=True)
    ]


SILENT_AGENT = AgentView(node="agent-1", address="10.0.0.9", port=5051)


def test_the_leader_knows_a_silent_agent() -> None:
    (agent,) = assemble("demo", views(True, False), [SILENT_AGENT], [], seconds=0.1).agents
    assert (agent.reachable, agent.registered, agent.active) == (False, True, True)
    assert (agent.id, agent.resources, agent.used) == (
        "S0",
        {"cpus": 2.0, "mem_mb": 512.0},
        {"cpus": 0.5},
    )


@pytest.mark.parametrize(
    "elected", [pytest.param((False, False), id="none"), pytest.param((True, True), id="two")]
)
def test_without_one_leader_registration_is_unknown(elected: tuple[bool, bool]) -> None:
    view = assemble("demo", views(*elected), [SILENT_AGENT], [], seconds=0.1)
    assert view.leader is None
    assert view.agents[0].registered is None


def test_an_agent_that_the_leader_does_not_list_is_not_registered() -> None:
    other = AgentView(node="agent-2", address="10.0.0.10", port=5051, reachable=True)
    (agent,) = assemble("demo", views(True, False), [other], [], seconds=0.1).agents
    assert agent.registered is False


DOMAIN = {"fault_domain": {"region": {"name": "north"}, "zone": {"name": "a"}}}


def test_the_fault_domain_is_the_one_that_the_leader_knows() -> None:
    entry = {**LISTED, "domain": DOMAIN}
    answers = master_answers(elected=1.0, slaves=httpx.Response(200, json={"slaves": [entry]}))
    answers["/flags"] = {"flags": {"quorum": "2", "domain": json.dumps(DOMAIN)}}
    view, listed = read_master(asked(MASTERS[0], answers), WHERE)
    agent = AgentView(node="agent-1", address="10.0.0.9", port=5051)
    (joined,) = assemble("demo", [(view, listed)], [agent], [], seconds=0.0).agents
    assert view.domain == joined.domain == Domain(region="north", zone="a")


def test_a_flag_that_names_a_file_tells_no_domain() -> None:
    answers = master_answers(elected=1.0, slaves=httpx.Response(200, json={"slaves": []}))
    answers["/flags"] = {"flags": {"quorum": "2", "domain": "/etc/mesos/domain"}}
    view, _ = read_master(asked(MASTERS[0], answers), WHERE)
    assert (view.domain, view.error) == (None, "")
