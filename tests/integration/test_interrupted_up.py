"""`up` killed with SIGKILL at every point of its journal: the next `up` ends in the same cluster.

The provider is the fake one, so that every point can be visited; tests/e2e does the same at a few
points with real containers.
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy.errors import ProviderError, StateError
from mesosdeploy.nodes import NodeStatus
from mesosdeploy.plan import ActionKind
from mesosdeploy.state import journal, record
from mesosdeploy.workflow import down, up
from mesosdeploy.workflow.environment import Environment

SPEC = """\
name: cut
provider: {type: fake}
groups:
  masters: {count: 3}
  agents: {count: 2}
"""
NODES = ["agent-1", "agent-2", "master-1", "master-2", "master-3"]
# The run below writes more entries than this; test_journal_is_long_enough keeps it true.
POINTS = 26


class Silent:
    """Progress that nobody reads."""

    def step(self, title: str) -> None: ...

    def detail(self, text: str) -> None: ...


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Environment]:
    monkeypatch.setenv("MESOSDEPLOY_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("MESOSDEPLOY_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "cluster.yml").write_text(SPEC)
    return lambda: Environment.load(tmp_path)


def bring_up(environment: Environment) -> up.Outcome:
    return up.run(environment, up.Options(confirm=lambda _plan: True), Silent())


def _up_until_killed(load: Callable[[], Environment], point: int, *, after: bool) -> None:
    """Run `up` in this process and kill it at the journal's entry number `point`."""
    original, numbers = journal.Journal.write, itertools.count(1)

    def write(self: journal.Journal, event: str, **details: Any) -> None:
        number = next(numbers)
        if number == point and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        original(self, event, **details)
        if number == point:
            os.kill(os.getpid(), signal.SIGKILL)

    journal.Journal.write = write  # type: ignore[method-assign]
    bring_up(load())


def killed_at(load: Callable[[], Environment], point: int, *, after: bool) -> int:
    child = multiprocessing.get_context("fork").Process(
        target=_up_until_killed, args=(load, point), kwargs={"after": after}
    )
    child.start()
    child.join(60)
    assert child.exitcode is not None
    return child.exitcode


@pytest.mark.parametrize("after", [False, True], ids=["before-entry", "after-entry"])
@pytest.mark.parametrize("point", range(1, POINTS + 1))
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_next_up_ends_in_the_same_cluster(
    environment: Callable[[], Environment], point: int, after: bool
) -> None:
    assert killed_at(environment, point, after=after) == -signal.SIGKILL
    outcome = bring_up(environment())
    assert sorted(node.name for node in outcome.nodes) == NODES
    state = record.load(environment().directory)
    assert state is not None
    assert sorted(state.nodes) == NODES
    assert state.converged
    assert bring_up(environment()).plan.is_empty


def test_journal_is_long_enough(environment: Callable[[], Environment]) -> None:
    bring_up(environment())
    assert len(journal.entries(environment().directory)) >= POINTS


def test_cut_off_run_is_told_by_the_next(environment: Callable[[], Environment]) -> None:
    killed_at(environment, 8, after=True)
    resumed = bring_up(environment()).resumed
    assert resumed is not None
    assert resumed.operation == "up"


@pytest.mark.parametrize("point", [4, 8, 12])
def test_down_after_a_killed_up_leaves_nothing(
    environment: Callable[[], Environment], point: int
) -> None:
    killed_at(environment, point, after=True)
    down.run(environment(), confirm=lambda _found: True, progress=Silent())
    assert down.find(environment()).empty
    again = down.run(environment(), confirm=lambda _found: True, progress=Silent())
    assert again.empty


def test_stopped_machine_comes_back(environment: Callable[[], Environment]) -> None:
    bring_up(environment())
    provider: Any = environment().provider
    provider.set_status("agent-1", NodeStatus.STOPPED)
    outcome = bring_up(environment())
    assert [action.name for action in outcome.plan.of(ActionKind.START)] == ["agent-1"]
    assert all(node.status is NodeStatus.RUNNING for node in environment().provider.list())


def test_machines_without_a_record_are_not_touched(
    environment: Callable[[], Environment],
) -> None:
    bring_up(environment())
    (environment().directory / record.FILE).unlink()
    with pytest.raises(StateError) as caught:
        bring_up(environment())
    assert "state rebuild" in (caught.value.hint or "")


def test_failed_machine_keeps_the_others_and_is_made_next_time(
    environment: Callable[[], Environment], tmp_path: Path
) -> None:
    failing = SPEC.replace("{type: fake}", "{type: fake, fail_create: [agent-2]}")
    (tmp_path / "cluster.yml").write_text(failing)
    with pytest.raises(ProviderError, match="agent-2"):
        bring_up(environment())
    state = record.load(environment().directory)
    assert state is not None
    assert sorted(state.nodes) == [name for name in NODES if name != "agent-2"]
    (tmp_path / "cluster.yml").write_text(SPEC)
    assert [a.name for a in bring_up(environment()).plan.of(ActionKind.CREATE)] == ["agent-2"]


def test_inventory_names_every_node(environment: Callable[[], Environment]) -> None:
    bring_up(environment())
    data = json.loads(environment().inventory_json.read_text())
    assert sorted(data["_meta"]["hostvars"]) == NODES
