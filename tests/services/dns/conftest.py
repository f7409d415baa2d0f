"""Fixtures of the DNS service's tests: a master that says what it is told, and Mesos itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# The helper modules beside this file are imported by their path from the root of the checkout.
sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.lab.conftest import directories, packages, root  # noqa: F401 - fixtures
from tests.services.dns.processes import ScriptedMaster


@pytest.fixture
def master() -> Iterator[ScriptedMaster]:
    with ScriptedMaster() as scripted:
        yield scripted
