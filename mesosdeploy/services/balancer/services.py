"""Turns the apps of GET /v2/apps?embed=apps.tasks into services with the servers in rotation."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from typing import Final

from mesosdeploy.services.balancer import labels as labels_of
from mesosdeploy.services.balancer.model import (
    Json,
    Labels,
    Problem,
    Server,
    Service,
    Surroundings,
)
from mesosdeploy.services.balancer.options import Options

ANY_GROUP: Final = "*"
_APP_ID: Final = re.compile(r"(?=.{2,255}\Z)(/[a-z0-9.-]+)+")
_TASK_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,255}")
_HTTP_CHECKS: Final = ("HTTP", "MESOS_HTTP")


def find(
    apps: Sequence[Json], options: Options, surroundings: Surroundings
) -> Iterator[Service | Problem]:
    """Yield the services of the apps by id and port index; one that is odd harms no other."""
    for app in sorted(apps, key=lambda each: str(each.get("id", ""))):
        shown = _shown(app.get("id", ""))
        try:
            yield from list(_read(app, shown, options, surroundings))
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as exc:
            text = f"Marathon's description of it cannot be read: {type(exc).__name__} {exc}"
            yield Problem(app=shown, port_index=None, text=text)


def hosts(apps: Sequence[Json]) -> frozenset[str]:
    """Return the host names of the apps' tasks that are no IP addresses and must be resolved."""
    named = (str(task.get("host", "")) for app in apps for task in app.get("tasks") or [])
    return frozenset(host for host in named if host and not _is_address(host))


def in_rotation(app: Json, task: Json) -> bool:
    """Tell whether an instance may get requests: it runs, and passes its health checks if any.

    TASK_KILLING and TASK_UNREACHABLE are other states than TASK_RUNNING; an instance that has
    health checks and no result yet has not passed them.
    """
    if task.get("state") != "TASK_RUNNING":
        return False
    results = task.get("healthCheckResults") or []
    return not app.get("healthChecks") or (
        bool(results) and all(each.get("alive") for each in results)
    )


def _read(
    app: Json, shown: str, options: Options, surroundings: Surroundings
) -> Iterator[Service | Problem]:
    labels, ports = app.get("labels") or {}, _service_ports(app)
    given = labels.get("HAPROXY_GROUP")
    try:
        groups = labels_of.groups(given) if given is not None else ()
    except ValueError as exc:
        yield Problem(app=shown, port_index=None, text=f"HAPROXY_GROUP {_shown(given)} {exc}")
        return
    for index, port in enumerate(ports):
        values, wrong = labels_of.read(labels, index)
        if not values.enabled or not _is_ours(values.groups or groups, options):
            continue
        if not _APP_ID.fullmatch(str(app["id"])):
            wrong = ("the id of the app cannot be the name of a back end",)
        yield from (Problem(app=shown, port_index=index, text=text) for text in wrong)
        if not wrong:
            yield from _with_servers(app, index, port, values, surroundings=surroundings)
    if _is_ours(groups, options):
        for index in sorted(labels_of.indices(labels) - set(range(len(ports)))):
            text = f"HAPROXY_{index}_… is about a port that the app does not have"
            yield Problem(app=shown, port_index=index, text=text)


def _is_ours(groups: Sequence[str], options: Options) -> bool:
    return ANY_GROUP in options.groups or bool(set(groups) & set(options.groups))


def _with_servers(
    app: Json, index: int, port: int, labels: Labels, *, surroundings: Surroundings
) -> Iterator[Service | Problem]:
    servers: dict[str, Server] = {}
    for task in app.get("tasks") or []:
        if not in_rotation(app, task):
            continue
        name, host, number = str(task["id"]), *_endpoint(app, task, index)
        address = host if _is_address(host) else surroundings.addresses.get(host, "")
        if not address or not _TASK_ID.fullmatch(name) or not 0 < number < 65536:
            text = f"task {_shown(name)} at {_shown(host)}:{number} cannot be reached"
            yield Problem(app=str(app["id"]), port_index=index, text=text)
            continue
        servers[name] = Server(name=name, address=address, port=number)
    path, problem = _check_path(app, index)
    if problem:
        yield Problem(app=str(app["id"]), port_index=index, text=problem)
    yield Service(
        app=str(app["id"]),
        index=index,
        port=labels.port or port or None,
        labels=labels,
        check_path=path,
        servers=tuple(servers[name] for name in sorted(servers)),
    )


def _service_ports(app: Json) -> list[int]:
    """Return the service port of each port index; 0 where Marathon assigned none."""
    mappings = _mappings(app)
    if mappings:
        return [int(each.get("servicePort") or 0) for each in mappings]
    definitions = app.get("portDefinitions") or []
    ports = [each.get("port") for each in definitions] if definitions else app.get("ports") or []
    return [int(port or 0) for port in ports]


def _mappings(app: Json) -> list[Json]:
    return (app.get("container") or {}).get("portMappings") or []


def _endpoint(app: Json, task: Json, index: int) -> tuple[str, int]:
    """Return host and port of one port of an instance.

    In a network of containers that is the container's own address; else (host, bridge) a port of
    the agent.
    """
    networks = app.get("networks") or [{}]
    mappings = _mappings(app)
    if networks[0].get("mode") == "container" and mappings:
        address = task["ipAddresses"][0]["ipAddress"]
        return str(address), int(mappings[index]["containerPort"])
    return str(task["host"]), int(task["ports"][index])


def _check_path(app: Json, index: int) -> tuple[str, str]:
    """Return the path that HAProxy asks of this port, as the app's health check does; or why not.

    A check with a `port` of its own is about that port, not about one that is balanced.
    """
    for check in app.get("healthChecks") or []:
        if check.get("port") or check.get("protocol") not in _HTTP_CHECKS:
            continue
        if check.get("portIndex", 0) == index:
            path = str(check.get("path") or "/")
            if labels_of.is_check_path(path):
                return path, ""
            return (
                "",
                f"HAProxy only connects: it cannot ask the health check's path {_shown(path)}",
            )
    return "", ""


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _shown(value: object) -> str:
    """Return what a user wrote so that it fits into one line of a log."""
    return ascii(str(value)[:80])[1:-1]
