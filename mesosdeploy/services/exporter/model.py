"""The vocabulary: what is asked, what is measured, and what Prometheus is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

Json = Any


class Kind(StrEnum):
    """What an exporter asks."""

    MASTER = "master"
    AGENT = "agent"
    ZOOKEEPER = "zookeeper"


class Type(StrEnum):
    """Types of metrics, in the words of prometheus_client."""

    GAUGE = "gauge"
    COUNTER = "counter"
    SUMMARY = "summary"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One sample of a metric, in base units; `name` ends with `_total` if it is a counter."""

    name: str
    type: Type
    help: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)

    def labelled(self, **labels: str) -> Self:
        """Return the figure with some labels replaced."""
        return replace(self, labels={**self.labels, **labels})

    def valued(self, value: float) -> Self:
        """Return the figure with another value."""
        return replace(self, value=value)
