"""Ask every process of a cluster at once, within a deadline, and assemble what they say."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx
import tenacity

from mesosdeploy.mesos import services, zookeeper
from mesosdeploy.mesos.asking import Asked, Deadline, client, reason
from mesosdeploy.mesos.endpoints import Endpoint, Endpoints, Inventory, endpoints
from mesosdeploy.mesos.quantities import normalized
from mesosdeploy.mesos.views import AgentView, ClusterView, Domain, MasterView, ZooKeeperView

Listed = dict[str, Any]

_METRICS_SECONDS = 0.6
"""Mesos delays a second call of /metrics/snapshot within half a second."""


def observe(inventory: Inventory, *, timeout: float = 1.5) -> ClusterView:
    """Ask every process of the cluster at once and return what they said.

    Every call ends at the same deadline, `timeout` seconds from now; a process that was silent
    until then is unreachable in the view. Nothing is raised for a cluster that is down.
    """
    began, where = time.monotonic(), endpoints(inventory)
    deadline = Deadline.after(timeout)
    beside = list(services.readers(where))
    count = len(where.masters) + len(where.agents) + len(where.zookeepers) + len(beside)
    with client() as http, ThreadPoolExecutor(max_workers=max(1, min(count, 64))) as pool:

        def asked(endpoint: Endpoint) -> Asked:
            return Asked(client=http, endpoint=endpoint, deadline=deadline)

        servers = [pool.submit(zookeeper.read, one, timeout=timeout) for one in where.zookeepers]
        masters = [pool.submit(read_master, asked(one), where) for one in where.masters]
        agents = [pool.submit(read_agent, asked(one)) for one in where.agents]
        others = [pool.submit(read, asked(one)) for one, read in beside]
    answers = [future.result() for future in masters]
    view = assemble(
        where.cluster,
        answers,
        [future.result() for future in agents],
        [future.result() for future in servers],
        seconds=time.monotonic() - began,
    )
    return replace(view, services=tuple(future.result() for future in others))


def settle(inventory: Inventory, *, seconds: float, timeout: float = 1.5) -> ClusterView:
    """Observe until the cluster is healthy, at most for `seconds`; return the last view."""
    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_delay(seconds),
        wait=tenacity.wait_fixed(_METRICS_SECONDS),
        retry=tenacity.retry_if_result(lambda view: not view.healthy),
        retry_error_callback=lambda state: state.outcome and state.outcome.result(),
    )
    return retrying(observe, inventory, timeout=timeout)


def read_master(asked: Asked, where: Endpoints) -> tuple[MasterView, Listed]:
    """Return one master's view, and the agents that it lists by `address:port` if it leads.

    `/slaves` tells two things at once: the leader answers it, others redirect to the leader that
    they know, or answer 503 when they know none. `/metrics/snapshot` is asked once: Mesos
    delays more than two calls in a second.
    """
    place = asked.endpoint
    view = MasterView(node=place.node, address=place.address, port=place.port)
    try:
        view = replace(
            view, healthy=asked.get("/health").status_code == httpx.codes.OK, reachable=True
        )
        view = replace(view, version=str(asked.json("/version")["version"]))
        flags = asked.json("/flags")["flags"]
        view = replace(view, quorum=_number(flags.get("quorum")), domain=_flag(flags.get("domain")))
        view = _with_metrics(view, asked.json("/metrics/snapshot", timeout="1secs"))
        listing = asked.get("/slaves")
        return _with_leader(view, listing, where), _listed(listing)
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as exc:
        return replace(view, error=reason(exc, place)), {}


def _with_metrics(view: MasterView, metrics: Listed) -> MasterView:
    recovered = metrics.get("registrar/log/recovered")
    return replace(
        view,
        is_leader=metrics.get("master/elected") == 1,
        ensemble_size=_number(metrics.get("registrar/log/ensemble_size")),
        log_recovered=None if recovered is None else recovered == 1,
        uptime=metrics.get("master/uptime_secs"),
    )


def _with_leader(view: MasterView, listing: httpx.Response, where: Endpoints) -> MasterView:
    if listing.status_code == httpx.codes.OK:
        return replace(view, leader=view.node)
    if listing.status_code == httpx.codes.TEMPORARY_REDIRECT:
        return replace(view, leader=where.named(listing.headers["location"]))
    return view


def _listed(listing: httpx.Response) -> Listed:
    if listing.status_code != httpx.codes.OK:
        return {}
    return {entry["pid"].partition("@")[2]: entry for entry in listing.json()["slaves"]}


def read_agent(asked: Asked) -> AgentView:
    """Return what one agent says of itself; whether it is registered, only the leader knows."""
    place = asked.endpoint
    view = AgentView(node=place.node, address=place.address, port=place.port)
    try:
        state = asked.json("/state")
    except (httpx.HTTPError, ValueError) as exc:
        return replace(view, error=reason(exc, place))
    return replace(
        view,
        reachable=True,
        id=state.get("id") or None,
        version=state.get("version"),
        resources=normalized(state.get("resources", {})),
        attributes=state.get("attributes", {}),
        domain=_domain(state),
    )


def assemble(
    cluster: str,
    masters: list[tuple[MasterView, Listed]],
    agents: list[AgentView],
    zookeepers: list[ZooKeeperView],
    *,
    seconds: float,
) -> ClusterView:
    """Join the answers: an agent is registered if the one elected master lists it."""
    elected = [listed for view, listed in masters if view.is_leader]
    listed = elected[0] if len(elected) == 1 else None
    return ClusterView(
        cluster=cluster,
        masters=tuple(view for view, _ in masters),
        agents=tuple(_registered(agent, listed) for agent in agents),
        zookeepers=tuple(zookeepers),
        seconds=seconds,
    )


def _registered(agent: AgentView, listed: Listed | None) -> AgentView:
    if listed is None:
        return agent
    entry = listed.get(f"{agent.address}:{agent.port}")
    if entry is None:
        return replace(agent, registered=False, active=False)
    return replace(
        agent,
        registered=True,
        active=bool(entry.get("active")) and not entry.get("deactivated"),
        id=entry["id"],
        version=agent.version or entry.get("version"),
        resources=agent.resources or normalized(entry.get("resources", {})),
        used=normalized(entry.get("used_resources", {})),
        attributes=agent.attributes or entry.get("attributes", {}),
        domain=_domain(entry) if "domain" in entry else agent.domain,
    )


def _domain(described: Listed) -> Domain | None:
    """Return the fault domain in the description of an agent or in the value of the flag."""
    found = (described.get("domain") or {}).get("fault_domain")
    return Domain(region=found["region"]["name"], zone=found["zone"]["name"]) if found else None


def _flag(text: str | None) -> Domain | None:
    """Read the flag `domain`; one that names a file tells nothing."""
    return _domain({"domain": json.loads(text)}) if text and text.startswith("{") else None


def _number(value: Any) -> int | None:
    return None if value is None else int(value)
