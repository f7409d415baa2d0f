"""The requests and answers that Marathon's REST reference shows, in data of our own.

Each test names the example of docs/docs/rest-api/public/api/v2/examples (or the RAML resource) in
Marathon's repository whose request it sends and whose shape it expects; docs/marathon.md lists
them, with those that are not covered.
"""

from __future__ import annotations

import httpx
import pytest

from tests.services.marathon.processes import SLEEP, Api, Json

# An HTTP service that needs nothing but Python.
SERVE = "exec python3 -m http.server $PORT0 --bind 127.0.0.1"
NOWHERE = [["hostname", "LIKE", "no-such-agent"]]


def _put_and_wait(api: Api, app_id: str, count: int = 1, **fields: object) -> list[Json]:
    api.send("PUT", f"/v2/apps{app_id}?force=true", {**SLEEP, "instances": count, **fields}, 201)
    return api.wait_running(app_id, count)


def _remove(api: Api, *app_ids: str) -> None:
    for app_id in app_ids:
        api.send("DELETE", f"/v2/apps{app_id}")
    api.wait_idle()


def test_app_an_app_with_every_supported_field_runs(api: Api) -> None:
    """app.json, without what the lab scheduler does not support."""
    api.send("POST", "/v2/apps", {"id": "/example/base", **SLEEP, "instances": 0}, 201)
    body = {
        "id": "/example/full",
        "cmd": SERVE,
        "instances": 1,
        "cpus": 0.05,
        "mem": 32,
        "disk": 0,
        "acceptedResourceRoles": ["*"],
        "backoffFactor": 1.2,
        "backoffSeconds": 2,
        "constraints": [["hostname", "LIKE", "127.*"]],
        "dependencies": ["/example/base"],
        "env": {"ONE": "1", "TWO": "two"},
        "executor": "",
        "fetch": [{"uri": "file:///etc/hostname", "extract": False, "destPath": "name"}],
        "healthChecks": [
            {
                "protocol": "HTTP",
                "path": "/",
                "portIndex": 0,
                "gracePeriodSeconds": 10,
                "intervalSeconds": 1,
                "maxConsecutiveFailures": 3,
                "delaySeconds": 0,
                "timeoutSeconds": 5,
                "ignoreHttp1xx": False,
            }
        ],
        "labels": {"owner": "operators", "note": "of the lab"},
        "maxLaunchDelaySeconds": 60,
        "portDefinitions": [
            {"port": 0, "protocol": "tcp", "name": "http", "labels": {"vip": "10.1.1.1:80"}}
        ],
        "requirePorts": False,
        "taskKillGracePeriodSeconds": 3,
        "upgradeStrategy": {"maximumOverCapacity": 0.5, "minimumHealthCapacity": 1},
        "user": "root",
    }
    api.send("POST", "/v2/apps", body, 201)
    api.wait_running("/example/full", 1)
    shown = api.get("/v2/apps/example/full")["app"]
    plain = {"portDefinitions", "healthChecks", "fetch", "cmd"}
    assert {name: shown[name] for name in body.keys() - plain} == {
        name: value for name, value in body.items() if name not in plain
    }
    (port,) = shown["portDefinitions"]
    assert 10000 <= port["port"] <= 20000
    assert (port["name"], port["labels"]) == ("http", {"vip": "10.1.1.1:80"})
    assert shown["ports"] == [port["port"]]
    assert (shown["tasksHealthy"], shown["tasksUnhealthy"]) == (1, 0)
    answer = httpx.get(f"http://127.0.0.1:{shown['tasks'][0]['ports'][0]}/name")
    assert answer.status_code == 200
    _remove(api, "/example/full", "/example/base")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("container", {"type": "DOCKER", "docker": {"image": "example/app"}}),
        ("secrets", {"one": {"source": "/db/password"}}),
        ("readinessChecks", [{"name": "ready", "path": "/ready"}]),
        ("ipAddress", {"groups": ["dev"]}),
        ("tty", True),
        ("env", {"PASSWORD": {"secret": "one"}}),
    ],
)
def test_app_what_is_not_supported_is_refused_by_name(api: Api, field: str, value: object) -> None:
    """app.json, the parts of it that need containers, secrets or Marathon's own checks."""
    refused = api.send("POST", "/v2/apps", {"id": "/example/no", **SLEEP, field: value}, 422)
    assert refused["message"] == "Object is not valid"
    assert refused["details"]
    for detail in refused["details"]:
        assert detail["path"].startswith(f"/{field}")
        assert detail["errors"][0]


