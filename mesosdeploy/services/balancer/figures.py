"""What the balancer counts, as Prometheus reads it (text format 0.0.4)."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any


def _figure(kind: str, meaning: str) -> Any:
    return field(default=0, metadata={"kind": kind, "meaning": meaning})


@dataclass(kw_only=True)
class Figures:
    """The figures by their names without the prefix; times are Unix time in seconds."""

    marathon_up: float = _figure("gauge", "1 when Marathon answered the last question")
    event_stream_up: float = _figure("gauge", "1 while Marathon's events are listened to")
    events_total: float = _figure("counter", "Events of Marathon, as they arrive together")
    apps: float = _figure("gauge", "Apps that Marathon runs")
    backends: float = _figure("gauge", "Ports of apps that are balanced")
    servers: float = _figure("gauge", "Instances in rotation, once for each of their ports")
    rejected_labels: float = _figure("gauge", "Problems that keep something from being balanced")
    reloads_total: float = _figure("counter", "Reloads of HAProxy")
    reloads_failed_total: float = _figure("counter", "Reloads after which the old worker served on")
    commands_total: float = _figure("counter", "Commands that changed servers without a reload")
    commands_failed_total: float = _figure("counter", "Commands that HAProxy refused")
    configurations_refused_total: float = _figure("counter", "Configurations found not valid")
    last_success_timestamp_seconds: float = _figure("gauge", "When HAProxy last had what it should")


def exposition(figures: Figures) -> str:
    """Return every figure with its type and meaning."""
    lines = []
    for each in fields(figures):
        name = f"mesosdeploy_balancer_{each.name}"
        lines += [
            f"# HELP {name} {each.metadata['meaning']}",
            f"# TYPE {name} {each.metadata['kind']}",
            f"{name} {float(getattr(figures, each.name))!r}",
        ]
    return "\n".join(lines) + "\n"
