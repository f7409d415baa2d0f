"""An agent that goes away and comes back."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.conftest import Directories
from tests.lab.processes import Agent, Master, wait_for
from tests.lab.scheduler import Scheduler, task


@pytest.fixture
def restartable(root: Path, directories: Directories) -> Iterator[tuple[Master, Agent]]:
    """Return a master and an agent that no other test uses."""
    with Master(root, directories.make("master")) as master:
        environment = {"MESOS_EXECUTOR_REREGISTRATION_TIMEOUT": "5secs"}
        with Agent(root, directories.make("agent"), master.address, environment) as agent:
            yield master, agent


def test_restarted_agent_recovers_its_tasks(restartable: tuple[Master, Agent]) -> None:
    master, agent = restartable
    framework = Scheduler(master.port)
    (grouped,) = framework.launch_group(task("exec sleep 60"))
    lasting = framework.launch(task("exec sleep 60"))
    ending = framework.launch(task("sleep 1; exit 3"))
    for task_id in (grouped, lasting, ending):
        framework.wait_update(task_id, state="TASK_RUNNING")

    agent.signal(signal.SIGKILL)
    # The task ends while there is no agent to tell.
    _wait_for_end_of_process(agent, ending)
    agent.start()

    end = framework.wait_end(ending)
    assert (end["state"], end["message"]) == ("TASK_FAILED", "Command exited with status 3")
    for task_id in (lasting, grouped):
        framework.kill(task_id)
        assert framework.wait_end(task_id)["state"] == "TASK_KILLED"
        assert framework.states(task_id) == [
            "TASK_STARTING",
            "TASK_RUNNING",
            "TASK_KILLING",
            "TASK_KILLED",
        ]
    framework.close()


def test_tasks_of_a_framework_without_checkpoints_end_with_their_agent(
    restartable: tuple[Master, Agent],
) -> None:
    master, agent = restartable
    framework = Scheduler(master.port, checkpoint=False)
    task_id = framework.launch(task("exec sleep 60"))
    framework.wait_update(task_id, state="TASK_RUNNING")
    agent.signal(signal.SIGKILL)
    agent.start()
    assert framework.wait_end(task_id)["state"] == "TASK_LOST"
    framework.close()


def _wait_for_end_of_process(agent: Agent, task_id: str) -> None:
    wait_for(
        "the task's last words",
        lambda: "exited with status" in agent.sandbox_file(task_id, "stderr"),
    )
