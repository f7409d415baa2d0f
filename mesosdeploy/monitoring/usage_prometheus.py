"""Usage as Prometheus knows it, from the figures of docs/metrics.md, in two queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from mesosdeploy.mesos.endpoints import Endpoints
from mesosdeploy.monitoring.client import Sample
from mesosdeploy.monitoring.usage import AgentUse, FrameworkUse, Share, Usage

_MB = 2**20
_LEADS = "and on (instance) mesos_master_elected == 1"
_BUSY = '{mode=~"user|system"}[2m]'
_FAILURES = "failed|lost|gone|error|dropped"

_RESOURCES = {"cpus": "cpus", "mem_mb": "mem_bytes", "disk_mb": "disk_bytes"}
"""The name in a row, and the resource with its unit in the names of metrics."""

Figures = Mapping[str, float]
Ask = Callable[[str], list[Sample]]


def _named(prefix: str, resource: str, what: str) -> str:
    """Return a metric's name: mesos_agent_mem_capacity_bytes is of `mem_bytes`."""
    name, _, unit = resource.partition("_")
    return "_".join(part for part in (prefix, name, what, unit) if part)


def _ended(*states: str) -> str:
    return " + ".join(f"rate(mesos_agent_tasks_{state}_total[5m])" for state in states)


def _agent_expressions() -> dict[str, str]:
    found = {
        "up": 'mesos_up{job="mesos_agent"}',
        "registered": "mesos_agent_registered",
        "tasks": "mesos_agent_tasks_running",
        "waiting": "mesos_agent_tasks_staging + mesos_agent_tasks_starting",
        "load": "mesos_agent_system_load_1min",
        "ended": f"60 * ({_ended('finished', 'failed', 'killed', 'lost', 'gone')})",
        "failed": f"60 * ({_ended('failed', 'lost', 'gone')})",
        "cpus_used": f"rate(mesos_agent_task_cpu_seconds_total{_BUSY})",
        "mem_mb_used": f"mesos_agent_task_mem_rss_bytes / {_MB}",
        "disk_mb_used": f"mesos_agent_task_disk_used_bytes / {_MB}",
    }
    for row, resource in _RESOURCES.items():
        unit = f" / {_MB}" if row.endswith("_mb") else ""
        found[f"{row}_capacity"] = _named("mesos_agent", resource, "capacity") + unit
        found[f"{row}_given"] = _named("mesos_agent", resource, "used") + unit
    return {name: f"sum by (node) ({expression})" for name, expression in found.items()}


def _framework_expressions() -> dict[str, str]:
    own, ends = "mesos_master_framework", "mesos_master_framework_task_ends_total"
    of_leader = {
        "active": f"{own}_active",
        "connected": f"{own}_connected",
        "tasks": f'{own}_tasks{{state="running"}}',
        "waiting": f'{own}_tasks{{state=~"staging|starting"}}',
        "ended": f"60 * rate({ends}[5m])",
        "failed": f'60 * rate({ends}{{state=~"{_FAILURES}"}}[5m])',
        "offers": f"60 * rate({own}_offers_sent_total[5m])",
    }
    for row, resource in _RESOURCES.items():
        unit = f" / {_MB}" if row.endswith("_mb") else ""
        of_leader[f"{row}_given"] = _named(own, resource, "used") + unit
    found = {name: f"({expression}) {_LEADS}" for name, expression in of_leader.items()}
    found |= {
        "cpus_used": f"rate(mesos_agent_task_cpu_seconds_total{_BUSY})",
        "mem_mb_used": f"mesos_agent_task_mem_rss_bytes / {_MB}",
        "disk_mb_used": f"mesos_agent_task_disk_used_bytes / {_MB}",
    }
    by = "framework_id, framework"
    return {name: f"sum by ({by}) ({expression})" for name, expression in found.items()}


def together(expressions: Mapping[str, str]) -> str:
    """Return one expression that gives the series of all, each with its name as `figure`."""
    return " or ".join(
        f'label_replace({expression}, "figure", "{name}", "", "")'
        for name, expression in expressions.items()
    )


AGENTS = together(_agent_expressions())
FRAMEWORKS = together(_framework_expressions())


def _gathered(samples: Iterable[Sample], *labels: str) -> dict[tuple[str, ...], dict[str, float]]:
    rows: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    for sample in samples:
        key = tuple(sample.labels.get(label, "") for label in labels)
        rows[key][sample.labels["figure"]] = sample.value
    return rows


def _share(row: Figures, name: str) -> Share:
    """Return a share; where no task runs, nothing is used, and there is no figure that says so."""
    idle = 0.0 if row.get("tasks") == 0 else None
    return Share(
        capacity=row.get(f"{name}_capacity"),
        given=row.get(f"{name}_given"),
        used=row.get(f"{name}_used", idle),
    )


def _count(row: Figures, name: str) -> int | None:
    return int(row[name]) if name in row else None


def read(ask: Ask, where: Endpoints, source: str) -> Usage | None:
    """Return the usage; None where Prometheus has figures of no agent, as shortly after its start.

    Raises what `ask` raises.
    """
    agents = _gathered(ask(AGENTS), "node")
    if not any("up" in row for row in agents.values()):
        return None
    nodes = [agent.node for agent in where.agents]
    frameworks = _gathered(ask(FRAMEWORKS), "framework_id", "framework")
    return Usage(
        cluster=where.cluster,
        source=source,
        agents=tuple(_agent(node, agents.get((node,), {})) for node in nodes),
        frameworks=tuple(
            _framework(key[0], key[1], row) for key, row in frameworks.items() if _is_present(row)
        ),
    )


def _is_present(row: Figures) -> bool:
    """Tell whether the leader knows the framework still: its tasks' last figures outlive it."""
    return "active" in row or "cpus_given" in row


def _agent(node: str, row: Figures) -> AgentUse:
    if "up" not in row:
        state = "no figures"
    elif not row["up"]:
        state = "does not answer"
    else:
        state = "registered" if row.get("registered") else "not registered"
    return AgentUse(
        node=node,
        state=state,
        cpus=_share(row, "cpus"),
        mem_mb=_share(row, "mem_mb"),
        disk_mb=_share(row, "disk_mb"),
        tasks=_count(row, "tasks"),
        waiting=_count(row, "waiting"),
        load=row.get("load"),
        ended=row.get("ended"),
        failed=row.get("failed"),
    )


def _framework(framework_id: str, name: str, row: Figures) -> FrameworkUse:
    return FrameworkUse(
        id=framework_id,
        name=name,
        state=framework_state(bool(row.get("active", 1)), bool(row.get("connected", 1))),
        cpus=_share(row, "cpus"),
        mem_mb=_share(row, "mem_mb"),
        disk_mb=_share(row, "disk_mb"),
        tasks=int(row.get("tasks", 0)),
        waiting=int(row.get("waiting", 0)),
        ended=row.get("ended"),
        failed=row.get("failed"),
        offers=row.get("offers"),
    )


def framework_state(active: bool, connected: bool) -> str:
    """Return a framework's state in a word."""
    if not connected:
        return "disconnected"
    return "active" if active else "inactive"
