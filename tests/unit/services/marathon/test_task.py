"""Claims about the Mesos task of an instance: command, environment, discovery, health check."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mesosdeploy.services.marathon.definition import App
from mesosdeploy.services.marathon.matching import Placement
from mesosdeploy.services.marathon.task import new_task_id, task_info

VERSION = "2026-11-22T16:00:00.000Z"
OFFER = {"id": {"value": "o"}, "agent_id": {"value": "agent-1"}, "hostname": "node1"}
CPUS = {"name": "cpus", "type": "SCALAR", "scalar": {"value": 1.0}}


def info(*ports: int, **fields: Any) -> dict[str, Any]:
    definition = {"id": "/shop/web", "cmd": "run", "ports": [0] * len(ports), **fields}
    app = App.from_json(definition, version=VERSION)
    placement = Placement(app=app, task_id="t-1", ports=ports, resources=[CPUS], host="node1")
    return task_info(app, placement, task_id="t-1", offer=OFFER)


def environment(*ports: int, **fields: Any) -> dict[str, str]:
    variables = info(*ports, **fields)["command"]["environment"]["variables"]
    assert all(variable["type"] == "VALUE" for variable in variables)
    return {variable["name"]: variable["value"] for variable in variables}


def test_a_task_names_its_agent_and_what_it_takes() -> None:
    told = info(31000)
    assert (told["task_id"], told["agent_id"]) == ({"value": "t-1"}, {"value": "agent-1"})
    assert told["resources"] == [CPUS]
    assert told["name"] == "web.shop"
    assert "health_check" not in told
    assert "kill_policy" not in told


def test_a_command_runs_in_a_shell() -> None:
    command = info(31000, user="nobody")["command"]
    assert (command["shell"], command["value"], command["user"]) == (True, "run", "nobody")
    assert "arguments" not in command


def test_arguments_run_without_a_shell() -> None:
    command = info(31000, cmd=None, args=["ls", "-l"])["command"]
    assert (command["shell"], command["value"]) == (False, "ls")
    assert command["arguments"] == ["ls", "-l"]
    assert "user" not in command


def test_the_environment_tells_where_the_task_runs_and_what_it_is() -> None:
    assert environment(cpus=0.5, labels={"a-b.c": "1", "D": "2"}) == {
        "MESOS_TASK_ID": "t-1",
        "HOST": "node1",
        "MARATHON_APP_ID": "/shop/web",
        "MARATHON_APP_VERSION": VERSION,
        "MARATHON_APP_RESOURCE_CPUS": "0.5",
        "MARATHON_APP_RESOURCE_MEM": "128.0",
        "MARATHON_APP_RESOURCE_DISK": "0.0",
        "MARATHON_APP_RESOURCE_GPUS": "0",
        "MARATHON_APP_LABELS": "A_B_C D",
        "MARATHON_APP_LABEL_A_B_C": "1",
        "MARATHON_APP_LABEL_D": "2",
    }


def test_each_port_has_its_variables() -> None:
    definitions = [{"name": "http", "port": 10001}, {"port": 0}]
    found = environment(31005, 31009, ports=None, portDefinitions=definitions)
    assert {name: value for name, value in found.items() if name.startswith("PORT")} == {
        "PORT": "31005",
        "PORTS": "31005,31009",
        "PORT0": "31005",
        "PORT1": "31009",
        "PORT_10001": "31005",
        "PORT_31009": "31009",
        "PORT_HTTP": "31005",
    }


def test_the_apps_own_environment_wins() -> None:
    found = environment(31000, env={"HOST": "mine", "X": "y"})
    assert (found["HOST"], found["X"], found["PORT"]) == ("mine", "y", "31000")


def test_a_label_too_long_for_a_variable_is_left_out() -> None:
    found = environment(labels={"LONG": "x" * 512, "SHORT": "x" * 511})
    assert found["MARATHON_APP_LABELS"] == "SHORT"
    assert "MARATHON_APP_LABEL_LONG" not in found


def test_labels_are_the_tasks_too() -> None:
    assert info(labels={"a": "b"})["labels"] == {"labels": [{"key": "a", "value": "b"}]}


def test_discovery_tells_each_port_once_per_protocol() -> None:
    definitions = [{"name": "dns", "protocol": "udp,tcp", "labels": {"a": "b"}}, {"port": 0}]
    told = info(31000, 31001, ports=None, portDefinitions=definitions)["discovery"]
    assert (told["name"], told["visibility"]) == ("web.shop", "FRAMEWORK")
    labels = {"labels": [{"key": "a", "value": "b"}]}
    assert told["ports"]["ports"] == [
        {"number": 31000, "protocol": "udp", "name": "dns", "labels": labels},
        {"number": 31000, "protocol": "tcp", "name": "dns", "labels": labels},
        {"number": 31001, "protocol": "tcp", "labels": {"labels": []}},
    ]


def test_files_are_fetched() -> None:
    fetch = [{"uri": "http://a/b"}, {"uri": "http://c", "extract": False, "destPath": "d"}]
    assert info(fetch=fetch)["command"]["uris"] == [
        {"value": "http://a/b", "extract": True, "executable": False, "cache": False},
        {
            "value": "http://c",
            "extract": False,
            "executable": False,
            "cache": False,
            "output_file": "d",
        },
    ]


def test_the_grace_period_of_a_kill_is_in_nanoseconds() -> None:
    policy = info(taskKillGracePeriodSeconds=3)["kill_policy"]
    assert policy == {"grace_period": {"nanoseconds": 3_000_000_000}}


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        pytest.param(
            {"protocol": "MESOS_HTTP", "path": "/ping", "portIndex": 1},
            {"type": "HTTP", "http": {"scheme": "http", "path": "/ping", "port": 31001}},
            id="MESOS_HTTP",
        ),
        pytest.param(
            {"protocol": "HTTPS", "port": 8443},
            {"type": "HTTP", "http": {"scheme": "https", "port": 8443}},
            id="HTTPS",
        ),
        pytest.param(
            {"protocol": "TCP"}, {"type": "TCP", "tcp": {"port": 31000}}, id="TCP, first port"
        ),
        pytest.param(
            {"protocol": "COMMAND", "command": {"value": "true"}},
            {"type": "COMMAND", "command": {"shell": True, "value": "true"}},
            id="COMMAND",
        ),
    ],
)
def test_mesos_runs_the_health_check(check: dict[str, Any], expected: dict[str, Any]) -> None:
    assert info(31000, 31001, healthChecks=[check])["health_check"] == {
        **expected,
        "delay_seconds": 15,
        "interval_seconds": 60,
        "timeout_seconds": 20,
        "grace_period_seconds": 300,
        "consecutive_failures": 3,
    }


def test_mesos_runs_the_first_of_several_health_checks() -> None:
    checks = [{"protocol": "TCP"}, {"protocol": "COMMAND", "command": {"value": "true"}}]
    assert info(31000, healthChecks=checks)["health_check"]["type"] == "TCP"


@pytest.mark.parametrize(
    ("protocol", "failures"),
    [("HTTP", 2**32 - 1), ("TCP", 2**32 - 1), ("MESOS_HTTP", 0), ("MESOS_TCP", 0)],
)
def test_no_failures_mean_never_in_marathons_own_checks(protocol: str, failures: int) -> None:
    check = {"protocol": protocol, "maxConsecutiveFailures": 0}
    assert info(31000, healthChecks=[check])["health_check"]["consecutive_failures"] == failures


def test_task_ids_are_marathons_and_differ() -> None:
    first, second = new_task_id("/shop/web"), new_task_id("/shop/web")
    assert re.fullmatch(
        r"shop_web\.instance-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\._app\.1", first
    )
    assert first != second
