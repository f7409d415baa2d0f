"""What the exporter serves is what a real master and a real agent say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from mesosdeploy.services.exporter.model import Kind
from tests.lab.conftest import Directories
from tests.lab.processes import Agent, Master, get, wait_for
from tests.services.exporter.processes import Exporter, Json, complaints, steady

_BOTH = pytest.mark.parametrize("fixture", ["of_master", "of_agent"])


@_BOTH
def test_figures_are_the_endpoints_own(
    fixture: str, tasks: list[str], request: pytest.FixtureRequest
) -> None:
    exporter: Exporter = request.getfixturevalue(fixture)
    assert len(tasks) == 3
    snapshot, scrape = steady(lambda: get(f"{exporter.mesos}/metrics/snapshot"), exporter.scrape)
    assert len(snapshot) > (150 if exporter.kind is Kind.MASTER else 50)
    assert scrape.unlike(snapshot, exporter.kind) == {}


@_BOTH
def test_every_key_is_served_and_known(fixture: str, request: pytest.FixtureRequest) -> None:
    exporter: Exporter = request.getfixturevalue(fixture)
    snapshot, scrape = get(f"{exporter.mesos}/metrics/snapshot"), exporter.scrape()
    missing = [key for key in snapshot if scrape.of_key(key, exporter.kind)[0] is None]
    assert not missing
    assert scrape.value("mesos_exporter_unknown_figures") == 0
    assert all(scrape.help.values())


def test_uptime_is_between_two_looks(of_master: Exporter) -> None:
    before = get(f"{of_master.mesos}/metrics/snapshot")["master/uptime_secs"]
    served = of_master.fresh().value("mesos_master_uptime_seconds")
    after = get(f"{of_master.mesos}/metrics/snapshot")["master/uptime_secs"]
    assert before <= served <= after


def test_framework_uses_what_the_master_says(
    of_master: Exporter, master: Master, tasks: list[str]
) -> None:
    assert tasks
    (framework,) = get(f"{master.url}/state-summary")["frameworks"]
    scrape = of_master.fresh()
    labels = {"framework": framework["name"], "framework_id": framework["id"]}
    used = framework["used_resources"]
    mebibytes = 2**20
    assert scrape.value("mesos_master_framework_cpus_used", **labels) == used["cpus"] > 0
    assert (
        scrape.value("mesos_master_framework_mem_used_bytes", **labels) == used["mem"] * mebibytes
    )
    assert scrape.value("mesos_master_framework_active", **labels) == 1
    assert scrape.value("mesos_master_framework_subscribed", **labels) == 1
    running = scrape.value("mesos_master_framework_tasks", state="running", **labels)
    assert running == len(tasks)


def test_tasks_use_what_the_agent_says(of_agent: Exporter, agent: Agent, tasks: list[str]) -> None:
    def measured() -> Json:
        found = {one["executor_id"]: one for one in get(f"{agent.url}/containers")}
        return found if all("statistics" in one for one in found.values()) else {}

    before = wait_for("statistics of every container", measured)
    scrape = of_agent.fresh()
    after = measured()
    (framework,) = get(f"{agent.url}/state")["frameworks"]
    for executor in framework["executors"]:
        task = executor["id"]
        labels = {
            "task": task,
            "name": executor["tasks"][0]["name"],
            "framework": framework["name"],
            "framework_id": framework["id"],
        }
        low, high = before[task]["statistics"], after[task]["statistics"]
        assert scrape.value("mesos_agent_task_mem_limit_bytes", **labels) == high["mem_limit_bytes"]
        rss = scrape.value("mesos_agent_task_mem_rss_bytes", **labels)
        # A process that lives on can give memory back.
        assert 0 < rss <= max(low["mem_rss_bytes"], high["mem_rss_bytes"]) * 1.5
        seconds = scrape.value("mesos_agent_task_cpu_seconds_total", mode="user", **labels)
        assert low["cpus_user_time_secs"] <= seconds <= high["cpus_user_time_secs"]
        given = scrape.value("mesos_agent_task_mem_allocated_bytes", **labels)
        assert given == executor["resources"]["mem"] * 2**20
    shown = {labels["task"] for labels in scrape.labels("mesos_agent_task_mem_rss_bytes")}
    assert shown == set(tasks)


def test_tasks_beyond_the_limit_are_summed(
    agent: Agent, tasks: list[str], directories: Directories
) -> None:
    name = "mesos_agent_task_mem_allocated_bytes"
    with Exporter(directories.make("exporter"), "agent", agent.url, "--max-tasks", "1") as exporter:
        scrape = exporter.scrape()
    assert scrape.value("mesos_exporter_cut", of="tasks") == len(tasks) - 1
    shown = scrape.labels(name)
    assert len(shown) == 2
    others = [labels for labels in shown if labels["task"] == "other"]
    assert others == [dict.fromkeys(("task", "name", "framework", "framework_id"), "other")]
    state = get(f"{agent.url}/state")
    executors = [one for each in state["frameworks"] for one in each["executors"]]
    total = sum(executor["resources"]["mem"] for executor in executors) * 2**20
    assert sum(scrape.value(name, **labels) for labels in shown) == total


def test_version_is_told(of_agent: Exporter, agent: Agent) -> None:
    version = get(f"{agent.url}/version")["version"]
    assert [found["version"] for found in of_agent.scrape().labels("mesos_build_info")] == [version]


@_BOTH
def test_scrape_is_fast(fixture: str, request: pytest.FixtureRequest) -> None:
    exporter: Exporter = request.getfixturevalue(fixture)
    # 16 within 0.6 seconds: eight times of what Mesos answers without a wait.
    with ThreadPoolExecutor(16) as pool:
        scrapes = list(pool.map(lambda _: exporter.scrape(), range(16)))
    assert len(scrapes) == 16
    assert all(scrape.value("mesos_up") == 1 for scrape in scrapes)
    assert max(scrape.seconds for scrape in scrapes) < 2


@_BOTH
def test_metrics_follow_the_conventions_of_prometheus(
    fixture: str, request: pytest.FixtureRequest
) -> None:
    exporter: Exporter = request.getfixturevalue(fixture)
    assert complaints(exporter.text()) == ""


def test_openmetrics_is_served_to_who_wants_it(of_master: Exporter) -> None:
    text = of_master.text({"Accept": "application/openmetrics-text; version=1.0.0"})
    assert text.endswith("# EOF\n")
