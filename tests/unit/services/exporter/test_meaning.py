from __future__ import annotations

import re

import pytest

from mesosdeploy.services.exporter.meaning import known_keys, meaning
from mesosdeploy.services.exporter.model import Kind, Type

MASTER, AGENT = Kind.MASTER, Kind.AGENT
FRAMEWORK = "master/frameworks/a%2Fb/f-1"
LABELS = {"framework": "a/b", "framework_id": "f-1"}


@pytest.mark.parametrize(
    ("key", "kind", "name", "labels"),
    [
        ("master/elected", MASTER, "mesos_master_elected", {}),
        ("master/uptime_secs", MASTER, "mesos_master_uptime_seconds", {}),
        ("master/slaves_active", MASTER, "mesos_master_agents_active", {}),
        ("master/slave_removals", MASTER, "mesos_master_agent_removals_total", {}),
        (
            "master/slave_removals/reason_unhealthy",
            MASTER,
            "mesos_master_agent_removals_by_reason_total",
            {"reason": "unhealthy"},
        ),
        ("master/cpus_total", MASTER, "mesos_master_cpus_capacity", {}),
        ("master/mem_total", MASTER, "mesos_master_mem_capacity_bytes", {}),
        ("master/mem_percent", MASTER, "mesos_master_mem_used_ratio", {}),
        ("system/mem_total_bytes", AGENT, "mesos_agent_system_mem_capacity_bytes", {}),
        ("slave/tasks_failed", AGENT, "mesos_agent_tasks_failed_total", {}),
        ("registrar/log/recovered", MASTER, "mesos_master_registrar_log_recovered", {}),
        ("registrar/state_fetch_ms", MASTER, "mesos_master_registrar_state_fetch_seconds", {}),
        (
            "master/task_lost/source_slave/reason_executor_terminated",
            MASTER,
            "mesos_master_task_ends_total",
            {"state": "lost", "source": "slave", "reason": "executor_terminated"},
        ),
        (
            f"{FRAMEWORK}/calls/accept",
            MASTER,
            "mesos_master_framework_calls_by_type_total",
            {**LABELS, "type": "accept"},
        ),
        (f"{FRAMEWORK}/offers/sent", MASTER, "mesos_master_framework_offers_sent_total", LABELS),
        (
            f"{FRAMEWORK}/roles/eng/dev/suppressed",
            MASTER,
            "mesos_master_framework_role_suppressed",
            {**LABELS, "role": "eng/dev"},
        ),
        (
            "allocator/mesos/quota/roles/eng/dev/resources/mem/limit",
            MASTER,
            "mesos_master_allocator_mesos_quota_role_resources_mem_limit_bytes",
            {"role": "eng/dev"},
        ),
        (
            "allocator/mesos/quota/roles//resources/cpus/consumed",
            MASTER,
            "mesos_master_allocator_mesos_quota_role_resources_cpus_consumed",
            {"role": "/"},
        ),
        ("task/cpus_user_time_secs", AGENT, "mesos_agent_task_cpu_seconds_total", {"mode": "user"}),
        ("task/mem_rss_bytes", AGENT, "mesos_agent_task_mem_rss_bytes", {}),
        ("task/mem_swap_bytes", AGENT, "mesos_agent_task_mem_part_bytes", {"part": "swap"}),
    ],
)
def test_key_has_the_name_of_the_conventions(
    key: str, kind: Kind, name: str, labels: dict[str, str]
) -> None:
    found = meaning(key, kind)
    assert (found.name, found.labels, found.known) == (name, labels, True)


@pytest.mark.parametrize(
    ("part", "name", "labels", "factor"),
    [
        ("/p99", "seconds", {"quantile": "0.99"}, 1e-3),
        ("/p9999", "seconds", {"quantile": "0.9999"}, 1e-3),
        ("/min", "seconds", {"quantile": "0"}, 1e-3),
        ("/max", "seconds", {"quantile": "1"}, 1e-3),
        ("/count", "samples", {}, 1),
        ("", "last_seconds", {}, 1e-3),
    ],
)
def test_timer_is_a_summary_of_seconds(
    part: str, name: str, labels: dict[str, str], factor: float
) -> None:
    found = meaning(f"registrar/state_store_ms{part}", MASTER)
    assert found.name == f"mesos_master_registrar_state_store_{name}"
    assert (found.labels, found.factor, found.known) == (labels, factor, True)
    assert (found.type is Type.SUMMARY) == (name == "seconds")


@pytest.mark.parametrize(
    ("key", "name", "labels"),
    [
        ("master/new_thing_ms", "mesos_master_new_thing_seconds", {}),
        ("hook/slaves.lost", "mesos_master_hook_agents_lost", {}),
        (f"{FRAMEWORK}/new/figure", "mesos_master_framework_new_figure", LABELS),
        (
            "allocator/mesos/roles/dev/new",
            "mesos_master_allocator_mesos_role_new",
            {"role": "dev"},
        ),
    ],
)
def test_unknown_key_follows_the_rule_and_is_untyped(
    key: str, name: str, labels: dict[str, str]
) -> None:
    found = meaning(key, MASTER)
    assert (found.name, found.labels, found.type) == (name, labels, Type.UNKNOWN)
    assert not found.known
    assert "f-1" not in found.name + found.help


def test_unknown_timer_is_a_summary_too() -> None:
    found = meaning("hook/run_ms/p50", AGENT)
    assert (found.name, found.type) == ("mesos_agent_hook_run_seconds", Type.SUMMARY)
    assert not found.known


@pytest.mark.parametrize(
    ("key", "factor"),
    [("master/mem_used", 2**20), ("slave/disk_total", 2**20), ("master/cpus_used", 1)],
)
def test_value_becomes_base_units(key: str, factor: float) -> None:
    kind = MASTER if key.startswith("master/") else AGENT
    assert meaning(key, kind).factor == factor


def test_every_key_has_a_name_of_its_own_and_a_help() -> None:
    found: dict[str, str] = {}
    for key in known_keys():
        kind = AGENT if key.startswith(("slave/", "task/")) else MASTER
        name = meaning(key, kind).name
        assert name not in found, (key, found[name])
        found[name] = key
        assert re.fullmatch(r"mesos_(master|agent)_[a-z0-9_]*[a-z0-9]", name)
        assert meaning(key, kind).help[0].isupper() or meaning(key, kind).help[0] == "1"
    assert len(found) > 200


def test_only_counters_end_with_total() -> None:
    keys = list(known_keys())
    assert keys
    for key in keys:
        found = meaning(key, MASTER)
        assert found.name.endswith("_total") == (found.type is Type.COUNTER), key
