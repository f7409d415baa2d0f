"""Decides between services that want the same, and refuses what contradicts itself; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from mesosdeploy.services.balancer.model import Problem, Service, Surroundings
from mesosdeploy.services.balancer.options import Options


@dataclass(frozen=True, kw_only=True)
class Route:
    """Requests for a host, below a path unless that is empty, go to a service's back end."""

    host: str
    path: str
    service: Service


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What can be served: no port and no route occurs twice; routes are in the order they apply."""

    services: tuple[Service, ...]
    routes: tuple[Route, ...]
    problems: tuple[Problem, ...]


def settle(services: Iterable[Service], options: Options, surroundings: Surroundings) -> Settled:
    """Return the services with the ports and routes that they get; the first by id wins."""
    problems: list[Problem] = []
    owners: dict[int, Service] = {}
    kept: list[Service] = []
    for service in services:
        wrong = _contradiction(service)
        if wrong:
            problems.append(_problem(service, wrong))
            continue
        wrong = _unusable(service, owners, options, surroundings)
        if wrong:
            problems.append(_problem(service, wrong))
            if not service.labels.vhosts:
                continue
            service = replace(service, port=None)  # noqa: PLW2901 - the same service with less
        if service.port is not None:
            owners[service.port] = service
        kept.append(service)
    routes, twice = _routes(kept)
    return Settled(services=tuple(kept), routes=routes, problems=(*problems, *twice))


_HTTP_ONLY: Final = {
    "VHOST": "vhosts",
    "PATH": "paths",
    "STICKY": "sticky",
    "REDIRECT_TO_HTTPS": "redirect_to_https",
    "HTTP_BACKEND_PROXYPASS_PATH": "proxypass_path",
    "HTTP_BACKEND_REDIR": "redirect_path",
}


def _contradiction(service: Service) -> str:
    labels = service.labels
    if service.mode == "tcp":
        only = [name for name, field in _HTTP_ONLY.items() if getattr(labels, field)]
        if only:
            return f"{', '.join(only)} needs HAPROXY_{service.index}_MODE http"
        if labels.balance == "uri" or labels.balance.startswith("hdr("):
            return f"BALANCE {labels.balance} needs HAPROXY_{service.index}_MODE http"
    if labels.paths and not labels.vhosts:
        return f"PATH needs HAPROXY_{service.index}_VHOST"
    if labels.redirect_to_https and not labels.vhosts:
        return f"REDIRECT_TO_HTTPS needs HAPROXY_{service.index}_VHOST"
    return ""


def _unusable(
    service: Service, owners: Mapping[int, Service], options: Options, around: Surroundings
) -> str:
    """Return why the service cannot have its port; empty when it can, or needs none."""
    port = service.port
    if port is None:
        return (
            ""
            if service.labels.vhosts
            else f"it has no service port: set HAPROXY_{service.index}_PORT"
        )
    if not options.first_port <= port <= options.last_port:
        return f"port {port} is not within {options.first_port} to {options.last_port}"
    if port in (
        *options.reserved_ports,
        options.http_port,
        options.https_port,
        options.listen_port,
    ):
        return f"port {port} is reserved on the balancer"
    if port in owners:
        first = owners[port]
        return f"port {port} belongs to {first.app} port {first.index}"
    if port in around.taken_ports:
        return f"port {port} is taken by another process of the balancer's machine"
    return ""


def _routes(services: Iterable[Service]) -> tuple[tuple[Route, ...], list[Problem]]:
    """Return routes by weight and length of path, larger ones first, and who came too late."""
    wanted = [
        Route(host=host, path=path, service=service)
        for service in services
        for host in service.labels.vhosts
        for path in service.labels.paths or ("",)
    ]
    wanted.sort(key=lambda r: (-r.service.weight, -len(r.path), r.host, r.path, r.service.name))
    routes: dict[tuple[str, str], Route] = {}
    problems: list[Problem] = []
    for route in wanted:
        first = routes.setdefault((route.host, route.path), route)
        if first is not route:
            owner = f"{first.service.app} port {first.service.index}"
            text = f"{route.host}{route.path} belongs to {owner}"
            problems.append(_problem(route.service, text))
    return tuple(routes.values()), problems


def _problem(service: Service, text: str) -> Problem:
    return Problem(app=service.app, port_index=service.index, text=text)
