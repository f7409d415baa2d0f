"""Measure the monitoring itself, as Prometheus tells it: scrapes, exporters' memory, series."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import httpx

SETTLE_SECONDS = 180
SCRAPES = 5

_SCRAPES = "avg_over_time(scrape_duration_seconds[1m])"
_EXPORTERS = 'process_resident_memory_bytes{job=~"mesos_master|mesos_agent|zookeeper"}'
_BYTES_PER_MB = 1_000_000


@dataclass(frozen=True)
class Monitoring:
    """The Prometheus of a cluster, by the URL of its HTTP API."""

    url: str

    def measure(self) -> dict[str, float]:
        """Wait until each target was scraped a few times, then ask for what that cost.

        Raises SystemExit when targets are not scraped in time.
        """
        self._until_scraped()
        figures: dict[str, float] = {}
        for job, seconds in self._by("job", f"max by (job) ({_SCRAPES})"):
            figures[f"scrape_seconds_{job}"] = seconds
        for job, size in self._by("job", f"max by (job) ({_EXPORTERS})"):
            figures[f"exporter_megabytes_{job}"] = size / _BYTES_PER_MB
        for node, series in self._by("node", 'count by (node) ({node!=""})'):
            figures[f"series_{node}"] = series
        (figures["series"],) = self._values("max(prometheus_tsdb_head_series)")
        (memory,) = self._values('process_resident_memory_bytes{job="prometheus"}')
        figures["prometheus_megabytes"] = memory / _BYTES_PER_MB
        for name, value in figures.items():
            print(f"{name}: {value:.3g}", flush=True)
        return figures

    def _until_scraped(self) -> None:
        deadline = time.monotonic() + SETTLE_SECONDS
        while not self._values(f"min(count_over_time(up[5m])) >= {SCRAPES}"):
            if time.monotonic() > deadline:
                raise SystemExit(f"{self.url} has not scraped everything in {SETTLE_SECONDS} s")
            time.sleep(1)

    def _query(self, promql: str) -> list[dict[str, Any]]:
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": promql}, timeout=10)
        answer.raise_for_status()
        return list(answer.json()["data"]["result"])

    def _values(self, promql: str) -> list[float]:
        return [float(one["value"][1]) for one in self._query(promql)]

    def _by(self, label: str, promql: str) -> list[tuple[str, float]]:
        found = [(one["metric"][label], float(one["value"][1])) for one in self._query(promql)]
        return sorted(found)
