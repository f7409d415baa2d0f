"""Claims about app definitions: defaults, JSON form, and how an update changes one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from marathon.models import MarathonApp

from mesosdeploy.services.marathon.definition import App, merge
from mesosdeploy.services.marathon.schema import with_defaults
from mesosdeploy.services.marathon.validation import InvalidError, check_app

FIRST = "2026-11-22T16:00:00.000Z"
LATER = "2026-11-22T17:00:00.000Z"

FULL: dict[str, Any] = {
    "id": "/shop/web",
    "args": ["python3", "-m", "http.server"],
    "env": {"MODE": "test"},
    "user": "nobody",
    "cpus": 0.5,
    "mem": 64,
    "disk": 10,
    "instances": 3,
    "labels": {"HAPROXY_GROUP": "external"},
    "fetch": [
        {
            "uri": "http://files/site.tgz",
            "extract": False,
            "executable": True,
            "cache": True,
            "destPath": "site",
        }
    ],
    "portDefinitions": [
        {"port": 10001, "protocol": "udp,tcp", "name": "http", "labels": {"a": "b"}},
        {"port": 0, "protocol": "tcp", "labels": {}},
    ],
    "requirePorts": False,
    "constraints": [["hostname", "UNIQUE"], ["rack", "LIKE", "r[12]"]],
    "healthChecks": [
        {
            "protocol": "MESOS_HTTP",
            "path": "/ping",
            "portIndex": 1,
            "gracePeriodSeconds": 5,
            "intervalSeconds": 2,
            "timeoutSeconds": 1,
            "delaySeconds": 0,
            "maxConsecutiveFailures": 2,
            "ipProtocol": "IPv4",
        },
        {
            "protocol": "COMMAND",
            "command": {"value": "true"},
            "gracePeriodSeconds": 300,
            "intervalSeconds": 60,
            "timeoutSeconds": 20,
            "delaySeconds": 15,
            "maxConsecutiveFailures": 3,
            "ipProtocol": "IPv4",
        },
    ],
    "upgradeStrategy": {"minimumHealthCapacity": 0.5, "maximumOverCapacity": 0.0},
    "backoffSeconds": 2,
    "backoffFactor": 2,
    "maxLaunchDelaySeconds": 60,
    "taskKillGracePeriodSeconds": 4,
    "killSelection": "OLDEST_FIRST",
    "unreachableStrategy": "disabled",
    "acceptedResourceRoles": ["*"],
    "dependencies": ["/shop/db"],
    "role": "*",
    "networks": [{"mode": "host"}],
}


def app(**fields: Any) -> App:
    return App.from_json({"id": "/web", "cmd": "sleep 9", **fields}, version=FIRST)


def test_defaults_are_those_of_marathons_documentation() -> None:
    assert app().to_json() == {
        "id": "/web",
        "cmd": "sleep 9",
        "env": {},
        "cpus": 1,
        "mem": 128,
        "disk": 0,
        "gpus": 0,
        "instances": 1,
        "executor": "",
        "labels": {},
        "fetch": [],
        "networks": [{"mode": "host"}],
        "portDefinitions": [{"port": 0, "protocol": "tcp", "name": "default", "labels": {}}],
        "ports": [0],
        "requirePorts": False,
        "constraints": [],
        "healthChecks": [],
        "upgradeStrategy": {"minimumHealthCapacity": 1, "maximumOverCapacity": 1},
        "backoffSeconds": 1,
        "backoffFactor": 1.15,
        "maxLaunchDelaySeconds": 300,
        "killSelection": "YOUNGEST_FIRST",
        "unreachableStrategy": {"inactiveAfterSeconds": 0, "expungeAfterSeconds": 0},
        "dependencies": [],
        "role": "*",
        "version": FIRST,
        "versionInfo": {"lastScalingAt": FIRST, "lastConfigChangeAt": FIRST},
    }


def test_what_is_said_is_told_again() -> None:
    told = App.from_json(FULL, version=FIRST).to_json()
    assert {name: told[name] for name in FULL} == FULL


def test_health_check_defaults_are_those_of_marathons_documentation() -> None:
    assert app(healthChecks=[{}]).to_json()["healthChecks"] == [
        {
            "protocol": "HTTP",
            "portIndex": 0,
            "gracePeriodSeconds": 300,
            "intervalSeconds": 60,
            "timeoutSeconds": 20,
            "delaySeconds": 15,
            "maxConsecutiveFailures": 3,
            "ipProtocol": "IPv4",
        }
    ]


@pytest.mark.parametrize(
    "definition",
    [pytest.param(FULL, id="all fields"), pytest.param({"id": "/a", "cmd": "x"}, id="few fields")],
)
def test_a_definition_survives_being_stored(definition: dict[str, Any]) -> None:
    first = App.from_json(definition, version=FIRST).with_instances(7, version=LATER)
    stored = json.loads(json.dumps(first.to_json()))
    assert App.from_json(stored, version=stored["version"]) == first


def test_get_edit_put_is_an_update_of_the_edited_field_alone() -> None:
    old = App.from_json(FULL, version=FIRST)
    told = {
        **old.to_json(),
        "tasksRunning": 3,
        "tasks": [{"id": "t"}],
        "deployments": [],
        "lastTaskFailure": {"state": "TASK_FAILED"},
        "secrets": {},
        "readinessChecks": [],
        "container": None,
    }
    new = App.from_json(check_app({**told, "cpus": 2}, app_id="shop/web"), version=LATER)
    assert new.cpus == 2
    assert new.last_config_change_at == LATER
    assert check_app({**told}) == check_app(old.to_json())


@pytest.mark.filterwarnings("ignore:The 'warn' method:DeprecationWarning")  # the client's own
def test_the_python_client_reads_a_definition() -> None:
    read = MarathonApp.from_json(App.from_json(FULL, version=FIRST).to_json())
    assert (read.id, read.instances, read.ports) == ("/shop/web", 3, [10001, 0])
    assert read.constraints[1].value == "r[12]"
    assert read.health_checks[0].path == "/ping"
    assert read.unreachable_strategy == "disabled"
    assert read.version_info.last_scaling_at.hour == 16


def test_scaling_is_not_a_change_of_the_configuration() -> None:
    old = app()
    scaled = old.with_instances(5, version=LATER)
    assert (scaled.instances, scaled.version, scaled.last_scaling_at) == (5, LATER, LATER)
    assert scaled.last_config_change_at == FIRST
    assert scaled.same_config(old)


@pytest.mark.parametrize("field", ["env", "labels", "cmd", "cpus", "constraints", "healthChecks"])
def test_another_field_is_a_change_of_the_configuration(field: str) -> None:
    changed = {
        "env": {"A": "1"},
        "labels": {"A": "1"},
        "cmd": "sleep 8",
        "cpus": 2,
        "constraints": [["hostname", "UNIQUE"]],
        "healthChecks": [{}],
    }
    assert not app(**{field: changed[field]}).same_config(app())


def updated(old: App, update: dict[str, Any]) -> App:
    given = check_app(update, app_id=old.id, partial=True)
    return App.from_json(merge(old, given), version=LATER)


def test_an_update_replaces_the_given_fields_whole() -> None:
    new = updated(app(env={"A": "1"}, mem=32), {"env": {"B": "2"}})
    assert (new.env, new.mem, new.cmd) == ({"B": "2"}, 32, "sleep 9")
    assert new.version == new.last_config_change_at == new.last_scaling_at == LATER


def test_null_in_an_update_leaves_the_field_alone() -> None:
    assert updated(app(user="nobody"), {"user": None, "cpus": 3}).user == "nobody"


def test_ports_that_repeat_the_old_ones_leave_the_definitions_alone() -> None:
    old = app(portDefinitions=[{"port": 10001, "name": "http"}])
    assert updated(old, {"ports": [10001]}).port_definitions == old.port_definitions


def test_other_ports_replace_the_definitions() -> None:
    new = updated(app(portDefinitions=[{"port": 10001, "name": "http"}]), {"ports": [10002, 0]})
    assert [(item.port, item.name) for item in new.port_definitions] == [(10002, None), (0, None)]


def test_uris_in_an_update_replace_what_is_fetched() -> None:
    new = updated(
        app(fetch=[{"uri": "http://a/b"}]), {"uris": ["http://c/d.tgz?x=1", "http://c/e"]}
    )
    assert [(item.uri, item.extract) for item in new.fetch] == [
        ("http://c/d.tgz?x=1", True),
        ("http://c/e", False),
    ]


def test_an_update_that_does_not_fit_the_old_fields_is_refused() -> None:
    with pytest.raises(InvalidError) as caught:
        updated(app(), {"args": ["sleep", "1"]})
    assert [detail.path for detail in caught.value.details] == ["/"]


def test_defaults_do_not_share_their_containers() -> None:
    with_defaults({"cmd": "a"})["portDefinitions"].clear()
    assert len(with_defaults({"cmd": "a"})["portDefinitions"]) == 1
