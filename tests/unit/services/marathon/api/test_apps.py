"""/v2/apps against a scheduler in memory: every shape and status that a client can meet."""

from __future__ import annotations

import pytest

from mesosdeploy.services.marathon.definition import Json
from mesosdeploy.services.marathon.model import TaskFailure
from tests.unit.services.marathon.api.fakes import (
    LOCKED,
    FakeScheduler,
    deployment,
    exchange,
    instance,
    version,
)

DEPLOYED = {"version": version(9), "deploymentId": "deployment-1"}


def test_a_created_app_comes_back_with_its_deployment_and_no_tasks(
    scheduler: FakeScheduler,
) -> None:
    answer = exchange(scheduler, "POST", "/v2/apps", {"id": "new", "cmd": "sleep 1"})
    assert answer.status == 201
    assert answer.headers["Location"] == "/new"
    assert answer.headers["Marathon-Deployment-Id"] == "deployment-1"
    shown = answer.json
    assert (shown["id"], shown["cmd"], shown["instances"]) == ("/new", "sleep 1", 1)
    assert shown["deployments"] == [{"id": "deployment-1"}]
    assert shown["tasks"] == []
    assert {shown[f"tasks{each}"] for each in ("Staged", "Running", "Healthy", "Unhealthy")} == {0}


def test_a_list_of_apps_is_created_in_one_deployment(scheduler: FakeScheduler) -> None:
    bodies = [{"id": "/a", "cmd": "true"}, {"id": "/b", "cmd": "true"}]
    answer = exchange(scheduler, "POST", "/v2/apps", bodies)
    assert answer.status == 201
    assert [app["id"] for app in answer.json] == ["/a", "/b"]


def test_an_empty_list_of_apps_is_refused(scheduler: FakeScheduler) -> None:
    answer = exchange(scheduler, "POST", "/v2/apps", [])
    assert answer.status == 422
    assert answer.json["details"] == [{"path": "/", "errors": ["must not be empty"]}]


def test_an_app_that_exists_is_not_created_again(scheduler: FakeScheduler) -> None:
    answer = exchange(scheduler, "POST", "/v2/apps", {"id": "/web", "cmd": "sleep 1"})
    assert answer.status == 409
    assert answer.json == {"message": "An app with id [/web] already exists."}


def test_an_invalid_app_is_refused_with_path_and_reason(scheduler: FakeScheduler) -> None:
    answer = exchange(scheduler, "POST", "/v2/apps", {"id": "/x", "cmd": "true", "cpus": "many"})
    assert answer.status == 422
    assert answer.json["message"] == "Object is not valid"
    assert [detail["path"] for detail in answer.json["details"]] == ["/cpus"]
    assert all(detail["errors"] for detail in answer.json["details"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("", ["/web", "/shop/api"], id="all"),
        pytest.param("?id=SHOP", ["/shop/api"], id="part of the id in any case"),
        pytest.param("?cmd=SLEEP", ["/web"], id="part of the command in any case"),
        pytest.param("?label=tier==back", ["/shop/api"], id="label"),
        pytest.param("?label=tier&id=web", ["/web"], id="all filters have to hold"),
        pytest.param("?cmd=nothing", [], id="none"),
    ],
)
def test_apps_are_filtered(scheduler: FakeScheduler, query: str, found: list[str]) -> None:
    scheduler.put({"id": "/shop/api", "cmd": "serve", "labels": {"tier": "back"}})
    answer = exchange(scheduler, "GET", f"/v2/apps{query}")
    assert [app["id"] for app in answer.json["apps"]] == found


@pytest.mark.parametrize(
    ("query", "embedded"),
    [
        pytest.param("", {"deployments"}, id="nothing asked"),
        pytest.param("?embed=apps.tasks", {"deployments", "tasks"}, id="tasks"),
        pytest.param("?embed=app.tasks", {"deployments", "tasks"}, id="the client's prefix"),
        pytest.param(
            "?embed=apps.lastTaskFailure&embed=apps.taskStats",
            {"deployments", "lastTaskFailure", "taskStats"},
            id="several",
        ),
        pytest.param(
            "?embed=apps.failures", {"deployments", "tasks", "lastTaskFailure"}, id="shorthand"
        ),
        pytest.param("?embed=apps.unheard", {"deployments"}, id="unknown"),
    ],
)
def test_a_list_embeds_what_is_asked_for(
    scheduler: FakeScheduler, query: str, embedded: set[str]
) -> None:
    scheduler.failures["/web"] = _failure()
    (app,) = exchange(scheduler, "GET", f"/v2/apps{query}").json["apps"]
    assert app["tasksRunning"] == 2
    parts = {"deployments", "tasks", "lastTaskFailure", "taskStats"}
    assert parts & app.keys() == embedded


