"""The paths of tasks against a scheduler in memory: lists, kills, and their flags."""

from __future__ import annotations

import pytest

from tests.unit.services.marathon.api.fakes import FakeScheduler, exchange, instance, version

DEPLOYED = {"version": version(9), "deploymentId": "deployment-1"}


def test_a_task_has_every_field_that_clients_read(scheduler: FakeScheduler) -> None:
    scheduler.running = [
        instance(
            healthy=True,
            consecutive_failures=0,
            first_success=version(4),
            last_success=version(5),
            region="primary",
            zone="a",
        )
    ]
    (task,) = exchange(scheduler, "GET", "/v2/tasks").json["tasks"]
    task_id = scheduler.running[0].task_id
    assert task == {
        "id": task_id,
        "appId": "/web",
        "host": "10.0.0.1",
        "slaveId": "agent-1",
        "state": "TASK_RUNNING",
        "ports": [31001],
        "servicePorts": [10001],
        "ipAddresses": [{"ipAddress": "10.0.0.1", "protocol": "IPv4"}],
        "stagedAt": version(2),
        "startedAt": version(3),
        "version": version(1),
        "localVolumes": [],
        "role": "*",
        "region": "primary",
        "zone": "a",
        "healthCheckResults": [
            {
                "alive": True,
                "consecutiveFailures": 0,
                "firstSuccess": version(4),
                "lastSuccess": version(5),
                "lastFailure": None,
                "lastFailureCause": None,
                "instanceId": task_id.removesuffix("._app.1"),
                "taskId": task_id,
            }
        ],
    }


def test_a_task_that_is_being_killed_says_so(scheduler: FakeScheduler) -> None:
    scheduler.running = [instance(killing=True)]
    (task,) = exchange(scheduler, "GET", "/v2/apps/web/tasks").json["tasks"]
    assert task["state"] == "TASK_KILLING"


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        pytest.param("", [1, 2], id="all"),
        pytest.param("?status=running", [1], id="running"),
        pytest.param("?status=staging", [2], id="staging"),
        pytest.param("?status[]=running&status[]=staging", [1, 2], id="several"),
    ],
)
def test_tasks_are_filtered_by_status(
    scheduler: FakeScheduler, query: str, numbers: list[int]
) -> None:
    scheduler.running = [instance(number=1), instance(number=2, state="TASK_STAGING")]
    tasks = exchange(scheduler, "GET", f"/v2/tasks{query}").json["tasks"]
    assert [task["slaveId"] for task in tasks] == [f"agent-{number}" for number in numbers]


def test_tasks_come_as_lines_of_text(scheduler: FakeScheduler) -> None:
    scheduler.put({"id": "/shop/worker", "cmd": "true", "portDefinitions": []})
    scheduler.running.append(instance("/shop/worker", 3, ports=()))
    answer = exchange(scheduler, "GET", "/v2/tasks", headers={"Accept": "text/plain"})
    assert answer.headers.get_content_type() == "text/plain"
    assert answer.body.decode().splitlines() == [
        "web\t10001\t10.0.0.1:31001\t10.0.0.2:31002",
        "shop_worker\t \t10.0.0.3",
    ]


@pytest.mark.parametrize(
    ("query", "killed"),
    [
        pytest.param("", [1, 2], id="all"),
        pytest.param("?host=10.0.0.2", [2], id="of one host"),
        pytest.param("?host=*", [1, 2], id="of any host"),
        pytest.param("?host=10.0.0.9", [], id="of a host without any"),
    ],
)
def test_an_apps_tasks_are_killed(scheduler: FakeScheduler, query: str, killed: list[int]) -> None:
    answer = exchange(scheduler, "DELETE", f"/v2/apps/web/tasks{query}")
    assert answer.status == 200
    hosts = [f"10.0.0.{number}" for number in killed]
    assert [task["host"] for task in answer.json["tasks"]] == hosts
    assert [each.host for each in scheduler.running if each.killing] == hosts


def test_killing_and_scaling_down_is_a_deployment(scheduler: FakeScheduler) -> None:
    ids = [each.task_id for each in scheduler.running]
    answer = exchange(scheduler, "DELETE", "/v2/apps/web/tasks?scale=true")
    assert (answer.status, answer.json) == (200, DEPLOYED)
    assert scheduler.calls == [("kill", ids, True, False)]


def test_one_task_is_killed(scheduler: FakeScheduler) -> None:
    task_id = scheduler.running[1].task_id
    answer = exchange(scheduler, "DELETE", f"/v2/apps//web/tasks/{task_id}?wipe=True")
    assert answer.json["task"]["id"] == task_id
    assert scheduler.calls == [("kill", [task_id], False, True)]


def test_one_task_of_another_app_is_not_found(scheduler: FakeScheduler) -> None:
    scheduler.put({"id": "/other", "cmd": "true"})
    task_id = scheduler.running[0].task_id
    answer = exchange(scheduler, "DELETE", f"/v2/apps/other/tasks/{task_id}")
    assert answer.status == 404
    assert answer.json == {"message": f"Task '{task_id}' does not exist"}
    assert scheduler.calls == []


def test_given_tasks_are_killed_and_those_that_have_gone_left_out(
    scheduler: FakeScheduler,
) -> None:
    first = scheduler.running[0].task_id
    gone = first.replace("00000001", "0000000f")
    answer = exchange(scheduler, "POST", "/v2/tasks/delete", {"ids": [first, gone]})
    assert [task["id"] for task in answer.json["tasks"]] == [first]
    assert scheduler.calls == [("kill", [first], False, False)]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param({"ids": ["what"]}, "Invalid task id 'what'.", id="no task id"),
        pytest.param({"ids": "web"}, "Invalid JSON", id="no list"),
        pytest.param({}, "Invalid JSON", id="nothing"),
        pytest.param([], "Invalid JSON", id="no object"),
    ],
)
def test_a_kill_without_task_ids_is_400(
    scheduler: FakeScheduler, body: object, message: str
) -> None:
    answer = exchange(scheduler, "POST", "/v2/tasks/delete", body)
    assert (answer.status, answer.json["message"]) == (400, message)


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/v2/apps/web/tasks"), ("POST", "/v2/tasks/delete")],
    ids=["of an app", "given"],
)
def test_scale_and_wipe_exclude_each_other(
    scheduler: FakeScheduler, method: str, path: str
) -> None:
    body = {"ids": [scheduler.running[0].task_id]} if method == "POST" else None
    answer = exchange(scheduler, method, f"{path}?scale=true&wipe=true", body)
    assert answer.status == 400
    assert answer.json == {"message": "You cannot use scale and wipe at the same time."}
    assert scheduler.calls == []


def test_the_tasks_of_a_group_are_listed(scheduler: FakeScheduler) -> None:
    scheduler.put({"id": "/shop/api", "cmd": "true"})
    scheduler.running.append(instance("/shop/api", 3))
    tasks = exchange(scheduler, "GET", "/v2/apps/shop/*/tasks").json["tasks"]
    assert [task["appId"] for task in tasks] == ["/shop/api"]
