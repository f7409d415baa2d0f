"""The lock: the second operator is told who the first is."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mesosdeploy.errors import StateError
from mesosdeploy.state.lock import exclusive


def test_second_operator_is_told_who_holds_the_lock_and_since_when(tmp_path: Path) -> None:
    with exclusive(tmp_path, "c", "up"):
        with pytest.raises(StateError) as caught, exclusive(tmp_path, "c", "down"):
            pass
        assert f"(pid {os.getpid()})" in caught.value.message
        assert "`mesosdeploy up`" in caught.value.message
        assert "since 20" in caught.value.message


def test_lock_is_free_after_its_holder_ended(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), exclusive(tmp_path, "c", "up"):
        raise RuntimeError
    with exclusive(tmp_path, "c", "up"):
        pass


def test_clusters_do_not_lock_one_another(tmp_path: Path) -> None:
    with exclusive(tmp_path, "a", "up"), exclusive(tmp_path, "b", "up"):
        pass


def test_user_without_a_name_is_told_by_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", unknown)
    with exclusive(tmp_path, "c", "up"):
        holder = json.loads((tmp_path / ".c.lock-holder.json").read_text())
    assert holder["user"] == str(os.getuid())
