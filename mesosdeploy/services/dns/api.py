"""The HTTP interface: Mesos-DNS' paths under /v1, and /health and /metrics of this program."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from mesosdeploy.services.dns import VERSION
from mesosdeploy.services.dns.records import Record, Records
from mesosdeploy.services.dns.settings import Settings

_METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_STAND_IN: Final = "mesosdeploy's stand-in for Mesos-DNS, on dnsmasq: for laptops and CI"


@dataclass(frozen=True, kw_only=True)
class Status:
    """What is known now; `age_seconds` is that of the state that the records were made from."""

    records: Records
    serial: int
    age_seconds: float | None
    dns_running: bool
    problem: str
    counters: Mapping[str, int]


class Api:
    """Answers from what `status` returns at the moment."""

    def __init__(self, settings: Settings, status: Callable[[], Status]) -> None:
        self._settings, self._status = settings, status

    def application(self) -> web.Application:
        """Return the application with all its routes."""
        application = web.Application()
        routes = [
            web.get("/v1/version", self._version),
            web.get("/v1/config", self._config),
            web.get("/v1/hosts/{host}", self._hosts),
            web.get("/v1/services/{service}", self._services),
            web.get("/v1/axfr", self._axfr),
            web.get("/health", self._health),
            web.get("/metrics", self._metrics),
        ]
        if self._settings["EnumerationOn"]:
            routes.append(web.get("/v1/enumerate", self._enumerate))
        application.add_routes(routes)
        return application

    async def _version(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {"Service": "Mesos-DNS", "Version": VERSION, "URL": "", "Flavour": _STAND_IN}
        )

    async def _config(self, _request: web.Request) -> web.Response:
        return web.json_response(self._settings.public())

    async def _hosts(self, request: web.Request) -> web.Response:
        name = request.match_info["host"].rstrip(".").lower()
        found = self._status().records.values(name, "A", "AAAA")
        hosts = [{"host": f"{name}.", "ip": address} for address in found]
        return web.json_response(hosts or [{"host": "", "ip": ""}])

    async def _services(self, request: web.Request) -> web.Response:
        name = request.match_info["service"].rstrip(".").lower()
        records = self._status().records
        services = []
        for value in records.values(name, "SRV"):
            target, _, port = value.rpartition(":")
            services += [
                {"service": name, "host": f"{target}.", "ip": address, "port": port}
                for address in records.values(target, "A", "AAAA") or [""]
            ]
        nothing = {"service": "", "host": "", "ip": "", "port": ""}
        return web.json_response(services or [nothing])

    async def _enumerate(self, _request: web.Request) -> web.Response:
        tasks = self._status().records.tasks
        frameworks = [
            {
                "name": name,
                "tasks": [
                    {
                        "name": task.name,
                        "id": task.task_id,
                        "records": [_enumerated(record) for record in task.records],
                    }
                    for task in group
                ],
            }
            for name, group in itertools.groupby(tasks, key=lambda task: task.framework)
        ]
        return web.json_response({"frameworks": frameworks})

    async def _axfr(self, _request: web.Request) -> web.Response:
        status, settings = self._status(), self._settings
        tables: dict[str, dict[str, list[str]]] = {"A": {}, "AAAA": {}, "SRV": {}}
        for record in status.records.all:
            shown = _enumerated(record)
            tables[record.kind].setdefault(shown["name"], []).append(shown["host"])
        return web.json_response(
            {
                "TTL": settings["ttl"],
                "Serial": status.serial,
                "RefreshSeconds": settings["refreshSeconds"],
                "Mname": f"{settings.name_server}.",
                "Rname": f"{settings['SOARname'].rstrip('.')}.",
                "Domain": settings.domain,
                "Records": tables,
            }
        )

    async def _health(self, _request: web.Request) -> web.Response:
        status = self._status()
        well = status.age_seconds is not None and (
            status.dns_running or not self._settings["dnson"]
        )
        body: dict[str, Any] = {
            "healthy": well,
            "state_age_seconds": status.age_seconds,
            "dns_running": status.dns_running,
            "records": len(status.records.all),
            "problem": status.problem,
        }
        return web.json_response(body, status=200 if well else 503)

    async def _metrics(self, _request: web.Request) -> web.Response:
        text = metrics(self._status())
        return web.Response(body=text.encode(), headers={"Content-Type": _METRICS_TYPE})


def metrics(status: Status) -> str:
    """Return the figures in Prometheus' text format."""
    kinds = {"A": 0, "AAAA": 0, "SRV": 0}
    for record in status.records.all:
        kinds[record.kind] += 1
    lines = ["# TYPE mesos_dns_records gauge"]
    lines += [f'mesos_dns_records{{type="{kind}"}} {count}' for kind, count in kinds.items()]
    lines += ["# TYPE mesos_dns_up gauge", f"mesos_dns_up {int(status.dns_running)}"]
    if status.age_seconds is not None:
        lines += [
            "# TYPE mesos_dns_state_age_seconds gauge",
            f"mesos_dns_state_age_seconds {status.age_seconds:.3f}",
        ]
    for name, count in status.counters.items():
        lines += [f"# TYPE mesos_dns_{name}_total counter", f"mesos_dns_{name}_total {count}"]
    return "".join(f"{line}\n" for line in lines)


def _enumerated(record: Record) -> dict[str, str]:
    """Return a record as Mesos-DNS lists it: names end with a dot."""
    value = record.value
    if record.kind == "SRV":
        target, _, port = value.rpartition(":")
        value = f"{target}.:{port}"
    return {"name": f"{record.name}.", "host": value, "rtype": record.kind}