def test_apps_create_and_patch_several_apps_that_depend_on_each_other(api: Api) -> None:
    """apps_create.json, apps_patch.json, app_patch.json and deployments_result.json."""
    first, second = "/example/several/first", "/example/several/second"
    apps = [
        {"id": first, **SLEEP, "dependencies": [second, "/example/elsewhere"]},
        {"id": second, **SLEEP},
    ]
    result = api.send("PUT", "/v2/apps", apps)
    assert result.keys() == {"version", "deploymentId"}
    (under_way,) = api.get("/v2/deployments")
    started = [step["actions"][0]["app"] for step in under_way["steps"]]
    assert started.index(second) < started.index(first)
    (_second,) = api.wait_running(second, 1)
    (before,) = api.wait_running(first, 1)
    api.send("PATCH", "/v2/apps", [{"id": first, "cpus": 0.06}, {"id": second, "instances": 2}])
    (after,) = api.wait_running(first, 1)
    assert after["id"] != before["id"]
    api.wait_running(second, 2)
    api.send("PATCH", f"/v2/apps{second}", {"id": second, "instances": 1})
    api.wait_running(second, 1)
    _remove(api, first, second)


@pytest.mark.parametrize(
    ("status", "body", "path"),
    [
        pytest.param(
            422,
            {"upgradeStrategy": {"minimumHealthCapacity": 1.1}},
            "/upgradeStrategy/minimumHealthCapacity",
            id="minimumHealthCapacity above 1",
        ),
        pytest.param(422, {"id": 7}, "/id", id="an ID that is no text"),
    ],
)
def test_apps_error_bodies(api: Api, status: int, body: Json, path: str) -> None:
    """apps.raml, the answers 422; Marathon answers a wrong type with 400 and the same details."""
    refused = api.send("POST", "/v2/apps", {"id": "/example/bad", **SLEEP, **body}, status)
    assert refused["message"] == "Object is not valid"
    assert [detail["path"] for detail in refused["details"]] == [path]


def test_app_list_and_versions(api: Api) -> None:
    """app_list.json, and the versions of apps.raml."""
    _put_and_wait(api, "/example/listed", ports=[0, 0])
    (app,) = api.get("/v2/apps?id=/example/listed")["apps"]
    example = {
        *("id", "cmd", "env", "instances", "cpus", "mem", "disk", "executor", "constraints"),
        *("ports", "requirePorts", "backoffSeconds", "backoffFactor", "maxLaunchDelaySeconds"),
        *("healthChecks", "dependencies", "upgradeStrategy", "labels", "version", "versionInfo"),
        *("tasksStaged", "tasksRunning", "tasksHealthy", "tasksUnhealthy", "deployments"),
    }
    assert example <= app.keys()
    assert app["versionInfo"].keys() == {"lastScalingAt", "lastConfigChangeAt"}
    (version,) = api.get("/v2/apps/example/listed/versions")["versions"]
    assert version == app["version"]
    assert api.get(f"/v2/apps/example/listed/versions/{version}")["id"] == "/example/listed"
    _remove(api, "/example/listed")


def test_tasks_in_json_and_in_text(api: Api) -> None:
    """app_tasks.json, tasks.json and the text of tasks.raml."""
    (task,) = _put_and_wait(api, "/example/asked")
    example = {
        *("id", "appId", "host", "ports", "slaveId", "stagedAt", "startedAt", "version", "state"),
        *("servicePorts", "role"),
    }
    assert example <= task.keys()
    listed = api.get("/v2/tasks?status=running")["tasks"]
    assert task["id"] in {each["id"] for each in listed}
    assert api.get("/v2/tasks?status=staging")["tasks"] == []
    text = httpx.get(f"{api.url}/v2/tasks", headers={"Accept": "text/plain"}).text
    line = f"example_asked\t{task['servicePorts'][0]}\t{task['host']}:{task['ports'][0]}"
    assert line in text.splitlines()
    _remove(api, "/example/asked")


