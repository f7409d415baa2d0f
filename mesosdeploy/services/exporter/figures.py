"""Makes figures of what masters and agents answer: numbers in base units, with names and labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from mesosdeploy.services.exporter.meaning import meaning
from mesosdeploy.services.exporter.model import Figure, Kind

Json = Mapping[str, Any]

_RESOURCES: Final = ("cpus", "gpus", "mem", "disk")
_NO_FIGURE: Final = ("timestamp",)


def of_snapshot(snapshot: Json, kind: Kind) -> list[Figure]:
    """Return the figures of /metrics/snapshot."""
    return [figure(key, value, kind) for key, value in snapshot.items() if _is_number(value)]


def unknown_keys(snapshot: Json, kind: Kind) -> int:
    """Count the keys that known.toml does not have."""
    return sum(not meaning(key, kind).known for key in snapshot)


def of_frameworks(summary: Json) -> list[Figure]:
    """Return what a leading master's /state-summary says of each framework."""
    return [found for framework in summary["frameworks"] for found in _of_framework(framework)]


def of_tasks(containers: list[Json], state: Json) -> list[Figure]:
    """Return what an agent's /containers and /state say of each executor that runs.

    A task of its own has an executor of its own, whose ID is the task's. Tasks that share an
    executor share its container, which is measured as a whole.
    """
    known = {
        (framework["id"], executor["id"]): (framework, executor)
        for framework in state["frameworks"]
        for executor in framework["executors"]
    }
    figures = []
    for container in containers:
        key = container["framework_id"], container["executor_id"]
        if key in known:  # or else it would have other names at the next look
            labels = _labels(container, *known[key])
            for name, value in _of_container(container, known[key][1]):
                figures.append(figure(f"task/{name}", value, Kind.AGENT, **labels))
    return figures


def figure(key: str, value: float, kind: Kind, **labels: str) -> Figure:
    """Return the figure of a key with its value as Mesos gives it."""
    found = meaning(key, kind)
    return Figure(
        name=found.name,
        type=found.type,
        help=found.help,
        value=float(value) * found.factor,
        labels={**labels, **found.labels},
    )


def _of_framework(framework: Json) -> Iterator[Figure]:
    labels = {"framework": framework["name"], "framework_id": framework["id"]}
    for name in ("active", "connected"):
        yield figure(f"framework/{name}", framework[name], Kind.MASTER, **labels)
    for state in ("used", "offered"):
        amounts = framework[f"{state}_resources"]
        for resource in _RESOURCES:
            key = f"framework/{resource}_{state}"
            yield figure(key, amounts.get(resource, 0), Kind.MASTER, **labels)


def _labels(container: Json, framework: Json, executor: Json) -> dict[str, str]:
    names = {task["name"] for task in executor["tasks"]}
    return {
        "task": container["executor_id"],
        "name": names.pop() if len(names) == 1 else container["executor_id"],
        "framework": framework["name"],
        "framework_id": container["framework_id"],
    }


def _of_container(container: Json, executor: Json) -> Iterator[tuple[str, float]]:
    for resource, amount in executor["resources"].items():
        if resource in _RESOURCES:
            yield f"{resource}_allocated", amount
    for name, value in container.get("statistics", {}).items():
        if _is_number(value) and name not in _NO_FIGURE:
            yield name, value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
