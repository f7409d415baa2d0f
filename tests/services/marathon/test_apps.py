"""Apps on a real cluster: started, scaled, upgraded, killed and removed."""

from __future__ import annotations

import threading
from collections import Counter

import httpx
import pytest

from tests.lab.processes import HOST, Master
from tests.services.marathon.conftest import Cluster
from tests.services.marathon.processes import SLEEP, Api, Json, mesos_tasks, request

HEALTH = {
    "protocol": "COMMAND",
    "command": {"value": "test -e healthy"},
    "gracePeriodSeconds": 1,
    "intervalSeconds": 1,
    "delaySeconds": 0,
    "maxConsecutiveFailures": 100,
}


def ids(tasks: list[Json]) -> set[str]:
    return {one["id"] for one in tasks}


def test_created_app_runs_on_the_cluster(api: Api, cluster: Cluster) -> None:
    api.create("/created", instances=2)
    tasks = api.wait_running("/created", 2)
    running = mesos_tasks(cluster.master, api.get("/v2/info")["frameworkId"])
    assert ids(tasks) <= {one["id"] for one in running if one["state"] == "TASK_RUNNING"}


def test_scaling_keeps_tasks_and_ends_the_youngest(api: Api) -> None:
    api.create("/scaled", instances=1)
    (oldest,) = api.wait_running("/scaled", 1)
    api.send("PUT", "/v2/apps/scaled", {"instances": 3})
    assert oldest["id"] in ids(api.wait_running("/scaled", 3))
    api.send("PUT", "/v2/apps/scaled", {"instances": 1})
    assert ids(api.wait_running("/scaled", 1)) == {oldest["id"]}
    api.send("PUT", "/v2/apps/scaled", {"instances": 0})
    api.wait_running("/scaled", 0)


def test_rolling_upgrade_keeps_the_minimum_running(api: Api) -> None:
    strategy = {"minimumHealthCapacity": 1.0, "maximumOverCapacity": 0.34}
    api.create("/rolled", instances=3, upgradeStrategy=strategy)
    before = ids(api.wait_running("/rolled", 3))
    counts: Counter[int] = Counter()
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            counts[len(api.tasks("/rolled"))] += 1

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        api.send("PUT", "/v2/apps/rolled", {"env": {"RELEASE": "2"}})
        api.wait_idle()
    finally:
        stop.set()
        watcher.join()
    after = ids(api.wait_running("/rolled", 3))
    assert not before & after
    assert set(counts) <= {3, 4}


def test_upgrade_waits_until_new_instances_are_healthy(api: Api) -> None:
    api.create("/checked", cmd="touch healthy; exec sleep 600", healthChecks=[HEALTH])
    (before,) = api.wait_running("/checked", 1)
    api.send("PUT", "/v2/apps/checked", {"cmd": "sleep 2; touch healthy; exec sleep 600"})
    both = api.wait("the new instance", lambda: _both(api, "/checked"))
    assert before["id"] in ids(both)
    (after,) = api.wait_running("/checked", 1)
    assert after["id"] != before["id"]
    assert after["healthCheckResults"][0]["alive"] is True


def _both(api: Api, app_id: str) -> list[Json] | None:
    tasks = api.tasks(app_id)
    return tasks if len(tasks) == 2 else None


def test_restart_replaces_every_task_by_the_same_definition(api: Api) -> None:
    api.create("/restarted", instances=2)
    before = ids(api.wait_running("/restarted", 2))
    api.send("POST", "/v2/apps/restarted/restart")
    after = ids(api.wait_running("/restarted", 2))
    assert not before & after


def test_killed_task_is_replaced_and_scaling_kill_is_not(api: Api) -> None:
    api.create("/killed", instances=2)
    first, second = api.wait_running("/killed", 2)
    api.send("DELETE", f"/v2/apps/killed/tasks/{first['id']}")
    api.wait("the end of the task", lambda: first["id"] not in ids(api.tasks("/killed")))
    replaced = api.wait_running("/killed", 2)
    assert second["id"] in ids(replaced)
    api.send("DELETE", f"/v2/apps/killed/tasks/{second['id']}?scale=true")
    assert ids(api.wait_running("/killed", 1)) == ids(replaced) - {second["id"]}
    assert api.get("/v2/apps/killed")["app"]["instances"] == 1


def test_removed_app_leaves_no_task(api: Api, cluster: Cluster) -> None:
    api.create("/removed", instances=2)
    tasks = ids(api.wait_running("/removed", 2))
    api.send("DELETE", "/v2/apps/removed")
    api.wait_idle()
    assert request("GET", f"{api.url}/v2/apps/removed").status_code == 404
    running = mesos_tasks(cluster.master, api.get("/v2/info")["frameworkId"])
    assert not tasks & {one["id"] for one in running if one["state"] == "TASK_RUNNING"}


def test_app_without_instances_is_deployed_at_once(api: Api) -> None:
    api.create("/none", instances=0)
    api.wait_idle(5)
    assert api.get("/v2/apps/none")["app"]["tasksRunning"] == 0


