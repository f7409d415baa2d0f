"""The Mesos task of one instance, as v1 JSON: command, discovery, health check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mesosdeploy.services.marathon.definition import App, HealthCheck
from mesosdeploy.services.marathon.environment import task_environment
from mesosdeploy.services.marathon.identity import discovery_name, new_task_id
from mesosdeploy.services.marathon.matching import Placement

__all__ = ["new_task_id", "task_info"]

Json = dict[str, Any]

_NEVER = 2**32 - 1  # the largest count that Mesos' message holds


def task_info(app: App, placement: Placement, *, task_id: str, offer: Json) -> Json:
    """Return the TaskInfo that launches `app` with what `placement` took from `offer`.

    Mesos runs one health check per task: the app's first.
    """
    name = discovery_name(app.id)
    info: Json = {
        "name": name,
        "task_id": {"value": task_id},
        "agent_id": offer["agent_id"],
        "resources": placement.resources,
        "command": _command(
            app,
            task_environment(app, task_id=task_id, host=placement.host, ports=placement.ports),
        ),
        "labels": _labels(app.labels),
        "discovery": {
            "visibility": "FRAMEWORK",
            "name": name,
            "ports": {"ports": _discovery_ports(app, placement.ports)},
        },
    }
    if app.health_checks:
        info["health_check"] = _health_check(app.health_checks[0], placement.ports)
    if app.task_kill_grace_period_seconds is not None:
        grace = int(app.task_kill_grace_period_seconds * 1_000_000_000)
        info["kill_policy"] = {"grace_period": {"nanoseconds": grace}}
    return info


def _command(app: App, environment: dict[str, str]) -> Json:
    command: Json = {
        "environment": {
            "variables": [
                {"name": name, "type": "VALUE", "value": value}
                for name, value in environment.items()
            ]
        },
        "uris": [
            {
                "value": fetch.uri,
                "extract": fetch.extract,
                "executable": fetch.executable,
                "cache": fetch.cache,
                **({} if fetch.dest_path is None else {"output_file": fetch.dest_path}),
            }
            for fetch in app.fetch
        ],
    }
    if app.user is not None:
        command["user"] = app.user
    if app.args:
        return {**command, "shell": False, "value": app.args[0], "arguments": list(app.args)}
    return {**command, "shell": True, "value": app.cmd}


def _labels(labels: Mapping[str, str]) -> Json:
    return {"labels": [{"key": key, "value": value} for key, value in labels.items()]}


def _discovery_ports(app: App, ports: Sequence[int]) -> list[Json]:
    """Tell each port once per protocol, as Mesos-DNS makes one SRV record of each."""
    return [
        {
            "number": port,
            "protocol": protocol,
            **({} if definition.name is None else {"name": definition.name}),
            "labels": _labels(definition.labels),
        }
        for definition, port in zip(app.port_definitions, ports, strict=True)
        for protocol in definition.protocol.split(",")
    ]


def _health_check(check: HealthCheck, ports: Sequence[int]) -> Json:
    native = check.protocol == "COMMAND" or check.protocol.startswith("MESOS_")
    failures = check.max_consecutive_failures
    result: Json = {
        "delay_seconds": float(check.delay_seconds),
        "interval_seconds": float(check.interval_seconds),
        "timeout_seconds": float(check.timeout_seconds),
        "grace_period_seconds": float(check.grace_period_seconds),
        # 0 means "never" in Marathon's own checks, but "at once" to Mesos.
        "consecutive_failures": failures if failures or native else _NEVER,
    }
    if check.protocol == "COMMAND":
        command = {"shell": True, "value": check.command}
        return {**result, "type": "COMMAND", "command": command}
    asked: Json = {"port": ports[check.port_index or 0] if check.port is None else check.port}
    scheme = check.protocol.removeprefix("MESOS_").lower()
    if scheme == "tcp":
        return {**result, "type": "TCP", "tcp": asked}
    asked |= {"scheme": scheme, **({} if check.path is None else {"path": check.path})}
    return {**result, "type": "HTTP", "http": asked}
