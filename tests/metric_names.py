"""Names of the metrics that the programs of this project give, from their sources."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path

from mesosdeploy.services.balancer.figures import Figures
from mesosdeploy.services.dns import api, service
from mesosdeploy.services.exporter import exporter, zookeeper
from mesosdeploy.services.exporter.meaning import known_keys, meaning
from mesosdeploy.services.exporter.model import Kind
from mesosdeploy.services.marathon import metrics

_OF_AGENTS = (
    "slave/",
    "task/",
    "containerizer/",
    "gc/",
    "resource_provider",
    "volume_gid_manager/",
)


def given() -> set[str]:
    """Return the names of all metrics that the programs of this project give."""
    parts = (_of_mesos, _of_exporters, _of_zookeeper, _of_marathon, _of_balancer, _of_dns)
    sets = [part() for part in parts]
    assert all(sets)
    return set().union(*sets)


def _of_mesos() -> set[str]:
    """Return a master's and an agent's names: neither has the other's keys."""
    agents = {key for key in known_keys() if key.startswith(_OF_AGENTS)}
    both = {key for key in known_keys() if key.startswith("system/")}
    return {meaning(key, Kind.AGENT).name for key in agents | both} | {
        meaning(key, Kind.MASTER).name for key in set(known_keys()) - agents
    }


def _of_exporters() -> set[str]:
    return set(re.findall(r'"(mesos_\w+)"', inspect.getsource(exporter)))


def _of_zookeeper() -> set[str]:
    text = Path(inspect.getfile(zookeeper)).with_suffix(".toml").read_text(encoding="utf-8")
    names = {f"zookeeper_{name}" for name in re.findall(r'name = "(\w+)"', text)}
    others = {f"zookeeper_{name}" for name in ("server_state", "build_info")}
    return {
        f"{name}{suffix}" for name in names for suffix in ("", "_total", "_sum", "_count")
    } | others


def _of_marathon() -> set[str]:
    dotted = re.findall(r'"([a-z]+\.[a-z.-]+)"', inspect.getsource(metrics))
    names = {metrics.prometheus_name(f"marathon.{name}") for name in dotted}
    return names | {f"{name}_counter" for name in names}


def _of_balancer() -> set[str]:
    return {f"mesosdeploy_balancer_{each.name}" for each in fields(Figures)}


def _of_dns() -> set[str]:
    fixed = set(re.findall(r"(mesos_dns_\w+)[ {]", inspect.getsource(api)))
    counted = re.findall(r'_counters\["(\w+)"\]', inspect.getsource(service))
    return fixed | {f"mesos_dns_{name}_total" for name in counted}
