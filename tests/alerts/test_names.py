"""Alert rules ask for figures that exist: a rule with a misspelt name is silent for ever."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from mesosdeploy.services.balancer.figures import Figures
from mesosdeploy.services.dns import api, service
from mesosdeploy.services.exporter import exporter, zookeeper
from mesosdeploy.services.exporter.meaning import known_keys, meaning
from mesosdeploy.services.exporter.model import Kind
from mesosdeploy.services.marathon import metrics

RULES = sorted(
    (Path(__file__).resolve().parents[2] / "roles" / "prometheus" / "files" / "rules").glob("*.yml")
)
OWN = re.compile(r"\b(?:mesos|zookeeper|marathon|mesosdeploy_balancer)_\w+")
# Only the official Marathon runs on Java.
OF_JAVA = {"marathon_jvm_memory_heap_usage_gauge"}


def _asked() -> set[str]:
    found: set[str] = set()
    for path in RULES:
        for group in YAML(typ="safe").load(path)["groups"]:
            for rule in group["rules"]:
                found |= set(OWN.findall(re.sub(r'"[^"]*"', "", rule["expr"])))
    return found


def _of_mesos() -> set[str]:
    return {meaning(key, kind).name for kind in (Kind.MASTER, Kind.AGENT) for key in known_keys()}


def _of_exporters() -> set[str]:
    return set(re.findall(r'"(mesos_\w+)"', inspect.getsource(exporter)))


def _of_zookeeper() -> set[str]:
    text = Path(inspect.getfile(zookeeper)).with_suffix(".toml").read_text(encoding="utf-8")
    names = {f"zookeeper_{name}" for name in re.findall(r'name = "(\w+)"', text)}
    return {f"{name}{suffix}" for name in names for suffix in ("", "_total", "_sum", "_count")}


def _of_marathon() -> set[str]:
    dotted = re.findall(r'"([a-z]+\.[a-z.-]+)"', inspect.getsource(metrics))
    names = {metrics.prometheus_name(f"marathon.{name}") for name in dotted}
    return names | {f"{name}_counter" for name in names}


def _of_balancer() -> set[str]:
    return {f"mesosdeploy_balancer_{each.name}" for each in fields(Figures)}


def _of_dns() -> set[str]:
    fixed = set(re.findall(r"(mesos_dns_\w+) ", inspect.getsource(api)))
    counted = re.findall(r'_counters\["(\w+)"\]', inspect.getsource(service))
    return fixed | {f"mesos_dns_{name}_total" for name in counted}


@pytest.fixture(scope="module")
def given() -> set[str]:
    """Return the names of all figures that the programs of this project give."""
    parts = (_of_mesos, _of_exporters, _of_zookeeper, _of_marathon, _of_balancer, _of_dns)
    sets = [part() for part in parts]
    assert all(sets)
    return set().union(*sets)


def test_rules_ask_for_figures_that_are_given(given: set[str]) -> None:
    asked = _asked()
    assert len(asked) > 40
    assert asked - given == OF_JAVA
