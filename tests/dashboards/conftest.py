"""Fixtures of the pages' tests: one browser and one stand-in of Prometheus for all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dashboards.standin import StandIn
from tests.e2e.dashboards import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with Browser(size="phone") as made:
        yield made


@pytest.fixture(scope="session")
def _server() -> Iterator[StandIn]:
    made = StandIn()
    yield made
    made.stop()


@pytest.fixture
def prometheus(_server: StandIn) -> StandIn:
    """A Prometheus without any series."""
    _server.reset()
    return _server