@pytest.mark.parametrize("path", ["/v2/apps/web", "/v2/apps//web", "/v2/apps/web/"])
def test_one_app_is_shown_with_tasks_and_deployments(scheduler: FakeScheduler, path: str) -> None:
    scheduler.failures["/web"] = _failure()
    scheduler.under_way = [deployment([scheduler.app("/web")], number=5)]
    app = exchange(scheduler, "GET", path).json["app"]
    assert [task["id"] for task in app["tasks"]] == [each.task_id for each in scheduler.running]
    assert app["deployments"] == [{"id": "deployment-5"}]
    assert app["lastTaskFailure"]["message"] == "exit status 1"
    assert app["tasks"][0]["servicePorts"] == [10001]


def test_a_star_shows_the_apps_of_a_group(scheduler: FakeScheduler) -> None:
    for app_id in ("/shop/api", "/shop/db/main", "/shopping"):
        scheduler.put({"id": app_id, "cmd": "true"})
    answer = exchange(scheduler, "GET", "/v2/apps//shop/*")
    assert [app["id"] for app in answer.json["*"]] == ["/shop/api", "/shop/db/main"]
    assert len(exchange(scheduler, "GET", "/v2/apps/*").json["*"]) == 4


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("GET", "/v2/apps/nope", None, id="show"),
        pytest.param("PATCH", "/v2/apps/nope", {"instances": 1}, id="patch"),
        pytest.param("DELETE", "/v2/apps/nope", None, id="delete"),
        pytest.param("POST", "/v2/apps/nope/restart", None, id="restart"),
        pytest.param("GET", "/v2/apps/nope/versions", None, id="versions"),
        pytest.param("GET", "/v2/apps/nope/tasks", None, id="tasks"),
        pytest.param("DELETE", "/v2/apps/nope/tasks", None, id="kill"),
    ],
)
def test_an_unknown_app_is_404(
    scheduler: FakeScheduler, method: str, path: str, body: Json | None
) -> None:
    answer = exchange(scheduler, method, path, body)
    assert answer.status == 404
    assert answer.json == {"message": "App '/nope' does not exist"}


def test_a_put_keeps_what_it_does_not_name(scheduler: FakeScheduler) -> None:
    answer = exchange(scheduler, "PUT", "/v2/apps/web", {"instances": 5})
    assert (answer.status, answer.json) == (200, DEPLOYED)
    app = scheduler.app("/web")
    assert (app.instances, app.cmd, app.labels) == (5, "sleep 60", {"tier": "front"})
    assert app.port_definitions[0].port == 10001


def test_a_put_without_partial_update_takes_defaults(scheduler: FakeScheduler) -> None:
    path = "/v2/apps/web?partialUpdate=False"
    assert exchange(scheduler, "PUT", path, {"cmd": "sleep 61"}).status == 200
    app = scheduler.app("/web")
    assert (app.instances, app.cmd, app.labels) == (1, "sleep 61", {})


def test_a_put_creates_an_app_that_is_not_there(scheduler: FakeScheduler) -> None:
    answer = exchange(scheduler, "PUT", "/v2/apps//shop/new", {"cmd": "true"})
    assert (answer.status, answer.headers["Location"]) == (201, "/shop/new")
    assert answer.json == DEPLOYED
    assert scheduler.app("/shop/new").cmd == "true"


def test_what_get_showed_can_be_put_back(scheduler: FakeScheduler) -> None:
    shown = exchange(scheduler, "GET", "/v2/apps/web").json["app"]
    answer = exchange(scheduler, "PUT", "/v2/apps/web", {**shown, "instances": 3})
    assert answer.status == 200
    assert scheduler.app("/web").instances == 3


def test_a_put_of_a_version_alone_takes_the_app_back(scheduler: FakeScheduler) -> None:
    exchange(scheduler, "PUT", "/v2/apps/web", {"cmd": "sleep 99", "labels": {}})
    answer = exchange(scheduler, "PUT", "/v2/apps/web", {"version": version(1)})
    assert answer.status == 200
    assert scheduler.app("/web").same_config(scheduler.history["/web"][0])


def test_a_version_that_never_was_is_404(scheduler: FakeScheduler) -> None:
    answer = exchange(scheduler, "PUT", "/v2/apps/web", {"version": version(50)})
    assert answer.status == 404
    assert version(50) in answer.json["message"]


