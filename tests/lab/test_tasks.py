"""What becomes of a task on real daemons."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.lab.processes import Agent, Master, free_port, has_cgroup_v1, wait_for
from tests.lab.scheduler import Scheduler, task

_RUNNING = ["TASK_STARTING", "TASK_RUNNING"]


def policy(seconds: float) -> dict[str, object]:
    return {"grace_period": {"nanoseconds": int(seconds * 1e9)}}


def test_task_that_succeeds_finishes_with_its_output_in_the_sandbox(
    framework: Scheduler, agent: Agent
) -> None:
    task_id = framework.launch(task("echo hello"))
    end = framework.wait_end(task_id)
    assert framework.states(task_id) == [*_RUNNING, "TASK_FINISHED"]
    assert end["message"] == "Command exited with status 0"
    assert agent.sandbox_file(task_id) == "hello\n"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        pytest.param("exit 7", "Command exited with status 7", id="status"),
        pytest.param(
            "ulimit -c 0; kill -SEGV $$",
            "Command terminated with signal Segmentation fault",
            id="signal",
        ),
    ],
)
def test_task_that_fails_says_how(framework: Scheduler, command: str, message: str) -> None:
    end = framework.run(task(command))
    assert (end["state"], end["message"]) == ("TASK_FAILED", message)
    assert end["reason"] == "REASON_COMMAND_EXECUTOR_FAILED"


def test_command_that_cannot_be_started_fails_the_task(framework: Scheduler) -> None:
    end = framework.run(task({"shell": False, "value": "/no/such/program"}))
    assert end["state"] == "TASK_FAILED"
    assert "No such file" in end["message"]


def test_task_gets_arguments_and_environment(framework: Scheduler, agent: Agent) -> None:
    script = 'echo "$1 $GREETING ${MESOS_SANDBOX:+sandbox} $MESOS_EXECUTOR_AUTHENTICATION_TOKEN"'
    command = {
        "shell": False,
        "value": "/bin/sh",
        "arguments": ["sh", "-c", script, "sh", "first"],
        "environment": {"variables": [{"name": "GREETING", "value": "good day"}]},
    }
    task_id = framework.launch(task(command))
    framework.wait_end(task_id)
    assert agent.sandbox_file(task_id) == "first good day sandbox \n"


def test_task_runs_as_the_user_that_it_asks_for(framework: Scheduler, agent: Agent) -> None:
    task_id = framework.launch(task({"shell": True, "value": "id -un", "user": "nobody"}))
    framework.wait_end(task_id)
    assert agent.sandbox_file(task_id) == "nobody\n"


def test_killed_task_passes_through_killing(framework: Scheduler) -> None:
    task_id = framework.launch(task("exec sleep 60"))
    framework.wait_update(task_id, state="TASK_RUNNING")
    framework.kill(task_id)
    end = framework.wait_end(task_id)
    assert framework.states(task_id) == [*_RUNNING, "TASK_KILLING", "TASK_KILLED"]
    assert end["message"] == "Command terminated with signal Terminated"


def test_task_that_ignores_sigterm_is_killed_after_its_grace_period(
    framework: Scheduler, agent: Agent
) -> None:
    command = "trap '' TERM; echo ready; while :; do sleep 0.1; done"
    task_id = framework.launch(task(command, kill_policy=policy(1)))
    wait_for("the trap", lambda: agent.sandbox_file(task_id) == "ready\n")
    started = time.monotonic()
    framework.kill(task_id)
    end = framework.wait_end(task_id)
    assert end["message"] == "Command terminated with signal Killed"
    assert 0.9 < time.monotonic() - started < 3


def test_second_kill_can_shorten_the_grace_period(framework: Scheduler, agent: Agent) -> None:
    command = "trap '' TERM; echo ready; while :; do sleep 0.1; done"
    task_id = framework.launch(task(command))
    wait_for("the trap", lambda: agent.sandbox_file(task_id) == "ready\n")
    framework.kill(task_id, grace_seconds=60)
    framework.wait_update(task_id, state="TASK_KILLING")
    framework.kill(task_id, grace_seconds=0.1)
    assert framework.wait_end(task_id, 10)["state"] == "TASK_KILLED"


def test_task_that_takes_too_long_fails(framework: Scheduler) -> None:
    end = framework.run(task("exec sleep 60", max_completion_time={"nanoseconds": 500_000_000}))
    assert end["state"] == "TASK_FAILED"
    assert end["reason"] == "REASON_MAX_COMPLETION_TIME_REACHED"


@pytest.mark.skipif(not has_cgroup_v1(), reason="limits need root and cgroup v1")
def test_task_that_exceeds_its_memory_fails(framework: Scheduler) -> None:
    command = "exec python3 -c \"data = b'x' * (300 << 20); print(len(data))\""
    end = framework.run(task(command, mem=64))
    assert end["state"] == "TASK_FAILED"
    assert end["reason"] == "REASON_CONTAINER_LIMITATION_MEMORY"
    assert "Memory limit exceeded" in end["message"]


def health_check(**fields: object) -> dict[str, object]:
    timing = {"delay_seconds": 0, "interval_seconds": 0.2, "grace_period_seconds": 0}
    return {**timing, "timeout_seconds": 5, "consecutive_failures": 2, **fields}


def test_task_whose_health_check_passes_is_healthy(framework: Scheduler) -> None:
    check = health_check(type="COMMAND", command={"shell": True, "value": "true"})
    task_id = framework.launch(task("exec sleep 60", health_check=check))
    update = framework.wait_update(task_id, healthy=True)
    assert update["state"] == "TASK_RUNNING"
    assert update["reason"] == "REASON_TASK_HEALTH_CHECK_STATUS_UPDATED"
    framework.kill(task_id)
    framework.wait_end(task_id)


def test_task_whose_health_check_fails_is_killed_as_unhealthy(framework: Scheduler) -> None:
    check = health_check(type="COMMAND", command={"shell": True, "value": "false"})
    task_id = framework.launch(task("exec sleep 60", health_check=check))
    end = framework.wait_end(task_id)
    assert (end["state"], end["healthy"]) == ("TASK_KILLED", False)
    unhealthy = [update for update in framework.updates(task_id) if update.get("healthy") is False]
    assert [update["state"] for update in unhealthy[:2]] == ["TASK_RUNNING", "TASK_RUNNING"]


@pytest.mark.parametrize("kind", ["HTTP", "TCP"])
def test_port_of_a_task_can_be_checked(framework: Scheduler, kind: str) -> None:
    port = free_port()
    command = f"exec python3 -m http.server --bind 127.0.0.1 {port}"
    target = {"port": port, "path": "/"} if kind == "HTTP" else {"port": port}
    check = health_check(type=kind, grace_period_seconds=30, **{kind.lower(): target})
    task_id = framework.launch(task(command, health_check=check))
    framework.wait_update(task_id, healthy=True)
    framework.kill(task_id)
    assert framework.wait_end(task_id)["state"] == "TASK_KILLED"


def test_check_reports_its_exit_code_and_does_not_kill(framework: Scheduler) -> None:
    command = {"command": {"shell": True, "value": "exit 3"}}
    check = {"type": "COMMAND", "command": command, "delay_seconds": 0, "interval_seconds": 0.2}
    task_id = framework.launch(task("exec sleep 60", check=check))
    status = {"type": "COMMAND", "command": {"exit_code": 3}}
    update = framework.wait_update(task_id, check_status=status)
    assert update["reason"] == "REASON_TASK_CHECK_STATUS_UPDATED"
    assert "TASK_KILLING" not in framework.states(task_id)
    framework.kill(task_id)
    framework.wait_end(task_id)


def test_removing_a_framework_ends_its_tasks(master: Master, agent: Agent) -> None:
    framework = Scheduler(master.port)
    task_id = framework.launch(task("echo $$; exec sleep 60"))
    process = int(wait_for("the task", lambda: agent.sandbox_file(task_id)))
    assert Path(f"/proc/{process}").exists()
    framework.close()
    wait_for("the end of the task", lambda: not Path(f"/proc/{process}").exists())
