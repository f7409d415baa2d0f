"""Says how the running HAProxy gets from one configuration to the next; pure.

Instances come and go far more often than services. A reload starts another worker process, and
the one before it goes on, with the servers it knows, until its last connection is closed: a client
that keeps a connection open through a whole rolling upgrade would meet only servers that are gone.
So where nothing but servers changed, the worker is told so through HAProxy's runtime API, and no
process is replaced. The file says the same in any case: it counts for the next start.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from mesosdeploy.services.balancer.model import Rendered, Server, Service
from mesosdeploy.services.balancer.render import server_line

# management.txt of HAProxy 2.6, "add server": only a backend with a dynamic algorithm takes one.
_DYNAMIC: Final = frozenset({"roundrobin", "leastconn", "random", "first"})


@dataclass(frozen=True, kw_only=True)
class Running:
    """What the worker process holds: a configuration, and servers of it in maintenance.

    `retired` are `backend/server` names; the worker keeps a server that was taken out until it is
    deleted, which it refuses while connections to it are open.
    """

    rendered: Rendered
    retired: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, kw_only=True)
class Update:
    """Commands for the worker, in order, and which servers are retired after them."""

    commands: tuple[str, ...]
    retired: frozenset[str]


def update(running: Running, wanted: Rendered) -> Update | None:
    """Return the commands that make the worker hold `wanted`; None when it takes a reload."""
    if running.rendered.skeleton != wanted.skeleton:
        return None
    old, new = _by_name(running.rendered), _by_name(wanted)
    joining = {name: pair for name, pair in new.items() if name not in old}
    leaving = {name: pair for name, pair in old.items() if name not in new}
    moved = any(old[name][1] != server for name, (_, server) in new.items() if name in old)
    touched = [service for service, _ in (*joining.values(), *leaving.values())]
    if moved or not all(_takes_commands(service) for service in touched):
        return None
    # Those that join come first, so that no moment has fewer servers than before and after.
    commands = [
        command
        for name, (service, server) in joining.items()
        for command in _join(name, service, server, known=name in running.retired)
    ]
    commands += [f"disable server {name}" for name in leaving]
    return Update(
        commands=tuple(commands), retired=(running.retired - joining.keys()) | leaving.keys()
    )


def _by_name(rendered: Rendered) -> dict[str, tuple[Service, Server]]:
    return {
        f"{service.name}/{server.name}": (service, server)
        for service in rendered.services
        for server in service.servers
    }


def _takes_commands(service: Service) -> bool:
    """Tell whether its servers can change at run time: `add server` knows no cookie in 2.6."""
    return service.labels.balance in _DYNAMIC and not service.labels.sticky


def _join(name: str, service: Service, server: Server, *, known: bool) -> Iterator[str]:
    if not known:
        yield f"add server {name} {server_line(service, server)}"
        yield f"enable health {name}"
    yield f"enable server {name}"
