"""The masters have one leader and a quorum; every agent is registered as the spec says."""

from __future__ import annotations

from typing import Any

from mesosdeploy.mesos.quantities import differences
from mesosdeploy.mesos.views import ClusterView, leadership_problems, majority
from mesosdeploy.verify.infra import Nodes


def test_exactly_one_master_leads(view: ClusterView) -> None:
    wrong = leadership_problems(view)
    assert not wrong, "; ".join(wrong)


def test_master_answers(view: ClusterView, master: str) -> None:
    seen = view.master(master)
    assert seen.reachable, seen.error
    assert seen.healthy, f"{master} answers, but is not healthy"
    assert not seen.error, seen.error


def test_master_knows_the_leader(view: ClusterView, master: str) -> None:
    known = view.master(master).leader
    assert known is not None, f"{master} knows no leader"
    assert view.leader == known, f"{master} names {known}, elected is {view.leader}"


def test_quorum_is_the_majority(view: ClusterView, cluster: dict[str, Any], master: str) -> None:
    quorum, count = view.master(master).quorum, cluster["mesosdeploy_master_count"]
    assert count == len(view.masters), f"{count} masters expected, {len(view.masters)} listed"
    assert quorum == cluster["mesosdeploy_mesos_quorum"] == majority(count), (
        f"{master} runs with quorum {quorum}; {count} masters need {majority(count)}"
    )


def test_replicated_log_has_every_master(
    view: ClusterView, cluster: dict[str, Any], master: str
) -> None:
    seen, count = view.master(master), cluster["mesosdeploy_master_count"]
    assert seen.log_recovered, f"{master} has not recovered its replicated log"
    assert seen.ensemble_size == count, (
        f"{master} counts {seen.ensemble_size} replicas of the log, not {count}"
    )


def test_master_runs_the_version(view: ClusterView, cluster: dict[str, Any], master: str) -> None:
    version, wanted = view.master(master).version, cluster["mesosdeploy_mesos_version"]
    assert version == wanted, f"{master} runs Mesos {version}, the spec says {wanted}"


def test_agent_is_registered_and_active(view: ClusterView, agent: str) -> None:
    seen = view.agent(agent)
    assert seen.reachable, f"the agent on {agent} does not answer: {seen.error}"
    assert seen.registered is not None, f"there is no leader that {agent} could register with"
    assert seen.registered, f"the leader {view.leader} does not list {agent}"
    assert seen.active, f"{agent} is registered with {view.leader}, but not active"


def test_agent_has_the_resources(view: ClusterView, nodes: Nodes, agent: str) -> None:
    promised = nodes.expected(agent).get("mesosdeploy_agent_resources", {})
    wrong = differences(promised, view.agent(agent).resources)
    assert not wrong, f"{agent}: {'; '.join(wrong)}"


def test_agent_has_the_attributes(view: ClusterView, nodes: Nodes, agent: str) -> None:
    promised = nodes.expected(agent).get("mesosdeploy_agent_attributes", {})
    given = {name: str(value) for name, value in view.agent(agent).attributes.items()}
    wrong = {
        name: given.get(name) for name, value in promised.items() if given.get(name) != str(value)
    }
    assert not wrong, f"{agent}: attributes are {wrong}, promised {promised}"


def test_agent_runs_the_version(view: ClusterView, cluster: dict[str, Any], agent: str) -> None:
    version, wanted = view.agent(agent).version, cluster["mesosdeploy_mesos_version"]
    assert version == wanted, f"{agent} runs Mesos {version}, the spec says {wanted}"
