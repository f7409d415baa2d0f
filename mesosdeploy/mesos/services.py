"""Ask the processes beside Mesos how they are: Marathon, HAProxy and Mesos-DNS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx

from mesosdeploy.mesos.asking import Asked, reason
from mesosdeploy.mesos.endpoints import Endpoint, Endpoints
from mesosdeploy.mesos.views import ServiceView

Reader = Callable[[Asked], ServiceView]

_NEEDS_CREDENTIALS = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)
_BALANCER_PATH = "/_haproxy_health_check"
_DNS_PATH = "/v1/version"


def readers(where: Endpoints) -> Iterator[tuple[Endpoint, Reader]]:
    """Yield each process with the function that asks it; `where` says which there are."""
    for one in where.marathons:
        yield one, lambda asked: read_marathon(asked, where)
    for one in where.balancers:
        yield one, lambda asked: read_plain(asked, "HAProxy", _BALANCER_PATH)
    for one in where.name_servers:
        yield one, lambda asked: read_plain(asked, "Mesos-DNS", _DNS_PATH)


def read_marathon(asked: Asked, where: Endpoints) -> ServiceView:
    """Return what one Marathon says; its leader stays unknown where it wants credentials."""
    view = read_plain(asked, "Marathon", "/ping")
    if not view.reachable:
        return view
    try:
        answer = asked.get("/v2/leader")
        if answer.status_code in _NEEDS_CREDENTIALS:
            return view
        if answer.status_code != httpx.codes.OK:
            return replace(view, error=f"knows no leader ({answer.status_code})")
        return replace(view, leader=where.named(str(answer.json()["leader"])))
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as exc:
        return replace(view, error=reason(exc, asked.endpoint))


def read_plain(asked: Asked, kind: str, path: str) -> ServiceView:
    """Return whether a process answers `GET path` with 200, or wants credentials for it."""
    place = asked.endpoint
    view = ServiceView(node=place.node, address=place.address, port=place.port, kind=kind)
    try:
        status = asked.get(path).status_code
    except httpx.HTTPError as exc:
        return replace(view, error=reason(exc, place))
    if status in (httpx.codes.OK, *_NEEDS_CREDENTIALS):
        return replace(view, reachable=True)
    return replace(view, error=f"{place.url}{path} answered {status}")