def test_failing_app_waits_longer_each_time_and_tells_why(api: Api) -> None:
    api.create("/failing", cmd="exit 3", backoffSeconds=1, backoffFactor=4)
    failure = api.wait(
        "a failure", lambda: api.get("/v2/apps/failing")["app"].get("lastTaskFailure")
    )
    assert (failure["state"], failure["message"]) == ("TASK_FAILED", "Command exited with status 3")

    def waits_for_seconds() -> bool:
        queue = api.get("/v2/queue")["queue"]
        left = [one["delay"] for one in queue if one["app"]["id"] == "/failing"]
        return bool(left) and left[0]["timeLeftSeconds"] >= 2

    api.wait("the second delay", waits_for_seconds)
    api.send("DELETE", "/v2/apps/failing")


def test_too_large_app_stays_in_the_queue_with_the_reason(api: Api) -> None:
    api.create("/large", cpus=64)

    def rejected() -> dict[str, int]:
        queue = api.get("/v2/queue")["queue"]
        (entry,) = [one for one in queue if one["app"]["id"] == "/large"]
        reasons = entry["processedOffersSummary"]["rejectSummaryLastOffers"]
        return {one["reason"]: one["declined"] for one in reasons if one["declined"]}

    assert api.wait("offers that are too small", rejected).keys() == {"InsufficientCpus"}
    api.send("DELETE", "/v2/apps/large")


def test_second_deployment_conflicts_unless_forced(api: Api) -> None:
    api.create("/locked", cpus=64)
    (running,) = api.get("/v2/deployments")
    conflict = api.send("PUT", "/v2/apps/locked", {"cpus": 0.05}, 409)
    assert conflict["deployments"] == [{"id": running["id"]}]
    api.send("PUT", "/v2/apps/locked?force=true", {"cpus": 0.05})
    api.wait_running("/locked", 1)


def test_cancelled_deployment_goes_back(api: Api) -> None:
    api.create("/back", instances=1)
    (before,) = api.wait_running("/back", 1)
    api.send("PUT", "/v2/apps/back", {"cmd": "exit 1", "backoffSeconds": 60})
    (running,) = api.get("/v2/deployments")
    api.send("DELETE", f"/v2/deployments/{running['id']}")
    assert ids(api.wait_running("/back", 1)) == {before["id"]}
    assert api.get("/v2/apps/back")["app"]["cmd"] == SLEEP["cmd"]


def test_abandoned_deployment_leaves_the_target_in_place(api: Api) -> None:
    api.create("/abandoned", cpus=64)
    (running,) = api.get("/v2/deployments")
    api.send("DELETE", f"/v2/deployments/{running['id']}?force=true", status=202)
    assert api.get("/v2/deployments") == []
    assert api.get("/v2/apps/abandoned")["app"]["cpus"] == 64
    api.send("DELETE", "/v2/apps/abandoned")


def test_dependency_runs_before_what_needs_it(api: Api) -> None:
    apps = [
        {"id": "/needs/web", "dependencies": ["/needs/db"], **SLEEP},
        {"id": "/needs/db", **SLEEP},
    ]
    api.send("POST", "/v2/apps", apps, 201)
    (web,) = api.wait_running("/needs/web", 1)
    (db,) = api.wait_running("/needs/db", 1)
    assert db["startedAt"] <= web["stagedAt"]


@pytest.mark.parametrize("requests", [1, 3], ids=["one task", "three tasks"])
def test_tasks_get_ports_of_their_own(api: Api, requests: int) -> None:
    app_id = f"/ports{requests}"
    api.create(app_id, instances=requests, portDefinitions=[{"port": 0, "name": "http"}])
    tasks = api.wait_running(app_id, requests)
    places = {(one["slaveId"], *one["ports"]) for one in tasks}
    assert len(places) == requests
    assert {one["host"] for one in tasks} == {HOST}
    assert all(31000 <= port <= 31999 for _, port in places)


def test_events_tell_a_deployment_from_start_to_end(api: Api) -> None:
    seen: list[str] = []
    stream = f"{api.url}/v2/events"
    accept = {"Accept": "text/event-stream"}
    with httpx.stream("GET", stream, headers=accept, timeout=20) as answer:
        lines = answer.iter_lines()
        assert next(lines) == "event: event_stream_attached"
        deployment = api.create("/told")["deployments"][0]["id"]
        for line in lines:
            if line.startswith("event: "):
                seen.append(line.removeprefix("event: "))
            if line.startswith("data: ") and seen[-1:] == ["deployment_success"]:
                assert deployment in line
                break
    order = ["deployment_info", "instance_changed_event", "status_update_event"]
    assert [seen.index(one) for one in order] == sorted(seen.index(one) for one in order)
    assert seen.count("deployment_step_success") == 2
    assert seen[-1] == "deployment_success"


def test_nothing_is_offered_while_nothing_is_missing(api: Api, cluster: Cluster) -> None:
    api.create("/quiet")
    api.wait_running("/quiet", 1)
    for app in api.get("/v2/apps")["apps"]:
        if app["id"] != "/quiet":
            api.send("DELETE", f"/v2/apps{app['id']}")
    api.wait_idle()
    framework_id = api.get("/v2/info")["frameworkId"]
    api.wait("no offer", lambda: _offers(cluster.master, framework_id) == 0)


def _offers(master: Master, framework_id: str) -> int:
    state = request("GET", f"{master.url}/state").json()
    (framework,) = [one for one in state["frameworks"] if one["id"] == framework_id]
    return len(framework["offers"])
