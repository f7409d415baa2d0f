"""`open`: where the pages of a cluster are, the leader's where one leads."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from mesosdeploy.errors import DeployError, StateError
from mesosdeploy.mesos.asking import Asked, Deadline, client
from mesosdeploy.mesos.endpoints import (
    Endpoint,
    Endpoints,
    Inventory,
    address_of,
    cluster_variables,
    endpoints,
    hops,
    hosts_of,
)
from mesosdeploy.mesos.operator import read_master
from mesosdeploy.mesos.services import read_marathon, read_plain
from mesosdeploy.monitoring.places import ALERTMANAGER, PROMETHEUS
from mesosdeploy.nodes import NodeRole
from mesosdeploy.spec.ports import SERVICES

_SECONDS = 1.5


class Page(StrEnum):
    """A page that people look at, by the word that opens it."""

    MESOS = "mesos"
    MARATHON = "marathon"
    LB = "lb"
    DASHBOARDS = "dashboards"
    PROMETHEUS = "prometheus"
    ALERTS = "alerts"
    GRAFANA = "grafana"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a page is; `problem` says why it may not open.

    Where only SSH leads to the nodes, `forward` is the command that brings the page to this
    computer, and `local_url` where it then is.
    """

    page: Page
    what: str
    node: str
    url: str
    problem: str = ""
    forward: str = ""
    local_url: str = ""


@dataclass(frozen=True, kw_only=True)
class _Found:
    """A process that could show a page: whether it should, and what is wrong with it."""

    endpoint: Endpoint
    fits: bool
    problem: str = ""


Probe = Callable[[Asked], _Found]


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """How a page is found: its processes, how one is asked, and the path below its address."""

    what: str
    servers: Sequence[Endpoint]
    probe: Probe
    path: str = "/"
    nobody: str = "none of them answers"


def _plain(kind: str, path: str) -> Probe:
    def probe(asked: Asked) -> _Found:
        seen = read_plain(asked, kind, path)
        return _Found(endpoint=asked.endpoint, fits=seen.reachable, problem=seen.error)

    return probe


def _master(where: Endpoints) -> Probe:
    def probe(asked: Asked) -> _Found:
        seen, _ = read_master(asked, where)
        return _Found(endpoint=asked.endpoint, fits=seen.is_leader, problem=seen.error)

    return probe


def _marathon(where: Endpoints) -> Probe:
    def probe(asked: Asked) -> _Found:
        seen = read_marathon(asked, where)
        # One that wants credentials names no leader; its own page asks for them.
        leads = seen.reachable and not seen.error and seen.leader in {None, seen.node}
        return _Found(endpoint=asked.endpoint, fits=leads, problem=seen.error)

    return probe


def _kinds(inventory: Inventory) -> dict[Page, _Kind]:
    """Return the kinds of pages that the cluster has."""
    kinds = {**_of_mesos(inventory), **_of_monitoring(inventory)}
    return {page: kinds[page] for page in Page if kinds[page].servers}


def _of_mesos(inventory: Inventory) -> dict[Page, _Kind]:
    where, known = endpoints(inventory), cluster_variables(inventory)
    # The flavours `lab` have an API and no page: what tells most of it stands in.
    bare = [known.get(f"mesosdeploy_{name}_flavour") == "lab" for name in ("mesos", "marathon")]
    return {
        Page.MESOS: _Kind(
            what="the leading Mesos master",
            servers=where.masters,
            probe=_master(where),
            path="/state-summary" if bare[0] else "/",
            nobody="no master leads",
        ),
        Page.MARATHON: _Kind(
            what="the leading Marathon",
            servers=where.marathons,
            probe=_marathon(where),
            path="/v2/apps" if bare[1] else "/ui/",
            nobody="no Marathon leads",
        ),
        Page.LB: _Kind(
            what="statistics of the load balancer",
            servers=where.balancers,
            probe=_plain("HAProxy", "/_haproxy_health_check"),
            path="/stats",
        ),
    }


def _of_monitoring(inventory: Inventory) -> dict[Page, _Kind]:
    prometheus = PROMETHEUS.endpoints(inventory)
    grafanas = tuple(
        Endpoint(
            node=host, address=address_of(inventory, host), port=SERVICES[NodeRole.GRAFANA][0].port
        )
        for host in hosts_of(inventory, NodeRole.GRAFANA)
    )
    ready = _plain(PROMETHEUS.name, PROMETHEUS.ready)
    return {
        Page.DASHBOARDS: _Kind(
            what="dashboards", servers=prometheus, probe=ready, path="/consoles/index.html"
        ),
        Page.PROMETHEUS: _Kind(what="Prometheus", servers=prometheus, probe=ready),
        Page.ALERTS: _Kind(
            what="alerts and silences",
            servers=ALERTMANAGER.endpoints(inventory),
            probe=_plain(ALERTMANAGER.name, ALERTMANAGER.ready),
        ),
        Page.GRAFANA: _Kind(
            what="Grafana", servers=grafanas, probe=_plain("Grafana", "/api/health")
        ),
    }


def places(inventory: Inventory) -> list[Place]:
    """Return where each page is that the cluster has, asking all of them within 1.5 s."""
    kinds = _kinds(inventory)
    with ThreadPoolExecutor(max_workers=max(1, len(kinds))) as pool:
        return list(pool.map(lambda page: _place(page, kinds[page]), kinds))


def forwarded(place: Place, inventory: Inventory, ssh_config: Path) -> Place:
    """Return the place with the way to it, where only SSH leads to the nodes."""
    if not hops(inventory):
        return place
    parts = urlsplit(place.url)
    # Without a shared connection: that would keep the port open after the command has ended.
    command = [*("ssh", "-F", str(ssh_config), "-S", "none", "-N")]
    command += ["-L", f"{parts.port}:{parts.netloc}", place.node]
    local = parts._replace(netloc=f"localhost:{parts.port}").geturl()
    return replace(place, forward=shlex.join(command), local_url=local)


def find(inventory: Inventory, page: Page) -> Place:
    """Return where one page is.

    Raises StateError when the cluster has no such page, DeployError when nobody shows it now.
    """
    kinds = _kinds(inventory)
    if page not in kinds:
        raise StateError(
            f"the cluster has no page {str(page)!r}",
            hint=f"it has: {', '.join(kinds)}",
        )
    place = _place(page, kinds[page])
    if place.problem:
        raise DeployError(
            f"{place.what}: {place.problem}", hint="mesosdeploy status shows what answers"
        )
    return place


def _place(page: Page, kind: _Kind) -> Place:
    """Return the first process that should show the page, else the first with its problem."""
    deadline = Deadline.after(_SECONDS)
    with client() as http, ThreadPoolExecutor(max_workers=len(kind.servers)) as pool:
        asked = [Asked(client=http, endpoint=one, deadline=deadline) for one in kind.servers]
        found = list(pool.map(kind.probe, asked))
    chosen = next((one for one in found if one.fits), None)
    problem = ""
    if chosen is None:
        chosen = found[0]
        said = "; ".join(one.problem for one in found if one.problem)
        problem = f"{kind.nobody}: {said}" if said else kind.nobody
    return Place(
        page=page,
        what=kind.what,
        node=chosen.endpoint.node,
        url=f"{chosen.endpoint.url}{kind.path}",
        problem=problem,
    )
