"""Alert rules ask for figures that exist: a rule with a misspelt name is silent for ever."""

from __future__ import annotations

import re
from pathlib import Path

from ruamel.yaml import YAML

from tests.metric_names import given

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


def test_rules_ask_for_figures_that_are_given() -> None:
    asked = _asked()
    assert len(asked) > 40
    assert asked - given() == OF_JAVA
