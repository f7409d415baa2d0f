"""A scheduler in memory with one app and its two tasks."""

from __future__ import annotations

import pytest

from tests.unit.services.marathon.api.fakes import FakeScheduler, instance

WEB = {"id": "/web", "cmd": "sleep 60", "instances": 2, "labels": {"tier": "front"}}


@pytest.fixture
def scheduler() -> FakeScheduler:
    fake = FakeScheduler()
    fake.put({**WEB, "portDefinitions": [{"port": 10001, "name": "http"}]})
    fake.running = [instance(number=1), instance(number=2)]
    return fake
