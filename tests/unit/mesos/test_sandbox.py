"""Claims about where a task's sandbox is found."""

from __future__ import annotations

import pytest

from mesosdeploy.mesos.sandbox import directory


@pytest.mark.parametrize("frameworks", ["frameworks", "completed_frameworks"])
@pytest.mark.parametrize("executors", ["executors", "completed_executors"])
def test_a_task_is_found_while_it_runs_and_afterwards(frameworks: str, executors: str) -> None:
    state = {
        frameworks: [
            {executors: [{"id": "other", "directory": "/x"}, {"id": "t", "directory": "/y"}]}
        ]
    }
    assert directory(state, "t") == "/y"


def test_an_unknown_task_is_a_lookup_error_that_names_it() -> None:
    with pytest.raises(LookupError, match="no task t"):
        directory({"frameworks": []}, "t")
