"""Serves metrics and health; metrics only to who knows the password, if there is one."""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final

from aiohttp import web
from prometheus_client import PROCESS_COLLECTOR, CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric

from mesosdeploy.services.exporter.exporter import Exporter
from mesosdeploy.services.exporter.model import Figure, Type
from mesosdeploy.services.exporter.settings import authorization

# What samples have behind the name of their metric.
_SUFFIXES: Final = {
    Type.COUNTER: re.compile("_total$"),
    Type.SUMMARY: re.compile("_(count|sum)$"),
    Type.GAUGE: re.compile("(?!)"),
    Type.UNKNOWN: re.compile("(?!)"),
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Collector:
    """Figures as prometheus_client collects them: one metric for each name."""

    def __init__(self, figures: Sequence[Figure]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """Yield each metric; of figures with the same name and labels the first counts."""
        metrics: dict[str, Metric] = {}
        seen: set[tuple[str, frozenset[tuple[str, str]]]] = set()
        for figure in self._figures:
            series = figure.name, frozenset(figure.labels.items())
            if series in seen:
                continue
            seen.add(series)
            name = _SUFFIXES[figure.type].sub("", figure.name)
            metric = metrics.setdefault(name, Metric(name, figure.help, figure.type.value))
            metric.add_sample(figure.name, dict(figure.labels), figure.value)
        yield from metrics.values()


def application(
    exporter: Exporter, *, credentials: tuple[str, str] | None = None
) -> web.Application:
    """Return the application with GET /metrics and /health; both answer 200 if Mesos is down."""

    async def metrics(request: web.Request) -> web.Response:
        measurement = await exporter.measure()
        registry = CollectorRegistry(auto_describe=False)
        registry.register(Collector(measurement.figures))
        registry.register(PROCESS_COLLECTOR)
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        response = web.Response(body=encode(registry), headers={"Content-Type": content_type})
        response.enable_compression()
        return response

    async def health(_request: web.Request) -> web.Response:
        measurement = await exporter.measure()
        problems = {path: str(exc) for path, exc in measurement.problems.items()}
        return web.json_response({"healthy": True, "mesos": measurement.up, "problems": problems})

    @web.middleware
    async def locked(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path != "/health" and not _may(request, credentials):
            raise web.HTTPUnauthorized(headers={"WWW-Authenticate": 'Basic realm="metrics"'})
        return await handler(request)

    app = web.Application(middlewares=[locked] if credentials else [])
    app.add_routes([web.get("/metrics", metrics), web.get("/health", health)])
    return app


def _may(request: web.Request, credentials: tuple[str, str] | None) -> bool:
    given = request.headers.get("Authorization", "")
    # In a time that does not tell where they differ.
    return credentials is None or hmac.compare_digest(
        given.encode(), authorization(credentials).encode()
    )
