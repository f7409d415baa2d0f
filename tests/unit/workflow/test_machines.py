"""Work in parallel: all ends are told, and an interruption begins nothing new."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import pytest

from mesosdeploy import interruption, plan
from mesosdeploy.errors import ProviderError
from mesosdeploy.nodes import Jump, Node, NodeStatus
from mesosdeploy.providers.base import ClusterContext
from mesosdeploy.providers.fake import FakeProvider
from mesosdeploy.spec.load import check
from mesosdeploy.state import record
from mesosdeploy.state.journal import Journal
from mesosdeploy.workflow import machines


def test_interruption_begins_nothing_new_and_ends_mere_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, told = list[int](), list[str]()

    def interrupt(_futures: object) -> None:
        raise KeyboardInterrupt

    def work(item: int) -> None:
        begun.append(item)
        interruption.pause(600)

    monkeypatch.setattr(machines, "wait", interrupt)
    handlers = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(KeyboardInterrupt):
        machines.in_parallel(range(100), work, report=told.append)
    assert len(begun) <= 20
    assert len(told) == 1
    assert handlers == [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]


def test_work_that_was_not_interrupted_pauses_as_long_as_it_says() -> None:
    assert machines.in_parallel([0.01], interruption.pause) == [None]


def test_results_are_in_the_order_of_the_items() -> None:
    assert machines.in_parallel([3, 1, 2], lambda n: n * 2) == [6, 2, 4]


def test_every_failure_is_told() -> None:
    def fail(name: str) -> None:
        raise ProviderError(f"{name} failed", hint="repeat")

    with pytest.raises(ProviderError) as caught:
        machines.in_parallel(["a", "b"], fail)
    assert caught.value.message == "2 of 2 machines failed\n  a failed\n  b failed"
    assert caught.value.hint == "repeat"


def test_one_write_records_all_who_wait_and_nobody_goes_on_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[set[str]] = []
    too_early: list[str] = []

    def save(_directory: Path, state: record.ClusterState) -> None:
        Event().wait(0.005)
        written.append(set(state.nodes))

    class Notes(Journal):
        def write(self, event: str, **fields: object) -> None:
            if event == "made" and not any(fields["node"] in names for names in written):
                too_early.append(str(fields["node"]))

    groups = {"masters": {"count": 1}, "agents": {"count": 79}}
    spec, _ = check({"name": "c1", "provider": {"type": "fake"}, "groups": groups})
    assert spec is not None
    provider = FakeProvider(ClusterContext(cluster="c1", directory=tmp_path / "c1"))
    monkeypatch.setattr(record, "save", save)
    monkeypatch.setattr(machines, "AT_ONCE", 40)
    doing = machines.Machines(
        environment=SimpleNamespace(directory=tmp_path / "c1"),  # type: ignore[arg-type]
        provider=provider,
        journal=Notes(tmp_path / "c1", "up"),
        state=record.ClusterState(cluster="c1", provider="fake"),
    )
    actions = plan.make(spec.requests(), (), None, fingerprint="").actions
    assert len(doing.apply(actions, lambda _text: None)) == len(actions) == 80
    assert len(written[-1]) == 80
    assert len(written) < 80
    assert too_early == []


BEHIND = Node(
    cluster="c1",
    name="agent-1",
    group="agents",
    index=1,
    status=NodeStatus.RUNNING,
    provider_id="i-1",
    address="10.0.0.1",
    ssh_host="10.0.0.1",
    jump=Jump(host="203.0.113.9", user="admin"),
)


def test_a_node_behind_a_jump_is_reached_through_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def connect(command: Sequence[str], *, seconds: float) -> bytes:
        asked.append(tuple(command))
        assert seconds > 0
        if len(asked) == 1:
            raise ConnectionError("the bastion does not know the way yet")
        return b"SSH-2.0-OpenSSH_9.2"

    monkeypatch.setattr(machines.ssh, "connect", connect)
    told: list[str] = []
    machines.wait_for_ssh(
        [BEHIND], seconds=5, report=told.append, way=lambda node: ("through", node.name)
    )
    assert asked == [("through", "agent-1")] * 2
    assert told == ["agent-1 answers"]


def test_what_ssh_says_of_the_jump_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(_command: Sequence[str], *, seconds: float) -> bytes:
        raise ConnectionError(f"Host key verification failed. ({seconds > 0})")

    monkeypatch.setattr(machines.ssh, "connect", connect)
    with pytest.raises(ProviderError, match=r"agent-1 \(10.0.0.1:22\): Host key verification"):
        machines.wait_for_ssh([BEHIND], seconds=0.1, report=print, way=lambda _node: ())
