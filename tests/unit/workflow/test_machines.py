"""Work in parallel: all ends are told, and an interruption begins nothing new."""

from __future__ import annotations

from threading import Event

import pytest

from mesosdeploy.errors import ProviderError
from mesosdeploy.workflow import machines


def test_interruption_begins_nothing_new_and_ends_mere_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cut_off, begun = Event(), []

    def interrupt(_futures: object) -> None:
        raise KeyboardInterrupt

    def work(item: int) -> None:
        begun.append(item)
        assert cut_off.wait(10)

    monkeypatch.setattr(machines, "wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        machines.in_parallel(range(100), work, cut_off=cut_off)
    assert len(begun) <= 20


def test_results_are_in_the_order_of_the_items() -> None:
    assert machines.in_parallel([3, 1, 2], lambda n: n * 2) == [6, 2, 4]


def test_every_failure_is_told() -> None:
    def fail(name: str) -> None:
        raise ProviderError(f"{name} failed", hint="repeat")

    with pytest.raises(ProviderError) as caught:
        machines.in_parallel(["a", "b"], fail)
    assert caught.value.message == "2 of 2 machines failed\n  a failed\n  b failed"
    assert caught.value.hint == "repeat"
