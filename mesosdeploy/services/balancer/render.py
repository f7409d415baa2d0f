"""Renders services.cfg from Marathon's apps; pure: the same apps give the same text."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import jinja2

from mesosdeploy.services.balancer import services, settle
from mesosdeploy.services.balancer.model import (
    Json,
    Problem,
    Rendered,
    Server,
    Service,
    Surroundings,
)
from mesosdeploy.services.balancer.options import Options

CHECK: Final = "check inter 1s fall 2 rise 1 observe layer4 error-limit 2 on-error mark-down"
"""HAProxy's own check of a server: it is left out 2 s after it stopped answering, at the latest.

Two refused connections in a row are enough before that: where two of three instances end together,
a request would otherwise be passed from one to the other until its attempts are used up.
"""

POOL: Final = "pool-max-conn 32 pool-purge-delay 1s"
"""Idle connections to a server: few, and given up before a server would close them itself.

A request that meets a connection which the server is just closing is lost, unless it is a GET.
"""

_EMPTY: Final = Surroundings()
_environment = jinja2.Environment(
    loader=jinja2.PackageLoader("mesosdeploy.services.balancer"),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 - no HTML; every value matches a pattern (labels.py)
)


def render(apps: Sequence[Json], options: Options, surroundings: Surroundings = _EMPTY) -> Rendered:
    """Return the configuration of the apps' services, and what of them cannot be served."""
    found = list(services.find(apps, options, surroundings))
    settled = settle.settle(
        (each for each in found if isinstance(each, Service)), options, surroundings
    )
    problems = [each for each in found if isinstance(each, Problem)] + list(settled.problems)
    without = tuple(replace(service, servers=()) for service in settled.services)
    return Rendered(
        text=_text(settled.services, settled.routes, options),
        skeleton=_text(without, settled.routes, options),
        services=settled.services,
        problems=tuple(problems),
    )


def server_line(service: Service, server: Server) -> str:
    """Return what follows `server <name>` in the configuration, or in `add server`."""
    cookie = f" cookie {_cookie(server)}" if service.labels.sticky else ""
    return f"{server.endpoint} {CHECK} {POOL}{cookie}"


def _text(wanted: tuple[Service, ...], routes: tuple[settle.Route, ...], options: Options) -> str:
    template = _environment.get_template("services.cfg.j2")
    return template.render(
        services=wanted, routes=routes, options=options, server_line=server_line, pattern=_pattern
    )


def _pattern(path: str) -> str:
    """Return a path, which has no other special characters, as a regular expression."""
    return path.rstrip("/").replace(".", r"\.").replace("+", r"\+")


def _cookie(server: Server) -> str:
    """Return what a client is told of its server: the same on every balancer, and no address."""
    return hashlib.sha256(server.name.encode()).hexdigest()[:16]
