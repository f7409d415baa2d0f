"""Ctrl-C and SIGTERM while machines are made: a prompt end, and the next run makes none twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mesosdeploy.state import record
from mesosdeploy.workflow.environment import Environment
from tests.services.aws.conftest import Aws
from tests.services.aws.test_product import inventory, make_machines

__all__ = ["inventory"]

CALL_SECONDS = 1.5
PROMPT_SECONDS = 10
"""It takes one to two, also under load; where the pauses of a throttled call run on, a minute."""
FOREVER = 10_000

# The command, but for the artifacts, which these tests have none of.
PROGRAM = """
import sys
from mesosdeploy import cli
from mesosdeploy.workflow import up
up.STEPS = tuple(step for step in up.STEPS if step.name in {"plan", "prepare", "machines"})
cli.main()
"""


@contextmanager
def started(inventory: Path) -> Iterator[subprocess.Popen[str]]:
    """Start the command; kill it if it outlives the test."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "up", "-i", str(inventory)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200"},
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until(what: str, holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.05)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_an_interrupted_run_ends_with_its_calls_and_the_next_one_continues(
    aws: Aws, inventory: Path, how: signal.Signals
) -> None:
    aws.fail({"action": "RunInstances", "delay_seconds": CALL_SECONDS, "times": FOREVER})
    with started(inventory) as process:
        until("six calls under way", lambda: aws.actions().count("RunInstances") == 6)
        # From now on AWS does not tell that a machine runs: all would be waited for.
        aws.fail({"action": "DescribeInstances", "code": "Throttling", "times": FOREVER})
        process.send_signal(how)
        began = time.monotonic()
        _, told = process.communicate(timeout=60)
        assert time.monotonic() - began < CALL_SECONDS + PROMPT_SECONDS
        assert process.returncode == 130, told
        assert told.count("interrupted: 6 under way") == 1
        assert told.count("the same command continues from here") == 1
        assert "Traceback" not in told
    aws.fail()
    made = {machine["InstanceId"] for machine in aws.alive()}
    assert len(made) == 6, "what was asked for is there, whether its answer was read or not"
    environment = make_machines(inventory)
    assert {machine["InstanceId"] for machine in aws.alive()} == made
    assert "RunInstances" not in aws.actions()
    state = record.load(Environment.load(inventory).directory)
    assert state is not None
    assert {entry.node.provider_id for entry in state.nodes.values()} == made
    assert environment.provider.list()


def test_a_second_interruption_ends_at_once(aws: Aws, inventory: Path) -> None:
    aws.fail({"action": "RunInstances", "delay_seconds": 20, "times": FOREVER})
    with started(inventory) as process:
        assert process.stderr is not None
        until("calls under way", lambda: "RunInstances" in aws.actions())
        process.send_signal(signal.SIGINT)
        for line in process.stderr:
            if "once more ends this at once" in line:
                break
        process.send_signal(signal.SIGINT)
        assert process.wait(PROMPT_SECONDS) == -signal.SIGINT
