"""Claims about what counts as a difference between two definitions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mesosdeploy.marathon.diff import unified
from mesosdeploy.marathon.normal import comparable, normal, sendable
from mesosdeploy.marathon.text import text
from mesosdeploy.services.marathon.definition import App
from mesosdeploy.spec.source import parse

Json = dict[str, Any]
FULL: Json = {
    "id": "/web",
    "cmd": "x",
    "instances": 3,
    "cpus": 0.1,
    "mem": 32,
    "env": {"A": "1"},
    "labels": {"L": "x"},
    "fetch": [{"uri": "http://a/b.tgz"}],
    "constraints": [["hostname", "UNIQUE"]],
    "portDefinitions": [{"port": 0, "name": "http", "protocol": "tcp"}],
    "healthChecks": [{"protocol": "MESOS_HTTP", "path": "/", "portIndex": 0}],
    "upgradeStrategy": {"minimumHealthCapacity": 0.5, "maximumOverCapacity": 1},
    "killSelection": "OLDEST_FIRST",
}


@pytest.mark.parametrize(
    "body",
    [{"id": "/web", "cmd": "x"}, FULL, {"id": "/web", "cmd": "x", "portDefinitions": []}],
    ids=["least", "much", "no ports"],
)
def test_what_the_lab_scheduler_makes_of_a_definition_is_no_change(body: Json) -> None:
    """The scheduler fills in every default; the same file must not be a change the next time."""
    running = App.from_json(body, version="2026-11-22T16:00:00.000Z").to_json()
    new, old = comparable(body, json.loads(json.dumps(running)))
    assert new == old


def test_an_app_in_a_container_is_no_change_after_official_marathon_has_told_it_all() -> None:
    """The answer has every field that the REST reference of Marathon 1.11 names for such an app."""
    wanted = {
        "id": "/nginx",
        "cpus": 0.1,
        "mem": 64,
        "container": {
            "type": "DOCKER",
            "docker": {"image": "nginx"},
            "portMappings": [{"containerPort": 80}],
        },
        "networks": [{"mode": "container/bridge"}],
        "healthChecks": [{"protocol": "HTTP", "path": "/"}],
    }
    docker = {"image": "nginx", "forcePullImage": False, "parameters": [], "privileged": False}
    mapping = {"hostPort": 0, "servicePort": 10004, "protocol": "tcp", "labels": {}}
    running = {
        **wanted,
        "acceptedResourceRoles": ["*"],
        "backoffFactor": 1.15,
        "backoffSeconds": 1,
        "constraints": [],
        "container": {
            "type": "DOCKER",
            "docker": docker,
            "portMappings": [{"containerPort": 80, **mapping}],
            "volumes": [],
        },
        "disk": 0,
        "executor": "",
        "fetch": [],
        "gpus": 0,
        "healthChecks": [
            {
                "gracePeriodSeconds": 300,
                "ignoreHttp1xx": False,
                "intervalSeconds": 60,
                "maxConsecutiveFailures": 3,
                "path": "/",
                "portIndex": 0,
                "protocol": "HTTP",
                "timeoutSeconds": 20,
                "delaySeconds": 15,
                "ipProtocol": "IPv4",
            }
        ],
        "instances": 1,
        "killSelection": "YOUNGEST_FIRST",
        "labels": {},
        "maxLaunchDelaySeconds": 300,
        "requirePorts": False,
        "role": "*",
        "tasksRunning": 1,
        "unreachableStrategy": {"expungeAfterSeconds": 0, "inactiveAfterSeconds": 0},
        "upgradeStrategy": {"maximumOverCapacity": 1, "minimumHealthCapacity": 1},
        "version": "2020-10-29T12:00:00.000Z",
        "versionInfo": {"lastConfigChangeAt": "2020-10-29T12:00:00.000Z"},
    }
    new, old = comparable(wanted, running)
    assert new == old


@pytest.mark.parametrize(
    ("wanted", "running"),
    [
        pytest.param({"cpus": 1.0}, {}, id="number of the other type"),
        pytest.param({"ports": [0]}, {"portDefinitions": [{"port": 10007}]}, id="old ports"),
        pytest.param({"uris": ["http://a"]}, {"fetch": [{"uri": "http://a"}]}, id="old uris"),
        pytest.param({}, {"role": "web", "executor": ""}, id="role of the server"),
        pytest.param(
            {"constraints": [["@hostname", "UNIQUE"]]},
            {"constraints": [["hostname", "UNIQUE"]]},
            id="name of the host",
        ),
        pytest.param(
            {"container": {"type": "DOCKER", "portMappings": [{"containerPort": 80}]}},
            {
                "container": {
                    "type": "DOCKER",
                    "portMappings": [
                        {"containerPort": 80, "hostPort": 0, "servicePort": 10003, "labels": {}}
                    ],
                }
            },
            id="service port",
        ),
        pytest.param(
            {},
            {"unreachableStrategy": {"inactiveAfterSeconds": 300, "expungeAfterSeconds": 600}},
            id="older default",
        ),
    ],
)
def test_what_marathon_chose_is_no_difference(wanted: Json, running: Json) -> None:
    new, old = comparable({"id": "/a", **wanted}, {"id": "/a", "version": "v", **running})
    assert new == old


@pytest.mark.parametrize(
    ("wanted", "running"),
    [
        pytest.param({"instances": 2}, {"instances": 1}, id="instances"),
        pytest.param({}, {"instances": 5}, id="left out instances are one"),
        pytest.param({}, {"env": {"A": "1"}}, id="left out variables are gone"),
        pytest.param({"env": {"A": ""}}, {"env": {"A": "1"}}, id="empty variable"),
        pytest.param(
            {"portDefinitions": [{"port": 9000}]},
            {"portDefinitions": [{"port": 10007}]},
            id="service port that is given",
        ),
        pytest.param({"requirePorts": True}, {"requirePorts": False}, id="flag"),
    ],
)
def test_what_the_file_says_otherwise_is_a_difference(wanted: Json, running: Json) -> None:
    new, old = comparable({"id": "/a", **wanted}, {"id": "/a", **running})
    assert new != old


def test_a_normal_definition_says_only_what_is_not_the_default() -> None:
    body = {"id": "/a", "cpus": 1, "healthChecks": [{"intervalSeconds": 60, "path": "/x"}]}
    assert normal(body) == {"id": "/a", "healthChecks": [{"protocol": "HTTP", "path": "/x"}]}


def test_the_diff_names_both_sides_and_only_what_differs() -> None:
    lines = unified({"id": "/a", "instances": 1}, {"id": "/a", "instances": 2})
    assert lines[:2] == ("--- running", "+++ wanted")
    assert [line for line in lines[2:] if line[0] in "+-"] == ["-instances: 1", "+instances: 2"]


def test_a_changed_line_of_a_command_is_a_changed_line() -> None:
    old, new = ({"id": "/a", "cmd": f"first\n{word}\nlast"} for word in ("old", "new"))
    lines = [line for line in unified(old, new)[2:] if line[0] in "+-"]
    assert lines == ["-  old", "+  new"]


@pytest.mark.parametrize(
    "value",
    [
        "a\n b\n",
        "trailing \nblank",
        "\ttab\nx",
        "yes",
        "80",
        "x: y",
        "# no",
        "",
        "ä\u2028b\n",
        "a" * 300,
    ],
)
def test_shown_text_is_what_would_be_read(value: str) -> None:
    app = {"id": "/a", "env": {"V": value}, "args": [value, value]}
    assert parse(text(app), file="x").data == app


def test_an_old_version_is_sent_without_what_marathon_adds_itself() -> None:
    told = {"id": "/a", "version": "v", "ports": [1], "portDefinitions": [{"port": 1}], "tasks": []}
    assert sendable(told) == {"id": "/a", "portDefinitions": [{"port": 1}]}
