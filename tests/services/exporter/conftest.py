"""Fixtures of the exporter's tests: a real master and agent with tasks, each with its exporter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.conftest import (
    Directories,
    agent,
    directories,
    framework,
    master,
    packages,
    root,
)
from tests.lab.processes import Agent, Master
from tests.lab.scheduler import Scheduler, task
from tests.services.exporter.processes import Exporter

__all__ = ["agent", "directories", "framework", "master", "packages", "root"]


@pytest.fixture(scope="module")
def tasks(framework: Scheduler) -> list[str]:
    """Return the IDs of three tasks that run."""
    ids = [framework.launch(task("exec sleep 600", mem=size)) for size in (32, 48, 64)]
    for task_id in ids:
        framework.wait_update(task_id, state="TASK_RUNNING")
    return ids


@pytest.fixture(scope="module")
def of_master(master: Master, directories: Directories) -> Iterator[Exporter]:
    with Exporter(directories.make("exporter"), "master", master.url) as exporter:
        yield exporter


@pytest.fixture(scope="module")
def of_agent(agent: Agent, directories: Directories) -> Iterator[Exporter]:
    with Exporter(directories.make("exporter"), "agent", agent.url) as exporter:
        yield exporter
