"""Data of small specs that the tests of fields and rules change in one place."""

from __future__ import annotations

from typing import Any

from mesosdeploy.spec.load import check


def described(**changes: Any) -> dict[str, Any]:
    """Return the data of a small valid spec with top-level keys replaced."""
    return {
        "name": "demo",
        "provider": {"type": "fake"},
        "groups": {"masters": {"count": 3}, "agents": {"count": 2}},
        **changes,
    }


def groups(**changes: Any) -> dict[str, Any]:
    return described(groups={"masters": {"count": 3}, "agents": {"count": 2}, **changes})


def static(hosts: Any, **counts: int) -> dict[str, Any]:
    return described(
        provider={"type": "static", "hosts": hosts},
        groups={name: {"count": count} for name, count in counts.items()},
    )


def agents(**keys: Any) -> dict[str, Any]:
    return groups(agents={"count": 2, **keys})


def told(data: dict[str, Any]) -> list[str]:
    _, problems = check(data)
    return [f"{problem.sentence} | {problem.remedy}" for problem in problems]
