"""`app`: the Marathon that is meant, and the questions that every subcommand asks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import Any

from mesosdeploy.errors import StateError, UsageError
from mesosdeploy.marathon.client import PORT, Client, Server, credentials, server_at
from mesosdeploy.marathon.definitions import absolute
from mesosdeploy.marathon.failures import NotFoundError
from mesosdeploy.marathon.views import Address, AppView, Waiting, app_view, waiting
from mesosdeploy.mesos.endpoints import AGENT_PORT, cluster_variables, endpoints
from mesosdeploy.spec.problems import did_you_mean
from mesosdeploy.workflow import way
from mesosdeploy.workflow.environment import Environment

_MOST_NAMED = 20


@dataclass(frozen=True, kw_only=True)
class Target:
    """A Marathon, and what is known of the cluster around it.

    `name` is the cluster's, or the URL's host; `agents` maps every name and address of an agent
    to its base URL; `balancers` are the addresses of load balancers; `option` is what names this
    target again on a command line.
    """

    name: str
    client: Client
    option: str
    flavour: str = "official"
    agents: Mapping[str, str] = field(default_factory=dict)
    balancers: tuple[str, ...] = ()

    def agent_url(self, host: str) -> str:
        """Return where the agent of a host listens; a host that is not known is taken as it is."""
        return self.agents.get(host, f"http://{host}:{AGENT_PORT}")


@contextmanager
def opened(inventory: Path, url: str | None) -> Iterator[Target]:
    """Open the Marathon at `url`, else that of the inventory's cluster.

    Raises StateError when the cluster is not up or has no Marathon, UsageError for a bad URL or
    bad credentials.
    """
    login = credentials()
    if url:
        server = server_at(url)
        with Client([server], login=login) as client:
            yield Target(name=server.name, client=client, option=f" --url {quote(server.url)}")
        return
    environment = Environment.load(inventory)
    known = way.inventory(environment)
    with Client(servers_of(known, environment.source), login=login) as client:
        yield Target(
            name=environment.spec.name,
            client=client,
            option=f" -i {quote(str(inventory))}",
            flavour=str(cluster_variables(known).get("mesosdeploy_marathon_flavour", "official")),
            agents=_agents(known),
            balancers=balancers_of(known),
        )


def servers_of(inventory: Mapping[str, Any], source: Path) -> list[Server]:
    """Return the Marathon servers of an inventory; StateError when it has none."""
    found = cluster_variables(inventory).get("mesosdeploy_marathon_servers") or ()
    if not found:
        raise StateError(
            f"the cluster of {source} was made without Marathon",
            hint=f"install it: mesosdeploy up -i {quote(str(source))}; or name one with --url",
        )
    return [Server(name=one["name"], url=f"http://{one['address']}:{PORT}") for one in found]


def balancers_of(inventory: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the addresses of the cluster's load balancers."""
    found = cluster_variables(inventory).get("mesosdeploy_balancers") or ()
    return tuple(str(one["address"]) for one in found)


def _agents(inventory: Mapping[str, Any]) -> dict[str, str]:
    where = endpoints(inventory)
    by_node = {agent.node: agent.url for agent in where.agents}
    return {name: by_node[node] for name, node in where.names.items() if node in by_node}


def find(target: Target, app_id: str) -> AppView:
    """Return the app of this id; UsageError that names those that exist when there is none."""
    wanted = absolute(app_id)
    try:
        return app_view(target.client.app(wanted))
    except NotFoundError as exc:
        ids = [view.id for view in listing(target)]
        listed = f"apps: {', '.join(ids[:_MOST_NAMED])}" if ids else "no app runs"
        raise UsageError(
            f"{target.name} has no app {wanted}",
            hint=did_you_mean(wanted, ids, otherwise=listed),
        ) from exc


def listing(target: Target) -> list[AppView]:
    """Return all apps in the order of their ids."""
    return sorted(map(app_view, target.client.apps()), key=lambda view: view.id)


def waits(target: Target, app_id: str) -> Waiting | None:
    """Return why instances of an app wait to be launched; None when none does."""
    return waiting(target.client.queue()).get(app_id)


def addresses(target: Target, view: AppView) -> list[Address]:
    """Return where an app is reached from outside: through the first balancer, by its labels."""
    labels = view.definition.get("labels") or {}
    if not (target.balancers and labels.get("HAPROXY_GROUP")):
        return []
    balancer = target.balancers[0]
    found = []
    for index, port in enumerate(_service_ports(view)):
        vhosts = labels.get(f"HAPROXY_{index}_VHOST", "")
        path = labels.get(f"HAPROXY_{index}_PATH", "")
        given = labels.get(f"HAPROXY_{index}_PORT", port)
        if vhosts:
            names = [name.strip() for name in vhosts.split(",")]
            found += [Address(url=f"http://{name}{path}", through=balancer) for name in names]
        elif given:
            scheme = "tcp" if labels.get(f"HAPROXY_{index}_MODE") == "tcp" else "http"
            found.append(Address(url=f"{scheme}://{balancer}:{given}"))
    return found


def _service_ports(view: AppView) -> list[int]:
    container = view.definition.get("container") or {}
    mapped = [one.get("servicePort", 0) for one in container.get("portMappings") or ()]
    return mapped or [one.get("port", 0) for one in view.definition.get("portDefinitions") or ()]


def complete(app_id: str, inventory: Path, url: str | None) -> list[str]:
    """Return the ids that begin like `app_id`, with or without the slash in front."""
    with opened(inventory, url) as target:
        ids = [view.id for view in listing(target)]
    if app_id.startswith("/"):
        return [each for each in ids if each.startswith(app_id)]
    return [each[1:] for each in ids if each[1:].startswith(app_id)]
