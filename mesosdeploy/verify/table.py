"""The report as a table for people: a row for each node and role, and each failure in full."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from mesosdeploy.verify.results import Outcome, VerifyReport, VerifyResult


def render(report: VerifyReport) -> Group:
    """Return the table, and below it a panel for each failed check."""
    rows = Table("node", "role", "passed", "failed", "skipped", "seconds")
    for (node, role), results in groupby(report.results, key=_row):
        rows.add_row(node, role, *_cells(list(results)))
    return Group(rows, *(_failure(result) for result in report.failures))


def _row(result: VerifyResult) -> tuple[str, str]:
    # Checks of the cluster belong together, whichever node each one is about.
    return ("", result.role) if result.role == "cluster" else (result.where, result.role)


def _cells(results: list[VerifyResult]) -> list[RenderableType]:
    counts = Counter(result.outcome for result in results)
    failed = counts[Outcome.FAILED]
    return [
        Text(str(counts[Outcome.PASSED]), style="green"),
        Text(str(failed), style="bold red" if failed else "dim"),
        Text(str(counts[Outcome.SKIPPED]), style="yellow" if counts[Outcome.SKIPPED] else "dim"),
        f"{sum(result.seconds for result in results):.1f}",
    ]


def _failure(result: VerifyResult) -> Panel:
    text = Text(result.message)
    if result.journal:
        text.append(f"\n\n{result.journal}", style="dim")
    return Panel(text, title=Text(f"{result.where}: {result.check}"), border_style="red")
