"""The masters have one leader and a quorum; every agent is registered as the spec says."""

from __future__ import annotations

from typing import Any

from mesosdeploy.mesos.quantities import attribute_differences, differences
from mesosdeploy.mesos.views import (
    AgentView,
    ClusterView,
    Domain,
    MasterView,
    leadership_problems,
    majority,
)
from mesosdeploy.verify.infra import Nodes


def test_exactly_one_master_leads(view: ClusterView) -> None:
    wrong = leadership_problems(view)
    assert not wrong, "; ".join(wrong)


def test_master_answers(view: ClusterView, master: str) -> None:
    seen = view.master(master)
    assert seen.reachable, seen.error
    assert seen.healthy, f"{master} answers, but is not healthy"
    assert not seen.error, seen.error


def test_master_knows_the_leader(view: ClusterView, answering_master: MasterView) -> None:
    node, known = answering_master.node, answering_master.leader
    assert known is not None, f"{node} knows no leader"
    assert known in view.leaders, f"{node} names {known} as the leader, which is not elected"


def test_quorum_is_the_majority(cluster: dict[str, Any], answering_master: MasterView) -> None:
    quorum, count = answering_master.quorum, cluster["mesosdeploy_master_count"]
    assert quorum == cluster["mesosdeploy_mesos_quorum"] == majority(count), (
        f"{answering_master.node} runs with quorum {quorum}; {count} masters need {majority(count)}"
    )


def test_replicated_log_has_every_master(
    cluster: dict[str, Any], answering_master: MasterView
) -> None:
    seen, count = answering_master, cluster["mesosdeploy_master_count"]
    assert seen.log_recovered, f"{seen.node} has not recovered its replicated log"
    assert seen.ensemble_size == count, (
        f"{seen.node} counts {seen.ensemble_size} replicas of the log, not {count}"
    )


def test_master_runs_the_version(cluster: dict[str, Any], answering_master: MasterView) -> None:
    version, wanted = answering_master.version, cluster["mesosdeploy_mesos_version"]
    assert version == wanted, f"{answering_master.node} runs Mesos {version}, not {wanted}"


def test_master_is_in_its_zone(
    nodes: Nodes, cluster: dict[str, Any], answering_master: MasterView
) -> None:
    wrong = _domain_difference(nodes, cluster, answering_master)
    assert not wrong, wrong


def test_agent_is_in_its_zone(
    nodes: Nodes, cluster: dict[str, Any], known_agent: AgentView
) -> None:
    wrong = _domain_difference(nodes, cluster, known_agent)
    assert not wrong, wrong


def _domain_difference(nodes: Nodes, cluster: dict[str, Any], seen: MasterView | AgentView) -> str:
    """Say how a fault domain differs from the node's zone; without a zone it may be any."""
    region = cluster.get("mesosdeploy_region")
    zone = nodes.expected(seen.node).get("mesosdeploy_zone")
    if not (region and zone) or seen.domain == Domain(region=region, zone=zone):
        return ""
    told = f"{seen.domain.region}/{seen.domain.zone}" if seen.domain else "none"
    return f"{seen.node} has the fault domain {told}, its zone is {region}/{zone}"


def test_agent_is_registered_and_active(view: ClusterView, agent: str) -> None:
    seen = view.agent(agent)
    assert seen.reachable, f"the agent on {agent} does not answer: {seen.error}"
    assert seen.registered is not None, f"there is no leader that {agent} could register with"
    assert seen.registered, f"the leader {view.leader} does not list {agent}"
    assert seen.active, f"{agent} is registered with {view.leader}, but not active"


def test_agent_has_the_resources(nodes: Nodes, known_agent: AgentView) -> None:
    promised = nodes.expected(known_agent.node).get("mesosdeploy_agent_resources", {})
    wrong = differences(promised, known_agent.resources)
    assert not wrong, f"{known_agent.node}: {'; '.join(wrong)}"


def test_agent_has_the_attributes(nodes: Nodes, known_agent: AgentView) -> None:
    promised = nodes.expected(known_agent.node).get("mesosdeploy_agent_attributes", {})
    wrong = attribute_differences(promised, known_agent.attributes)
    assert not wrong, f"{known_agent.node}: {'; '.join(wrong)}"


def test_agent_runs_the_version(cluster: dict[str, Any], known_agent: AgentView) -> None:
    version, wanted = known_agent.version, cluster["mesosdeploy_mesos_version"]
    assert version == wanted, f"{known_agent.node} runs Mesos {version}, not {wanted}"
