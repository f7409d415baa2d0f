"""Claims about validation: every problem at once, at Marathon's paths, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from mesosdeploy.services.marathon.schema import schema
from mesosdeploy.services.marathon.validation import InvalidError, check_app


def problems(data: object, **options: Any) -> dict[str, list[str]]:
    with pytest.raises(InvalidError) as caught:
        check_app(data, **options)
    body = caught.value.to_json()
    assert body["message"] == "Object is not valid"
    return {detail["path"]: detail["errors"] for detail in body["details"]}


def of(**fields: Any) -> dict[str, list[str]]:
    return problems({"id": "/web", "cmd": "sleep 9", **fields})


@pytest.mark.parametrize(
    ("fields", "path", "error"),
    [
        pytest.param({"instances": -1}, "/instances", "must be >= 0, but is -1", id="minimum"),
        pytest.param(
            {"cpus": "1"}, "/cpus", 'must be a number, but is "1"', id="text for a number"
        ),
        pytest.param({"cpus": True}, "/cpus", "must be a number, but is true", id="boolean"),
        pytest.param(
            {"mem": float("nan")}, "/mem", "must be a number, but is NaN", id="not a number"
        ),
        pytest.param(
            {"instances": 1.5}, "/instances", "must be an integer, but is 1.5", id="fraction"
        ),
        pytest.param({"env": {"A": 1}}, "/env/A", "must be a string, but is 1", id="env"),
        pytest.param({"env": {"": "x"}}, "/env", "must not be empty", id="nameless env"),
        pytest.param({"user": ""}, "/user", "must not be empty", id="empty user"),
        pytest.param(
            {"killSelection": "ANY"},
            "/killSelection",
            'must be one of "YOUNGEST_FIRST", "OLDEST_FIRST", but is "ANY"',
            id="enum",
        ),
        pytest.param(
            {"upgradeStrategy": {"minimumHealthCapacity": 1.1}},
            "/upgradeStrategy/minimumHealthCapacity",
            "must be <= 1, but is 1.1",
            id="capacity",
        ),
        pytest.param(
            {"unreachableStrategy": "never"},
            "/unreachableStrategy",
            'must be an object or "disabled", but is "never"',
            id="unreachable word",
        ),
        pytest.param(
            {"unreachableStrategy": {"inactiveAfterSeconds": 9, "expungeAfterSeconds": 5}},
            "/unreachableStrategy/inactiveAfterSeconds",
            "must be <= expungeAfterSeconds, which is 5, but is 9",
            id="unreachable order",
        ),
        pytest.param({"fetch": [{}]}, "/fetch(0)/uri", "is required", id="fetch without uri"),
        pytest.param(
            {"fetch": [{"uri": "a b"}]},
            "/fetch(0)/uri",
            'must be an address without blanks, but is "a b"',
            id="uri with a blank",
        ),
        pytest.param(
            {"uris": ["http://a"], "fetch": [{"uri": "http://a"}]},
            "/uris",
            "must be left out where fetch is given",
            id="uris and fetch",
        ),
        pytest.param(
            {"instnaces": 1}, "/instnaces", 'unknown field, did you mean "instances"?', id="typo"
        ),
        pytest.param(
            {"INSTANCES": 1}, "/INSTANCES", 'unknown field, did you mean "instances"?', id="case"
        ),
        pytest.param({"qqqqqq": 1}, "/qqqqqq", "unknown field", id="unknown"),
        pytest.param(
            {"healthChecks": [{}, {"interval": 3}]},
            "/healthChecks(1)/interval",
            'unknown field, did you mean "intervalSeconds"?',
            id="typo in a health check",
        ),
        pytest.param(
            {"healthChecks": [{"portIndex": 1}]},
            "/healthChecks(0)",
            "portIndex must be the index of a port, from 0 to 0, but is 1",
            id="portIndex out of range",
        ),
        pytest.param(
            {"healthChecks": [{}], "portDefinitions": []},
            "/healthChecks(0)",
            "portIndex has no port to refer to: portDefinitions is empty",
            id="health check without port",
        ),
        pytest.param(
            {"healthChecks": [{"port": 80, "portIndex": 0}]},
            "/healthChecks(0)",
            "port and portIndex exclude each other",
            id="port and index",
        ),
        pytest.param(
            {"healthChecks": [{"protocol": "COMMAND"}]},
            "/healthChecks(0)/command",
            "is required with protocol COMMAND",
            id="no command",
        ),
        pytest.param(
            {"healthChecks": [{"protocol": "TCP", "command": {"value": "x"}}]},
            "/healthChecks(0)/command",
            "is only for protocol COMMAND, not TCP",
            id="command with TCP",
        ),
        pytest.param(
            {"healthChecks": [{"path": "ping"}]},
            "/healthChecks(0)/path",
            'must begin with /, but is "ping"',
            id="relative path",
        ),
        pytest.param(
            {"healthChecks": [{"ipProtocol": "IPv6"}]},
            "/healthChecks(0)/ipProtocol",
            'must be "IPv4", but is "IPv6": tasks on the agent\'s network are asked by IPv4',
            id="IPv6",
        ),
        pytest.param(
            {"portDefinitions": [{"name": "a\n"}]},
            "/portDefinitions(0)/name",
            'must consist of lower-case letters, digits and inner hyphens, but is "a\\n"',
            id="line break in a port name",
        ),
        pytest.param(
            {"portDefinitions": [{"name": "a"}, {"name": "a"}]},
            "/portDefinitions",
            "every port name must be unique: a is not",
            id="port names",
        ),
        pytest.param(
            {"ports": [8080, 8080], "requirePorts": True},
            "/portDefinitions",
            "every port must be unique: 8080 is not",
            id="required ports twice",
        ),
        pytest.param(
            {"ports": [8080], "portDefinitions": [{"port": 8081}]},
            "/ports",
            "must be left out, or name the same ports as portDefinitions",
            id="ports and portDefinitions",
        ),
        pytest.param(
            {"portDefinitions": [{"port": 65536}]},
            "/portDefinitions(0)/port",
            "must be <= 65535, but is 65536",
            id="port too high",
        ),
        pytest.param(
            {"constraints": [["hostname"]]},
            "/constraints(0)",
            'must be [field, operator] or [field, operator, value], but is ["hostname"]',
            id="constraint too short",
        ),
        pytest.param(
            {"constraints": [["hostname", "UNIQUE"], ["rack", "LIKE", "("]]},
            "/constraints(1)",
            "'(' is not a regular expression: missing ), unterminated subpattern at position 0",
            id="constraint's pattern",
        ),
        pytest.param(
            {"dependencies": ["web"]},
            "/dependencies(0)",
            "/web must not depend on itself",
            id="self",
        ),
        pytest.param(
            {"role": "prod", "acceptedResourceRoles": ["*", "test"]},
            "/acceptedResourceRoles",
            "must hold only * and the app's role prod, not test",
            id="roles of others",
        ),
        pytest.param(
            {"networks": [{"mode": "container/bridge"}]},
            "/networks(0)/mode",
            'must be "host", but is "container/bridge": '
            "the lab runs plain commands on the network of the agent",
            id="bridge",
        ),
        pytest.param(
            {"container": {"type": "MESOS", "docker": {"image": "nginx"}}},
            "/container/docker",
            "is not supported: the lab runs plain commands, without an image",
            id="image",
        ),
        pytest.param(
            {"container": {"type": "DOCKER"}},
            "/container/type",
            'must be "MESOS", but is "DOCKER": the lab runs plain commands, without Docker',
            id="docker",
        ),
        pytest.param(
            {"gpus": 1}, "/gpus", "must be 0, but is 1: the lab scheduler places no GPUs", id="gpus"
        ),
        pytest.param(
            {"residency": {"taskLostBehavior": "WAIT_FOREVER"}},
            "/residency",
            "is not supported: the lab scheduler keeps no volumes",
            id="residency",
        ),
        pytest.param({"args": ["x"]}, "/", "cmd and args exclude each other", id="cmd and args"),
    ],
)
def test_a_problem_is_told_with_its_place(fields: dict[str, Any], path: str, error: str) -> None:
    assert of(**fields) == {path: [error]}


@pytest.mark.parametrize(
    "app_id",
    [
        "/Web",
        "/a_b",
        "/-a",
        "/a-",
        "/a..b",
        "/shop/tasks",
        "/shop/restart",
        "/shop/versions",
        "/",
        "/shop/wéb",
        "/a\n",
    ],
)
def test_a_bad_id_is_refused(app_id: str) -> None:
    assert list(problems({"id": app_id, "cmd": "x"})) == ["/id"]


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        pytest.param("web", "/web", id="relative"),
        pytest.param("/shop/web/", "/shop/web", id="trailing slash"),
        pytest.param("/shop/../a/./b", "/a/b", id="dots"),
        pytest.param("//a//b-1.c", "/a/b-1.c", id="dotted segment"),
    ],
)
def test_an_id_becomes_absolute(given: str, normal: str) -> None:
    assert check_app({"id": given, "cmd": "x"})["id"] == normal


def test_all_problems_are_told_at_once() -> None:
    found = problems(
        {
            "cpus": 0,
            "healthChecks": [{"protocol": "FTP"}, {"portIndex": 4}],
            "constraints": [["rack"], ["rack", "NEAR"]],
            "volumes": [{}],
            "tsks": 1,
        }
    )
    assert list(found) == [
        "/",
        "/constraints(0)",
        "/constraints(1)",
        "/cpus",
        "/healthChecks(0)/protocol",
        "/healthChecks(1)",
        "/id",
        "/tsks",
        "/volumes",
    ]


def test_a_broken_field_is_not_blamed_for_what_depends_on_it() -> None:
    assert list(of(ports=5, healthChecks=[{"portIndex": 3}])) == ["/ports"]


@pytest.mark.parametrize("data", [[], "x", None, 3], ids=["list", "text", "null", "number"])
def test_only_an_object_is_a_definition(data: object) -> None:
    assert list(problems(data)) == ["/"]


def test_the_address_gives_the_id() -> None:
    assert check_app({"cmd": "x"}, app_id="shop/web")["id"] == "/shop/web"


def test_an_id_other_than_the_addresss_is_refused() -> None:
    found = problems({"id": "/db", "cmd": "x"}, app_id="/web")
    assert found == {"/id": ['must be /web as in the request\'s address, but is "/db"']}


def test_part_of_a_definition_needs_neither_command_nor_id() -> None:
    assert check_app({"instances": 3}, partial=True) == {"instances": 3}


def test_part_of_a_definition_is_checked_as_far_as_it_goes() -> None:
    assert list(problems({"cmd": "", "constraints": [["a", "B"]]}, partial=True)) == [
        "/cmd",
        "/constraints(0)",
    ]
    # Which ports there are is not known before the merge.
    assert check_app({"healthChecks": [{"portIndex": 5}]}, partial=True)


def test_fields_without_value_say_nothing() -> None:
    empty = {
        "cmd": "x",
        "id": "/a",
        "user": None,
        "residency": None,
        "secrets": {},
        "executor": "",
        "tty": False,
        "container": {"type": "MESOS", "volumes": [], "docker": None},
        "version": "2026-11-22T16:00:00.000Z",
        "tasksUnhealthy": 3,
    }
    assert check_app(empty) == {"id": "/a", "cmd": "x"}


def test_deprecated_forms_are_turned_into_the_new_ones() -> None:
    old = {"id": "/a", "cmd": "x", "ports": [0, 80], "uris": ["http://a/b.zip"]}
    assert check_app({**old, "constraints": [["rack", "group_by", "2"]]}) == {
        "id": "/a",
        "cmd": "x",
        "portDefinitions": [{"port": 0}, {"port": 80}],
        "fetch": [{"uri": "http://a/b.zip", "extract": True}],
        "constraints": [["rack", "GROUP_BY", "2"]],
    }


def test_a_normal_form_stays_as_it_is() -> None:
    normal = check_app({"id": "a", "cmd": "x", "ports": [0], "dependencies": ["b", "../c"]})
    assert normal["dependencies"] == ["/b", "/c"]
    assert check_app(normal) == normal


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from nodes(value)


def test_the_schema_is_valid_and_describes_every_field() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    fields = [
        (name, field)
        for node in nodes(schema())
        if isinstance(node.get("properties"), dict)
        for name, field in node["properties"].items()
    ]
    assert len(fields) > 70
    assert [name for name, field in fields if not field.get("description")] == []


def test_the_schema_alone_accepts_what_validation_returns() -> None:
    app = {"id": "/a", "cmd": "x", "healthChecks": [{"protocol": "TCP"}]}
    assert jsonschema.Draft202012Validator(schema()).is_valid(check_app(app))
    assert not jsonschema.Draft202012Validator(schema()).is_valid({**app, "cpus": 0})


@pytest.mark.parametrize(
    ("value", "path"),
    [
        pytest.param({"fetch": {"uri": "a"}}, "/fetch", id="object for a list"),
        pytest.param({"portDefinitions": [1]}, "/portDefinitions(0)", id="number for an object"),
        pytest.param({"labels": []}, "/labels", id="list for an object"),
        pytest.param({"requirePorts": "yes"}, "/requirePorts", id="text for a boolean"),
        pytest.param({"args": "ls -l", "cmd": None}, "/args", id="text for a list"),
        pytest.param({"id": 5}, "/id", id="number for an id"),
        pytest.param({"ports": ["x"]}, "/ports(0)", id="text for a port"),
        pytest.param({"dependencies": ["a", "a"]}, "/dependencies", id="twice"),
        pytest.param({"networks": [{"mode": "host"}] * 2}, "/networks", id="two networks"),
        pytest.param(
            {"fetch": [{"uri": "u", "destPath": "x" * 2000}]}, "/fetch(0)/destPath", id="long"
        ),
    ],
)
def test_a_wrong_type_is_one_problem_at_its_place(value: dict[str, Any], path: str) -> None:
    found = of(**value)
    assert list(found) == [path]
    assert all("must" in error for error in found[path])
    assert len(json.dumps(found)) < 250
