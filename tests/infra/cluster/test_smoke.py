"""A task runs on every agent, and what it wrote is read back from its sandbox."""

from __future__ import annotations

from typing import Any


def test_a_task_runs_and_its_output_is_read_back(smoke: Any, agent: str) -> None:
    assert not smoke.error, smoke.error
    assert agent in smoke.results, f"{agent} is not registered, so no task can run on it"
    result = smoke.results[agent]
    assert not result.problem, f"{agent}: {result.problem}"
    assert result.output.split() == [smoke.word, agent], (
        f"the task on {agent} wrote {result.output!r}, not {f'{smoke.word} {agent}'!r}"
    )
