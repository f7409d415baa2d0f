"""Alerts as a table, and in one line, for people."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from rich.table import Table
from rich.text import Text

from mesosdeploy import resources
from mesosdeploy.mesos.table import duration
from mesosdeploy.monitoring.alerts import FIRING, Alerts, AlertView, moment

STYLES = {"critical": "bold red", "warning": "yellow", "info": "cyan"}


def alerts(views: tuple[AlertView, ...], *, with_state: bool) -> Table:
    """Return one row an alert, the severest first."""
    columns = ["severity", *(["state"] if with_state else []), "alert", "for", "node", "what"]
    table = Table(*columns, "runbook")
    now = datetime.now(UTC)
    for one in views:
        style = STYLES.get(one.severity, "") if one.state == FIRING else "dim"
        table.add_row(
            Text(one.severity or "-", style=style),
            *([one.state] if with_state else []),
            Text(one.name, style=style),
            duration(max(0.0, (now - moment(one.since)).total_seconds())),
            Text(one.node or "-"),
            Text(one.description or one.summary),
            Text(_runbook(one.runbook), overflow="fold"),
        )
    return table


def noted(seen: Alerts | None, problem: str = "") -> Text:
    """Return how many alerts fire, by severity, and the critical ones by name.

    Where nobody knows of alerts, `problem` says why.
    """
    if seen is None:
        return Text(f"Alerts: not known: {problem}", style="yellow")
    told = [
        Text(f"{count} {severity}", style=STYLES.get(severity, ""))
        for severity, count in seen.counts.items()
        if count
    ]
    text = Text("Alerts: ") + (Text(", ").join(told) if told else Text("none", style="green"))
    critical = [one.place for one in seen.active if one.severity == "critical"]
    if critical:
        text += Text(f": {', '.join(critical)}")
    for doubt in seen.problems:
        text += Text(f"\n{doubt}", style="yellow")
    return text


def _runbook(given: str) -> str:
    """Return a page's URL, or the path of its file on this machine where that has it."""
    if not given or "://" in given:
        return given or "-"
    file = resources.runbooks() / PurePosixPath(given).name
    if not file.is_file():
        return given
    return str(file.relative_to(Path.cwd())) if file.is_relative_to(Path.cwd()) else str(file)
