"""What the balancer makes of Marathon's apps: services with their servers, and problems."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
Mode = Literal["http", "tcp"]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why a part of an app is not balanced; `port_index` is None where it is about the app."""

    app: str
    port_index: int | None
    text: str

    def __str__(self) -> str:
        """Return the problem as a line for the log."""
        place = "" if self.port_index is None else f" port {self.port_index}"
        return f"{self.app}{place}: {self.text}"


@dataclass(frozen=True, kw_only=True)
class Server:
    """An instance in rotation: `name` is its task, `address` an IP address."""

    name: str
    address: str
    port: int

    @property
    def endpoint(self) -> str:
        """Return address and port as HAProxy reads them."""
        return f"{f'[{self.address}]' if ':' in self.address else self.address}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class Labels:
    """The values of one port's HAPROXY_n_ labels, all of them valid."""

    vhosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    port: int | None = None
    mode: Mode | None = None
    balance: str = "roundrobin"
    sticky: bool = False
    redirect_to_https: bool = False
    enabled: bool = True
    proxypass_path: str = ""
    redirect_path: str = ""
    backend_weight: int | None = None
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Service:
    """One port of an app: one back end, reached by host names, by a port of its own, or both.

    `port` is None where no front end listens for it; `check_path` is empty where a connection is
    check enough.
    """

    app: str
    index: int
    port: int | None
    labels: Labels
    check_path: str = ""
    servers: tuple[Server, ...] = ()

    @property
    def name(self) -> str:
        """Return the name of the back end: `/shop/web` port 0 is `shop_web_0`.

        It is unique: an id holds no underscore.
        """
        return f"{self.app[1:].replace('/', '_')}_{self.index}"

    @property
    def mode(self) -> Mode:
        """Return the mode; without a label, a service with a host name is http (marathon-lb)."""
        return self.labels.mode or ("http" if self.labels.vhosts else "tcp")

    @property
    def weight(self) -> int:
        """Return what orders rules, larger ones first; a path makes it 1 (marathon-lb)."""
        if self.labels.backend_weight is not None:
            return self.labels.backend_weight
        return 1 if self.labels.paths else 0


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the machine knows and Marathon does not.

    `addresses` are the IP addresses of hosts that Marathon names; `taken_ports` are the ports that
    other processes of this machine listen on.
    """

    addresses: dict[str, str] = field(default_factory=dict)
    taken_ports: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A whole services.cfg; `skeleton` is the same text without its servers."""

    text: str
    skeleton: str
    services: tuple[Service, ...]
    problems: tuple[Problem, ...]
