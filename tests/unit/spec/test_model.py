"""What follows from a spec: nodes, roles, quorum, fingerprint, defaults."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mesosdeploy.nodes import ATTENDANT, NodeRole
from mesosdeploy.spec import Spec
from mesosdeploy.spec.load import check
from mesosdeploy.spec.model import majority, node_name


def spec(**changes: Any) -> Spec:
    data = {
        "name": "demo",
        "provider": {"type": "fake"},
        "groups": {"agents": {"count": 2}, "monitors": {"count": 1}, "masters": {"count": 3}},
        **changes,
    }
    made, problems = check(data)
    assert problems == []
    assert made is not None
    return made


def test_nodes_come_by_kind_whatever_the_order_of_the_file() -> None:
    assert [request.name for request in spec().requests()] == [
        "master-1", "master-2", "master-3", "agent-1", "agent-2", "monitor-1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("group", "expected"),
    [("masters", "master-1"), ("zookeepers", "zookeeper-1"), ("schedulers", "scheduler-1"),
     ("agents", "agent-1"), ("monitors", "monitor-1"), ("gpus", "gpus-1")],
)  # fmt: skip
def test_node_is_named_after_its_group(group: str, expected: str) -> None:
    assert node_name(group, 1) == expected


def test_masters_carry_zookeeper_and_marathon_without_groups_for_them() -> None:
    assert spec().roles_of("masters") == {
        NodeRole.ZOOKEEPER, NodeRole.MESOS_MASTER, NodeRole.MARATHON, *ATTENDANT,
    }  # fmt: skip


BALANCER = {NodeRole.HAPROXY, NodeRole.BALANCER}
MONITORING = {
    NodeRole.PROMETHEUS, NodeRole.ALERTMANAGER, NodeRole.BLACKBOX, NodeRole.MESOS_EXPORTER,
    NodeRole.NODE_EXPORTER,
}  # fmt: skip


def test_monitors_balance_unless_there_are_balancers() -> None:
    monitors = {"masters": {"count": 1}, "agents": {"count": 1}, "monitors": {"count": 1}}
    assert spec(groups=monitors).roles_of("monitors") >= BALANCER
    made = spec(groups={**monitors, "balancers": {"count": 2}})
    assert not made.roles_of("monitors") & BALANCER
    assert [one.name for one in made.requests_with(NodeRole.HAPROXY)] == [
        "balancer-1", "balancer-2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("masters", "expected"),
    [(1, ["master-1"]), (3, ["master-1", "master-2"]), (5, ["master-1", "master-2"])],
)
def test_the_first_two_masters_carry_mesos_dns(masters: int, expected: list[str]) -> None:
    made = spec(groups={"masters": {"count": masters}, "agents": {"count": 1}})
    assert [one.name for one in made.requests_with(NodeRole.MESOS_DNS)] == expected


@pytest.mark.parametrize(
    ("feature", "gone"),
    [
        pytest.param("marathon", {NodeRole.MARATHON, *BALANCER}, id="marathon"),
        pytest.param("load_balancer", BALANCER, id="load balancer"),
        pytest.param(
            "service_discovery", {NodeRole.MESOS_DNS, NodeRole.RESOLVER}, id="service discovery"
        ),
        pytest.param("monitoring", MONITORING, id="monitoring"),
    ],
)
def test_feature_that_is_off_leaves_its_roles_out(feature: str, gone: set[NodeRole]) -> None:
    every = {role for request in spec().requests() for role in request.roles}
    assert gone <= every
    made = spec(features={feature: False})
    assert {role for request in made.requests() for role in request.roles} == every - gone


def test_exporters_are_where_there_is_something_to_measure() -> None:
    made = spec(groups={"masters": {"count": 1}, "agents": {"count": 1}, "balancers": {"count": 1}})
    assert all(NodeRole.NODE_EXPORTER in request.roles for request in made.requests())
    measured = [request.name for request in made.requests_with(NodeRole.MESOS_EXPORTER)]
    assert measured == ["master-1", "agent-1"]


def test_grafana_runs_on_the_monitors_where_it_is_wanted() -> None:
    assert not spec().requests_with(NodeRole.GRAFANA)
    made = spec(features={"grafana": True})
    assert [one.name for one in made.requests_with(NodeRole.GRAFANA)] == ["monitor-1"]


def test_groups_of_their_own_take_zookeeper_and_marathon_from_the_masters() -> None:
    made = spec(
        groups={
            "masters": {"count": 3},
            "agents": {"count": 1},
            "zookeepers": {"count": 5},
            "schedulers": {"count": 2},
        }
    )
    assert made.roles_of("masters") == {NodeRole.MESOS_MASTER, *ATTENDANT}
    assert [request.name for request in made.zookeepers] == [f"zookeeper-{n}" for n in range(1, 6)]
    assert [request.name for request in made.masters] == ["master-1", "master-2", "master-3"]


@pytest.mark.parametrize(("count", "quorum"), [(1, 1), (3, 2), (5, 3), (7, 4)])
def test_quorum_is_majority_of_masters(count: int, quorum: int) -> None:
    assert majority(count) == quorum
    assert spec(groups={"masters": {"count": count}, "agents": {"count": 1}}).quorum == quorum


def test_request_carries_what_the_group_says() -> None:
    made = spec(
        groups={
            "masters": {"count": 1},
            "gpu": {
                "kind": "agents",
                "count": 1,
                "labels": {"team": "x"},
                "cpus": 2,
                "memory_mb": 512,
                "options": {"size": "l"},
            },
        }
    )
    request = made.agents[0]
    assert (request.name, request.group, request.index) == ("gpu-1", "gpu", 1)
    assert (request.labels, request.cpus, request.memory_mb) == ({"team": "x"}, 2, 512)
    assert (request.options, request.roles) == (
        {"size": "l"},
        {NodeRole.MESOS_AGENT, *ATTENDANT},
    )


def test_static_host_may_have_a_name_of_its_own() -> None:
    hosts = {"masters": ["192.0.2.1"], "agents": [{"address": "192.0.2.2", "name": "rack1-a"}]}
    made = spec(
        provider={"type": "static", "hosts": hosts},
        groups={"masters": {"count": 1}, "agents": {"count": 1}},
    )
    assert [request.name for request in made.requests()] == ["master-1", "rack1-a"]


def test_options_of_a_built_in_provider_have_their_defaults_and_one_form() -> None:
    made = spec(
        provider={"type": "static", "hosts": {"masters": ["192.0.2.1"], "agents": ["192.0.2.2"]}},
        groups={"masters": {"count": 1}, "agents": {"count": 1}},
    )
    assert made.provider.options() == {
        "user": "root",
        "port": 22,
        "hosts": {"masters": [{"address": "192.0.2.1"}], "agents": [{"address": "192.0.2.2"}]},
    }


@pytest.mark.parametrize(
    ("flavour", "version"), [("lab", "1.11.0"), ("apache", "1.11.0"), ("clusterd", "1.11.0-0.9.0")]
)
def test_version_that_is_not_given_is_the_newest_of_the_flavour(flavour: str, version: str) -> None:
    assert spec(versions={"mesos": {"flavour": flavour}}).versions.mesos.version == version


def test_later_versions_of_a_living_line_are_accepted() -> None:
    made = spec(versions={"mesos": {"flavour": "clusterd", "version": "1.11.0-0.10.2"}})
    assert made.versions.mesos.version == "1.11.0-0.10.2"


def test_fingerprint_is_that_of_the_content() -> None:
    reordered = spec(
        groups={"masters": {"count": 3}, "agents": {"count": 2}, "monitors": {"count": 1}}
    )
    explicit = spec(features={"tls": False}, versions={"mesos": {"flavour": "lab"}})
    other = spec(features={}, name="other")
    assert spec().fingerprint() == reordered.fingerprint() == explicit.fingerprint()
    assert spec().fingerprint() != other.fingerprint()


def test_models_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        spec().name = "other"


def test_another_provider_takes_its_own_defaults() -> None:
    made = spec(provider={"type": "local", "engine": "podman"}).with_provider("fake")
    assert (made.provider.type, made.provider.options()) == ("fake", {})


def test_resources_that_were_not_given_are_left_out() -> None:
    made = spec(
        groups={
            "masters": {"count": 1},
            "agents": {"count": 1, "resources": {"cpus": 1.5, "ports": ["31000-31100"]}},
        }
    )
    assert made.groups["agents"].resources.given() == {"cpus": 1.5, "ports": ["31000-31100"]}
    assert made.groups["masters"].resources.given() == {}


def test_features_name_what_is_on() -> None:
    made = spec(versions={"mesos": {"flavour": "apache"}}, features={"jni": True, "tls": True})
    assert made.features.enabled() == ("tls", "jni")
