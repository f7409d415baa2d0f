"""A task runs on every agent, and what it wrote is read back from its sandbox."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_task_runs_and_its_output_is_read_back(smoke: Any, agent: str) -> None:
    if agent not in smoke.agents:
        pytest.skip(f"{agent} is not active, so no task can run on it")
    assert not smoke.error, smoke.error
    result = smoke.results[agent]
    assert not result.problem, result.problem
    assert result.output.split() == [smoke.word, agent], (
        f"the task wrote {result.output!r}, not {f'{smoke.word} {agent}'!r}"
    )