def test_tasks_are_deleted_by_id(api: Api) -> None:
    """app_task.json, and the requests of deleteTasks.raml."""
    first, second = _put_and_wait(api, "/example/killed", 2)
    path = f"/v2/apps/example/killed/tasks/{first['id']}"
    assert api.send("DELETE", path)["task"]["id"] == first["id"]
    scaled = api.send("POST", "/v2/tasks/delete?scale=true", {"ids": [second["id"]]})
    assert scaled["deploymentId"]
    (left,) = api.wait_running("/example/killed", 1)
    assert left["id"] not in {first["id"], second["id"]}
    unknown = api.send("POST", "/v2/tasks/delete", {"ids": ["not_known"]}, 400)
    assert unknown["message"].startswith("Invalid task id 'not_known'")
    _remove(api, "/example/killed")


def test_deployments_are_listed_and_deleted(api: Api) -> None:
    """deployments.json, and the answers of deployments.raml."""
    created = api.create("/example/stuck", constraints=NOWHERE)
    (shown,) = api.get("/v2/deployments")
    assert shown.keys() >= {
        *("id", "version", "affectedApps", "affectedPods", "steps"),
        *("currentActions", "currentStep", "totalSteps"),
    }
    assert shown["id"] == created["deployments"][0]["id"]
    action = shown["currentActions"][0]
    assert action.keys() == {"action", "app", "readinessCheckResults"}
    locked = api.send("PUT", "/v2/apps/example/stuck", {"instances": 2}, 409)
    assert locked["deployments"] == [{"id": shown["id"]}]
    result = api.send("DELETE", f"/v2/deployments/{shown['id']}")
    assert result.keys() == {"version", "deploymentId"}
    api.wait_idle()
    gone = api.send("DELETE", f"/v2/deployments/{shown['id']}", status=404)
    assert gone == {"message": f"DeploymentPlan {shown['id']} does not exist"}


def test_queue_tells_reasons(api: Api) -> None:
    """queue.json, without "role", which Marathon's own Python client cannot read."""
    api.create("/example/large", cpus=4000)
    path = "/v2/queue"

    def looked_at() -> Json | None:
        found = [each for each in api.get(path)["queue"] if each["app"]["id"] == "/example/large"]
        summary = found[0]["processedOffersSummary"] if found else {}
        return found[0] if summary.get("unusedOffersCount") else None

    item = api.wait("an offer that is too small", looked_at)
    assert item.keys() >= {"app", "count", "delay", "since", "processedOffersSummary"}
    summary = item["processedOffersSummary"]
    declined = {each["reason"]: each["declined"] for each in summary["rejectSummaryLastOffers"]}
    assert declined["InsufficientCpus"] >= 1
    assert sum(declined.values()) == declined["InsufficientCpus"]
    assert httpx.delete(f"{api.url}/v2/queue/example/large/delay").status_code == 204
    _remove(api, "/example/large")


def test_groups_are_nested(api: Api) -> None:
    """group.json as an answer; the lab scheduler makes no groups out of definitions."""
    for name in ("tools/one", "tools/deep/two"):
        api.create(f"/example/{name}", instances=0)
    api.wait_idle()
    group = api.get("/v2/groups/example/tools")
    assert group.keys() >= {"id", "apps", "groups", "dependencies", "version"}
    assert [app["id"] for app in group["apps"]] == ["/example/tools/one"]
    assert group["groups"][0]["apps"][0]["id"] == "/example/tools/deep/two"
    assert len(api.get("/v2/groups/example/tools/versions")) == 2
    assert api.send("DELETE", "/v2/groups/example/tools").keys() == {"version", "deploymentId"}
    api.wait_idle()
    missing = api.send("DELETE", "/v2/groups/example/tools", status=404)
    assert missing == {"message": "Group '/example/tools' does not exist"}
    assert "/v2/apps" in api.send("POST", "/v2/groups", {"id": "/g"}, 501)["message"]


def test_info_leader_ping_and_metrics(api: Api) -> None:
    """info.json, leader.raml, ping.raml and metrics.raml."""
    info = api.get("/v2/info")
    assert info.keys() == {
        *("name", "version", "buildref", "elected", "leader", "frameworkId"),
        *("marathon_config", "zookeeper_config", "http_config"),
    }
    assert info["leader"] == api.get("/v2/leader")["leader"]
    assert httpx.get(f"{api.url}/ping").text == "pong"
    assert api.get("/metrics").keys() >= {"version", "counters", "gauges", "histograms"}
    text = httpx.get(f"{api.url}/metrics/prometheus").text
    values = dict(line.split() for line in text.splitlines() if not line.startswith("#"))
    assert float(values["marathon_mesos_offers_incoming_counter"]) > 0
    assert float(values["marathon_leadership_duration_gauge_seconds"]) > 0
