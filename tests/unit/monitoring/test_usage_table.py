"""The tables of usage say what is known, mark what is full, and fit a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from mesosdeploy.monitoring import usage_table
from mesosdeploy.monitoring.usage import AgentUse, FrameworkUse, Share, Usage


def usage(agents: int = 1, frameworks: int = 1) -> Usage:
    return Usage(
        cluster="demo",
        source="Mesos",
        agents=tuple(
            AgentUse(
                node=f"agent-{number}",
                state="registered",
                cpus=Share(capacity=4.0, given=1.5, used=0.25),
                mem_mb=Share(capacity=1024.0, given=1024.0),
                tasks=3,
                waiting=2,
                load=0.004,
                failed=1.5,
            )
            for number in range(1, agents + 1)
        ),
        frameworks=tuple(
            FrameworkUse(id=f"F{number}", name=f"[red]f{number}", state="disconnected")
            for number in range(frameworks)
        ),
        problems=("agent-9: refused",),
    )


def shown(of: Usage, lines: int | None = None, *, width: int = 150) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    console.print(usage_table.render(of, lines=lines))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize(
    "said",
    [
        "demo: agents 1, frameworks 1, tasks 3 (told by Mesos)",
        "cpus 0.25/1.5/4; mem MB -/1024/1024; disk MB -/-",
        "agent-9: refused",
        "0.25/1.5/4 -/1024/1024 -/-     3 (+2)    0     -    1.5",
        "[red]f0   disconnected -/-",
    ],
    ids=["headline", "totals", "problem", "agent", "framework"],
)
def test_figures_are_shown(said: str) -> None:
    text = "\n".join(shown(usage()))
    assert said in text


@pytest.mark.parametrize(
    ("agents", "frameworks"), [(2, 1), (500, 3), (3, 500), (500, 500)], ids=str
)
@pytest.mark.parametrize("lines", [24, 50])
def test_view_fits_the_terminal(agents: int, frameworks: int, lines: int) -> None:
    found = shown(usage(agents, frameworks), lines)
    assert len(found) <= lines
    cut = any("of 500 fit" in line for line in found)
    assert cut == (max(agents, frameworks) == 500)


def test_without_a_terminal_nothing_is_cut() -> None:
    assert sum("agent-" in line for line in shown(usage(500, 1))) == 501


def test_figures_are_whole_on_a_narrow_terminal() -> None:
    text = "\n".join(shown(usage(2, 2), width=80))
    assert "…" not in text
    assert text.count(" -/1024/1024 -/-     3 (+2) ") == 2
