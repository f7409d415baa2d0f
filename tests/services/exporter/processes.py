"""The exporter as a process, and what it serves as numbers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mesosdeploy.services.exporter.meaning import meaning
from mesosdeploy.services.exporter.model import Kind
from tests.lab.processes import HOST, Daemon, free_port, get, wait_for

Json = dict[str, Any]
Labels = frozenset[tuple[str, str]]

RESTLESS = re.compile(
    r"^system/(load|mem_free)|event_queue|allocation_run|offer_filters|outstanding_offers"
)
"""What can change and change back between two looks: of the machine, queues, allocator, offers."""


class Exporter(Daemon):
    """An exporter out of the source tree."""

    def __init__(self, directory: Path, kind: str, url: str, *options: str) -> None:
        self.kind, self.port, self.mesos = Kind(kind), free_port(), url
        self.url = f"http://{HOST}:{self.port}"
        words = [sys.executable, "-W", "error", "-m", "mesosdeploy.services.exporter"]
        words += ["--kind", kind, "--url", url, "--listen-address", HOST]
        words += ["--listen-port", str(self.port), *options]
        environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
        super().__init__(words, directory / f"exporter-{self.port}.log", environment)

    def is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()
        return bool(get(f"{self.url}/health")["healthy"])

    @property
    def memory_bytes(self) -> float:
        return self.scrape().value("process_resident_memory_bytes")

    def text(self, headers: Mapping[str, str] = {}) -> str:
        request = urllib.request.Request(f"{self.url}/metrics", headers=dict(headers))
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(answer.read().decode())

    def scrape(self, headers: Mapping[str, str] = {}) -> Scrape:
        begin = time.monotonic()
        text = self.text(headers)
        return Scrape(text, time.monotonic() - begin)

    def fresh(self) -> Scrape:
        """Scrape what is asked of Mesos from now on, and not what is kept of before."""
        return fresh(self.scrape)


def fresh(scrape: Callable[[], Scrape]) -> Scrape:
    """Scrape until the answer is of now, and not what the exporter keeps of before."""
    now = time.time()

    def asked() -> Scrape | None:
        found = scrape()
        return found if found.value("mesos_scrape_timestamp_seconds") >= now else None

    return wait_for("a scrape that is not kept from before", asked)


def steady(snapshot: Callable[[], Json], scrape: Callable[[], Scrape]) -> tuple[Json, Scrape]:
    """Return the figures that were the same before and after a scrape, and the scrape."""
    before, found, after = snapshot(), fresh(scrape), snapshot()
    same = {key: value for key, value in before.items() if after.get(key) == value}
    return {key: value for key, value in same.items() if not RESTLESS.search(key)}, found


def complaints(text: str) -> str:
    """Return what promtool has to say of metrics: nothing, if they follow the conventions."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    words = [promtool, "check", "metrics"]
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


class Scrape:
    """One answer of an exporter."""

    def __init__(self, text: str, seconds: float) -> None:
        self.text, self.seconds = text, seconds
        families = list(text_string_to_metric_families(text))
        self.help = {family.name: family.documentation for family in families}
        self.series: dict[tuple[str, Labels], float] = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in families
            for sample in family.samples
        }

    def value(self, name: str, /, **labels: str) -> float:
        return self.series[name, frozenset(labels.items())]

    def labels(self, name: str) -> list[dict[str, str]]:
        return [dict(labels) for found, labels in self.series if found == name]

    def of_key(self, key: str, kind: Kind) -> tuple[float | None, float]:
        """Return what is served for a key of Mesos, and the factor between both."""
        found = meaning(key, kind)
        served = self.series.get((found.name, frozenset(found.labels.items())))
        return served, found.factor

    def unlike(self, snapshot: Mapping[str, float], kind: Kind) -> Json:
        """Return key, value, factor and what is served, of each figure that is served otherwise."""
        wrong = {}
        for key, value in snapshot.items():
            served, factor = self.of_key(key, kind)
            if served is None or served != pytest.approx(value * factor):
                wrong[key] = (value, factor, served)
        return wrong
