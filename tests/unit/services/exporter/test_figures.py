from __future__ import annotations

from typing import Any

from mesosdeploy.services.exporter.figures import of_frameworks, of_snapshot, of_tasks
from mesosdeploy.services.exporter.model import Figure, Kind

STATISTICS = {
    "cpus_soft_limit": 0.2,
    "cpus_system_time_secs": 0.5,
    "cpus_user_time_secs": 1.5,
    "mem_limit_bytes": 1000,
    "mem_rss_bytes": 900,
    "timestamp": 1795341993.3,
    "disk_statistics": [{"used_bytes": 1}],
}


def container(executor: str, **statistics: Any) -> dict[str, Any]:
    return {
        "container_id": f"c-{executor}",
        "executor_id": executor,
        "framework_id": "f-1",
        "statistics": statistics or STATISTICS,
    }


def executor(name: str, *tasks: str) -> dict[str, Any]:
    resources = {"cpus": 0.2, "mem": 64.0, "disk": 0.0, "ports": "[1-2]"}
    return {"id": name, "resources": resources, "tasks": [{"name": task} for task in tasks]}


def state(*executors: dict[str, Any]) -> dict[str, Any]:
    return {"frameworks": [{"id": "f-1", "name": "marathon", "executors": [*executors]}]}


def values(figures: list[Figure], name: str) -> dict[str, float]:
    return {figure.labels["task"]: figure.value for figure in figures if figure.name == name}


def test_task_has_what_it_was_given_and_what_it_uses() -> None:
    found = of_tasks([container("web.1")], state(executor("web.1", "web")))
    assert values(found, "mesos_agent_task_mem_allocated_bytes") == {"web.1": 64 * 2**20}
    assert values(found, "mesos_agent_task_cpus_allocated") == {"web.1": 0.2}
    assert values(found, "mesos_agent_task_mem_rss_bytes") == {"web.1": 900}
    cpu = [figure for figure in found if figure.name == "mesos_agent_task_cpu_seconds_total"]
    assert {figure.labels["mode"]: figure.value for figure in cpu} == {"system": 0.5, "user": 1.5}
    assert {figure.labels["name"] for figure in found} == {"web"}
    assert {figure.labels["framework"] for figure in found} == {"marathon"}


def test_what_is_no_number_is_left_out() -> None:
    found = of_tasks([container("web.1")], state(executor("web.1", "web")))
    assert found
    assert not [figure.name for figure in found if "timestamp" in figure.name]
    assert not [figure.name for figure in found if "disk_statistics" in figure.name]
    assert not [figure.name for figure in found if "ports" in figure.name]


def test_tasks_of_one_executor_are_named_after_it() -> None:
    found = of_tasks([container("group")], state(executor("group", "a", "b")))
    assert {figure.labels["name"] for figure in found} == {"group"}


def test_task_that_the_state_does_not_have_yet_waits_for_its_names() -> None:
    assert of_tasks([container("web.1")], state()) == []


def test_container_without_statistics_has_what_it_was_given() -> None:
    starting = {**container("web.1"), "statistics": {}}
    found = of_tasks([starting], state(executor("web.1", "web")))
    assert {figure.name.rsplit("_", 2)[-1] for figure in found} == {"allocated", "bytes"}


def test_framework_has_what_it_uses_and_is_offered() -> None:
    summary = {
        "frameworks": [
            {
                "id": "f-1",
                "name": "marathon",
                "active": True,
                "connected": False,
                "used_resources": {"cpus": 0.5, "mem": 96.0, "disk": 0.0, "gpus": 0.0},
                "offered_resources": {"cpus": 2.0, "ports": "[1-2]"},
            }
        ]
    }
    found = {figure.name: figure.value for figure in of_frameworks(summary)}
    assert found["mesos_master_framework_cpus_used"] == 0.5
    assert found["mesos_master_framework_mem_used_bytes"] == 96 * 2**20
    assert found["mesos_master_framework_cpus_offered"] == 2
    assert found["mesos_master_framework_mem_offered_bytes"] == 0
    assert found["mesos_master_framework_active"] == 1
    assert found["mesos_master_framework_connected"] == 0


def test_snapshot_becomes_base_units() -> None:
    snapshot = {"master/mem_used": 2.0, "registrar/state_store_ms/p99": 15.0, "odd": "text"}
    found = {figure.name: figure.value for figure in of_snapshot(snapshot, Kind.MASTER)}
    assert found == {
        "mesos_master_mem_used_bytes": 2 * 2**20,
        "mesos_master_registrar_state_store_seconds": 0.015,
    }
