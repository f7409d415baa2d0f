"""App definitions without what goes without saying, so that two of them can be compared.

The defaults are those of Marathon 1.8 to 1.11 (its REST API reference, "app" resource).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]

_READ_ONLY = frozenset(
    {
        "deployments",
        "lastTaskFailure",
        "readinessCheckResults",
        "taskStats",
        "tasks",
        "tasksHealthy",
        "tasksRunning",
        "tasksStaged",
        "tasksUnhealthy",
        "version",
        "versionInfo",
    }
)
_DEFAULTS: Json = {
    "acceptedResourceRoles": ["*"],
    "backoffFactor": 1.15,
    "backoffSeconds": 1,
    "cpus": 1,
    "disk": 0,
    "gpus": 0,
    "instances": 1,
    "killSelection": "YOUNGEST_FIRST",
    "maxLaunchDelaySeconds": 300,
    "mem": 128,
    "networks": [{"mode": "host"}],
    "requirePorts": False,
}
_FETCH: Json = {"cache": False, "executable": False, "extract": True}
_PORT: Json = {"port": 0, "protocol": "tcp", "labels": {}}
_MAPPED_PORT: Json = {"hostPort": 0, "servicePort": 0, "protocol": "tcp", "labels": {}}
_STRATEGY: Json = {"maximumOverCapacity": 1, "minimumHealthCapacity": 1}
_HEALTH_CHECK: Json = {
    "delaySeconds": 15,
    "gracePeriodSeconds": 300,
    "ignoreHttp1xx": False,
    "intervalSeconds": 60,
    "maxConsecutiveFailures": 3,
    "timeoutSeconds": 20,
    "ipProtocol": "IPv4",
}
_HTTP_CHECK: Json = {"path": "/", "portIndex": 0}
_UNREACHABLE = (
    {"inactiveAfterSeconds": 0, "expungeAfterSeconds": 0},
    {"inactiveAfterSeconds": 300, "expungeAfterSeconds": 600},
)
"""The default before 1.5 was the second, and apps made then keep it."""
_ONE_PORT = [{"name": "default"}]


def normal(definition: Mapping[str, Any]) -> Json:
    """Return a definition without read-only fields, defaults and empty values.

    Old forms become the new ones: `ports` port definitions, `uris` fetch entries, constraints of
    three words. What is not known here is kept as it is.
    """
    app = {key: value for key, value in definition.items() if key not in _READ_ONLY}
    _modernize(app)
    _each(app, "fetch", _FETCH)
    _each(app, "portDefinitions", _PORT)
    container = app.get("container")
    if isinstance(container, dict):
        app["container"] = _pruned(container)
        _each(app["container"], "portMappings", _MAPPED_PORT)
    checks = app.get("healthChecks")
    if isinstance(checks, list):
        app["healthChecks"] = [_health_check(one) for one in checks]
    if isinstance(app.get("upgradeStrategy"), dict):
        app["upgradeStrategy"] = _without(app["upgradeStrategy"], _STRATEGY)
    if app.get("unreachableStrategy") in _UNREACHABLE:
        del app["unreachableStrategy"]
    if app.get("portDefinitions") == _ONE_PORT:
        del app["portDefinitions"]
    keep_none = {"portDefinitions": app["portDefinitions"]} if "portDefinitions" in app else {}
    return {**_without(app, _DEFAULTS), **keep_none}


def comparable(wanted: Mapping[str, Any], running: Mapping[str, Any]) -> tuple[Json, Json]:
    """Return what is wanted and what runs, both normal, without what Marathon chose itself.

    Marathon puts a service port in the place of 0, and its own role where none is given.
    """
    new, old = normal(wanted), normal(running)
    for key in ("role", "acceptedResourceRoles", "executor"):
        if key not in new:
            old.pop(key, None)
    if "portDefinitions" not in new and _is_one_port(old.get("portDefinitions")):
        old.pop("portDefinitions")
    _forget_chosen(new.get("portDefinitions"), old.get("portDefinitions"), "port")
    _forget_chosen(_mappings(new), _mappings(old), "servicePort")
    return new, old


def sendable(definition: Mapping[str, Any]) -> Json:
    """Return a definition as Marathon gave it without what it does not take back."""
    app = {key: value for key, value in definition.items() if key not in _READ_ONLY}
    for old, new in (("ports", "portDefinitions"), ("uris", "fetch")):
        if new in app:
            app.pop(old, None)
    return app


def _modernize(app: Json) -> None:
    ports = app.pop("ports", None)
    if isinstance(ports, list) and "portDefinitions" not in app:
        app["portDefinitions"] = [{"port": port} for port in ports]
    uris = app.pop("uris", None)
    if isinstance(uris, list) and "fetch" not in app:
        app["fetch"] = [{"uri": uri} for uri in uris]
    constraints = app.get("constraints")
    if isinstance(constraints, list):
        app["constraints"] = [_constraint(one) for one in constraints]


def _pruned(value: Any) -> Any:
    """Return a container's settings without the empty and false ones, which are all defaults."""
    if isinstance(value, dict):
        inner = {key: _pruned(one) for key, one in value.items()}
        return {key: one for key, one in inner.items() if one not in (None, "", [], {}, False)}
    return [_pruned(one) for one in value] if isinstance(value, list) else value


def _constraint(one: Any) -> Any:
    """Return a constraint with `@hostname`'s old name, as Marathon may answer with either."""
    if isinstance(one, list) and one and one[0] == "@hostname":
        return ["hostname", *one[1:]]
    return one


def _health_check(check: Any) -> Any:
    if not isinstance(check, dict):
        return check
    http = "HTTP" in str(check.get("protocol", "HTTP"))
    defaults = {**_HEALTH_CHECK, **(_HTTP_CHECK if http else {"portIndex": 0})}
    return _without({"protocol": "HTTP", **check}, defaults)


def _each(owner: Json, key: str, defaults: Json) -> None:
    entries = owner.get(key)
    if isinstance(entries, list):
        owner[key] = [_without(one, defaults) if isinstance(one, dict) else one for one in entries]


def _without(data: Mapping[str, Any], defaults: Json) -> Json:
    return {
        key: copy.deepcopy(value)
        for key, value in data.items()
        if value not in (None, "", [], {}) and not _same(value, defaults.get(key))
    }


def _same(value: object, default: object) -> bool:
    """Compare as JSON does: 1 and 1.0 are the same, 0 and false are not."""
    return value == default and isinstance(value, bool) == isinstance(default, bool)


def _is_one_port(ports: Any) -> bool:
    """Tell whether these are what Marathon makes of no port definitions: one, of its own choice."""
    return (
        isinstance(ports, list)
        and len(ports) == 1
        and set(ports[0]) <= {"port", "name"}
        and ports[0].get("name", "default") == "default"
    )


def _mappings(app: Json) -> Any:
    container = app.get("container")
    return container.get("portMappings") if isinstance(container, dict) else None


def _forget_chosen(wanted: Any, running: Any, key: str) -> None:
    if not (isinstance(wanted, Sequence) and isinstance(running, Sequence)):
        return
    for new, old in zip(wanted, running, strict=False):
        if isinstance(new, dict) and isinstance(old, dict):
            if key not in new:
                old.pop(key, None)
            if "name" not in new and old.get("name") == "default":
                old.pop("name")