def test_an_update_that_makes_the_app_invalid_is_refused(scheduler: FakeScheduler) -> None:
    answer = exchange(scheduler, "PATCH", "/v2/apps/web", {"healthChecks": [{"protocol": "TCP"}]})
    assert answer.status == 200
    answer = exchange(scheduler, "PATCH", "/v2/apps/web", {"portDefinitions": []})
    assert answer.status == 422
    assert answer.json["details"]
    assert scheduler.app("/web").port_definitions


def test_several_apps_are_changed_in_one_deployment(scheduler: FakeScheduler) -> None:
    bodies = [{"id": "web", "instances": 7}, {"id": "/new", "cmd": "true"}]
    answer = exchange(scheduler, "PUT", "/v2/apps", bodies)
    assert (answer.status, answer.json) == (200, DEPLOYED)
    assert scheduler.app("/web").instances == 7
    assert [call[0] for call in scheduler.calls] == ["update"]


def test_a_patch_of_several_creates_nothing(scheduler: FakeScheduler) -> None:
    bodies = [{"id": "/web", "instances": 7}, {"id": "/new", "cmd": "true"}]
    assert exchange(scheduler, "PATCH", "/v2/apps", bodies).status == 404
    assert scheduler.calls == []


def test_each_of_several_updates_needs_an_id(scheduler: FakeScheduler) -> None:
    bodies = [{"id": "/web", "instances": 7}, {"instances": 1}]
    answer = exchange(scheduler, "PUT", "/v2/apps", bodies)
    assert answer.status == 422
    assert answer.json["details"] == [{"path": "(1)/id", "errors": ["must be set"]}]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("PUT", "/v2/apps/web", {"instances": 1}, id="put"),
        pytest.param("PATCH", "/v2/apps/web", {"instances": 1}, id="patch"),
        pytest.param("POST", "/v2/apps/web/restart", None, id="restart"),
    ],
)
def test_a_locked_app_names_its_deployments_and_gives_way_to_force(
    scheduler: FakeScheduler, method: str, path: str, body: Json | None
) -> None:
    scheduler.locked = True
    answer = exchange(scheduler, method, path, body)
    assert answer.status == 409
    assert answer.json == {"message": LOCKED, "deployments": [{"id": "deployment-0"}]}
    assert exchange(scheduler, method, f"{path}?force=True", body).status == 200


@pytest.mark.parametrize(
    ("query", "force"), [("", True), ("?force=false", False)], ids=["by default", "unless refused"]
)
def test_a_delete_is_forced(scheduler: FakeScheduler, query: str, force: bool) -> None:
    answer = exchange(scheduler, "DELETE", f"/v2/apps//web{query}")
    assert (answer.status, answer.json) == (200, DEPLOYED)
    assert scheduler.calls == [("delete", "/web", force)]


def test_versions_are_listed_newest_first_and_shown(scheduler: FakeScheduler) -> None:
    exchange(scheduler, "PUT", "/v2/apps/web", {"cmd": "sleep 2"})
    listed = exchange(scheduler, "GET", "/v2/apps//web/versions").json["versions"]
    assert listed == [version(2), version(1)]
    shown = exchange(scheduler, "GET", f"/v2/apps/web/versions/{version(1)}").json
    assert (shown["cmd"], shown["version"]) == ("sleep 60", version(1))


def test_task_counts_follow_state_and_health(scheduler: FakeScheduler) -> None:
    scheduler.running = [
        instance(number=1, healthy=True),
        instance(number=2, healthy=False),
        instance(number=3, state="TASK_STAGING", started_at=""),
        instance(number=4, killing=True),
    ]
    app = exchange(scheduler, "GET", "/v2/apps/web").json["app"]
    counted = [app[f"tasks{each}"] for each in ("Staged", "Running", "Healthy", "Unhealthy")]
    assert counted == [1, 2, 1, 1]


def test_task_statistics_are_grouped_by_version(scheduler: FakeScheduler) -> None:
    exchange(scheduler, "PUT", "/v2/apps/web", {"cmd": "sleep 2"})
    scheduler.running = [instance(number=1), instance(number=2, version=version(2))]
    path = "/v2/apps/web?embed=app.taskStats"
    stats = exchange(scheduler, "GET", path).json["app"]["taskStats"]
    running = {name: group["stats"]["counts"]["running"] for name, group in stats.items()}
    assert running == {
        "startedAfterLastScaling": 1,
        "withLatestConfig": 1,
        "withOutdatedConfig": 1,
        "totalSummary": 2,
    }
    assert stats["totalSummary"]["stats"]["lifeTime"]["averageSeconds"] != 0


def _failure() -> TaskFailure:
    return TaskFailure(
        app_id="/web",
        task_id="web.instance-1",
        host="10.0.0.1",
        message="exit status 1",
        state="TASK_FAILED",
        timestamp=version(4),
        version=version(1),
        slave_id="agent-1",
    )
