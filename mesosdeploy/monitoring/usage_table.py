"""Usage as two tables for people: frameworks, and agents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from mesosdeploy.monitoring.usage import AgentUse, FrameworkUse, Share, Usage, total

_FRAME_LINES = 4
"""What a table takes beside its rows: a blank line, title, head, rule."""
_FULL, _NEARLY = 0.98, 0.85
_SOUND = ("registered", "active")
_RESOURCES = {"cpus": "cpus", "mem_mb": "mem MB", "disk_mb": "disk MB"}


def render(usage: Usage, *, lines: int | None = None) -> Group:
    """Return headline, frameworks and agents, cut to `lines` of a terminal where given."""
    head = [_headline(usage), *(Text(problem, style="yellow") for problem in usage.problems)]
    frameworks = agents = None
    if lines is not None:
        left = max(2, lines - len(head) - 1 - 2 * _FRAME_LINES)
        frameworks = max(1, min(len(usage.frameworks), left // 3))
        agents = max(1, left - frameworks)
    return Group(*head, _frameworks(usage.frameworks, frameworks), _agents(usage.agents, agents))


def _headline(usage: Usage) -> Text:
    parts = []
    for name, title in _RESOURCES.items():
        share = total(getattr(agent, name) for agent in usage.agents)
        parts.append(f"{title} {_share(share)}")
    tasks = sum(agent.tasks or 0 for agent in usage.agents)
    counts = f"agents {len(usage.agents)}, frameworks {len(usage.frameworks)}, tasks {tasks}"
    return Text(f"{usage.cluster}: {counts} (told by {usage.source})\n{'; '.join(parts)}")


def _agents(agents: Sequence[AgentUse], rows: int | None) -> Group:
    shares = list(_RESOURCES.values())
    table = _table(
        "Agents: used/given/total; tasks that ended, failed in a minute",
        ["agent", "state", *shares],
        ["tasks", "load", "ended", "failed"],
    )
    for one in agents[:rows]:
        table.add_row(
            one.node,
            _state(one.state),
            *(_bounded(getattr(one, name)) for name in _RESOURCES),
            _tasks(one),
            _number(one.load),
            _number(one.ended),
            _failed(one.failed),
        )
    return _titled(table, len(agents), rows)


def _frameworks(frameworks: Sequence[FrameworkUse], rows: int | None) -> Group:
    shares = list(_RESOURCES.values())
    table = _table(
        "Frameworks: used/given; offers, tasks that ended, failed in a minute",
        ["framework", "state", *shares],
        ["tasks", "offers", "ended", "failed"],
    )
    for one in frameworks[:rows]:
        table.add_row(
            Text(one.name),
            _state(one.state),
            *(_share(getattr(one, name)) for name in _RESOURCES),
            _tasks(one),
            _number(one.offers),
            _number(one.ended),
            _failed(one.failed),
        )
    return _titled(table, len(frameworks), rows)


def _table(title: str, left: list[str], right: list[str]) -> Table:
    """Return a table that is narrow enough for a terminal of 80 columns."""
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=0, show_edge=False)
    for name in left:
        table.add_column(name, no_wrap=name in {"agent", "framework"})
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _titled(table: Table, count: int, rows: int | None) -> Group:
    """Return a table below its title, which Table itself would break to the table's width."""
    title, table.title = str(table.title), None
    cut = f" ({rows} of {count} fit)" if rows is not None and count > rows else ""
    return Group(Text(), Text(f"{title}{cut}", style="italic", no_wrap=True), table)


def _state(state: str) -> Text:
    return Text(state, style="green" if state in _SOUND else "bold red")


def _bounded(share: Share) -> Text:
    """Return a share of an agent, in a colour where it is nearly full."""
    full = (share.given or 0) / share.capacity if share.capacity else 0.0
    style = "red" if full >= _FULL else "yellow" if full >= _NEARLY else ""
    return Text(_share(share), style=style)


def _share(share: Share) -> str:
    parts = [share.used, share.given]
    if share.capacity is not None:
        parts.append(share.capacity)
    return "/".join(_number(part) for part in parts)


def _tasks(row: Any) -> str:
    if row.tasks is None:
        return "-"
    return f"{row.tasks} (+{row.waiting})" if row.waiting else str(row.tasks)


def _failed(rate: float | None) -> Text:
    return Text(_number(rate), style="bold red" if rate else "")


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    if value >= 10:
        return f"{value:.0f}"
    return f"{value:.2f}".rstrip("0").rstrip(".")
