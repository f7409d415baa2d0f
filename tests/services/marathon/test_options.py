"""Options whose effect is seen on the cluster."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.conftest import Directories
from tests.lab.processes import HOST, Master
from tests.services.marathon.conftest import Cluster
from tests.services.marathon.processes import (
    Api,
    Marathon,
    mesos_tasks,
    removed_afterwards,
    request,
    state_path,
)

_VARIABLES = {
    "MARATHON_MESOS_ROLE": "services",
    "MARATHON_DRAINING_SECONDS": "2",
    "MARATHON_FRAMEWORK_NAME": "with-options",
    "MARATHON_LOCAL_PORT_MIN": "12000",
    "MARATHON_TASK_LAUNCH_TIMEOUT": "3000",
}


@pytest.fixture(scope="module")
def optioned(cluster: Cluster, directories: Directories) -> Iterator[Api]:
    path = state_path(cluster.zookeeper)
    scheduler = Marathon(directories.make("marathon"), cluster.master.url[7:], path, _VARIABLES)
    with scheduler, removed_afterwards(Api(scheduler), cluster.master) as api:
        yield api


def test_framework_name_role_and_service_ports_are_as_given(
    optioned: Api, cluster: Cluster
) -> None:
    framework_id = optioned.get("/v2/info")["frameworkId"]
    frameworks = request("GET", f"{cluster.master.url}/state").json()["frameworks"]
    (found,) = [one for one in frameworks if one["id"] == framework_id]
    assert (found["name"], found["roles"]) == ("with-options", ["services"])
    assert found["failover_timeout"] == 604800
    assert {"PARTITION_AWARE", "TASK_KILLING_STATE"} <= set(found["capabilities"])
    optioned.create("/in-role")
    optioned.wait_running("/in-role", 1)
    assert optioned.get("/v2/apps/in-role")["app"]["ports"] == [12000]


def test_instance_is_announced_before_it_is_killed(optioned: Api, cluster: Cluster) -> None:
    framework_id = optioned.get("/v2/info")["frameworkId"]
    optioned.create("/drained")
    (task,) = optioned.wait_running("/drained", 1)
    optioned.send("PUT", "/v2/apps/drained", {"instances": 0})

    def announced() -> bool:
        tasks = optioned.get("/v2/apps/drained/tasks")["tasks"]
        return [one["state"] for one in tasks] == ["TASK_KILLING"]

    optioned.wait("the announcement", announced)
    states = {one["id"]: one["state"] for one in mesos_tasks(cluster.master, framework_id)}
    assert states[task["id"]] == "TASK_RUNNING"
    optioned.wait_running("/drained", 0)


def test_task_that_does_not_start_in_time_is_killed_and_tried_again(optioned: Api) -> None:
    with socket.create_server((HOST, 0)) as silent:
        never = f"http://{HOST}:{silent.getsockname()[1]}/never"
        optioned.create("/stuck", fetch=[{"uri": never, "extract": False}])
        (first,) = optioned.wait("a launch", lambda: optioned.tasks("/stuck", "TASK_STAGING"))

        def another() -> bool:
            tasks = optioned.get("/v2/apps/stuck/tasks")["tasks"]
            return [one["id"] for one in tasks] not in ([], [first["id"]])

        optioned.wait("another launch", another)
    optioned.send("DELETE", "/v2/apps/stuck?force=true")
    optioned.wait_idle()


def test_framework_authenticates_with_its_principal_and_secret(
    root: Path, cluster: Cluster, directories: Directories
) -> None:
    directory = directories.make("authenticated")
    known = {"credentials": [{"principal": "marathon", "secret": "long-enough"}]}
    (directory / "credentials").write_text(json.dumps(known))
    (directory / "secret").write_text("long-enough")
    variables = {
        "MESOS_AUTHENTICATE_HTTP_FRAMEWORKS": "true",
        "MESOS_HTTP_FRAMEWORK_AUTHENTICATORS": "basic",
        "MESOS_CREDENTIALS": str(directory / "credentials"),
    }
    options = {
        "MARATHON_MESOS_AUTHENTICATION_PRINCIPAL": "marathon",
        "MARATHON_MESOS_AUTHENTICATION_SECRET_FILE": str(directory / "secret"),
    }
    path = state_path(cluster.zookeeper)
    with (
        Master(root, directory, environment=variables) as master,
        Marathon(directory, master.address, path, options) as scheduler,
    ):
        api = Api(scheduler)
        api.wait("the framework", lambda: api.get("/v2/info")["frameworkId"])
        (found,) = request("GET", f"{master.url}/state").json()["frameworks"]
        assert found["principal"] == "marathon"
