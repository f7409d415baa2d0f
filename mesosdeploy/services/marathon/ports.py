"""Service ports: the cluster-wide number at which the load balancer offers a port of an app."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator

from mesosdeploy.services.marathon.definition import App
from mesosdeploy.services.marathon.validation import Detail, InvalidError


def assign_service_ports(
    app: App,
    taken: Collection[int],
    *,
    previous: App | None = None,
    first: int = 10000,
    last: int = 20000,
) -> App:
    """Give each port 0 of `app` a service port that is neither `taken` nor named by it.

    Ports that `previous`, the version before, had assigned come first, so that an update keeps
    the app's addresses. With `require_ports`, 0 stands for any port of the agent and stays.

    Raises InvalidError when all ports from `first` to `last` are in use.
    """
    if app.require_ports:
        return app
    own = {definition.port for definition in app.port_definitions}
    kept = [definition.port for definition in previous.port_definitions] if previous else []
    old = [port for port in kept if first <= port <= last and port not in own]
    used = {*taken, *own, *old}
    free = iter((*old, *(port for port in range(first, last + 1) if port not in used)))
    definitions = tuple(
        definition if definition.port else dataclasses.replace(definition, port=_next(free, app))
        for definition in app.port_definitions
    )
    return dataclasses.replace(app, port_definitions=definitions)


def _next(free: Iterator[int], app: App) -> int:
    port = next(free, None)
    if port is None:
        raise InvalidError([Detail("/portDefinitions", (f"no service port is left for {app.id}",))])
    return port
