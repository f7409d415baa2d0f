"""The journal: a step that began and never ended is found again."""

from __future__ import annotations

from pathlib import Path

import pytest

from mesosdeploy.state import journal
from mesosdeploy.state.journal import Journal


def test_step_is_journaled_before_and_after(tmp_path: Path) -> None:
    with Journal(tmp_path, "up").step("machines"):
        assert [e["event"] for e in journal.entries(tmp_path)] == ["begin"]
    assert [e["event"] for e in journal.entries(tmp_path)] == ["begin", "end"]


def test_finished_run_has_nothing_unfinished(tmp_path: Path) -> None:
    mine = Journal(tmp_path, "up")
    for name in ("plan", "machines"):
        with mine.step(name):
            pass
    assert journal.unfinished(tmp_path) is None


def test_run_that_was_killed_is_unfinished_in_its_last_step(tmp_path: Path) -> None:
    mine = Journal(tmp_path, "up")
    with mine.step("plan"):
        pass
    mine.write("begin", step="machines")
    found = journal.unfinished(tmp_path)
    assert found is not None
    assert (found.run, found.operation, found.step) == (mine.run, "up", "machines")


def test_failed_step_is_unfinished_and_its_error_is_kept(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), Journal(tmp_path, "up").step("reach"):
        raise RuntimeError("no answer")
    found = journal.unfinished(tmp_path)
    assert found is not None
    assert found.step == "reach"
    assert journal.entries(tmp_path)[-1]["error"] == "RuntimeError: no answer"


def test_line_cut_off_by_a_crash_is_left_out(tmp_path: Path) -> None:
    mine = Journal(tmp_path, "up")
    mine.write("begin", step="plan")
    with (tmp_path / journal.FILE).open("a") as stream:
        stream.write('{"time": "2026-')
    assert len(journal.entries(tmp_path)) == 1


def test_absent_journal_is_empty(tmp_path: Path) -> None:
    assert journal.entries(tmp_path / "none") == []
    assert journal.unfinished(tmp_path / "none") is None
