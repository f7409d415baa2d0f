"""Groups of tasks under the default executor."""

from __future__ import annotations

from tests.lab.scheduler import Scheduler, task


def test_group_finishes_when_all_of_its_tasks_do(framework: Scheduler) -> None:
    ends = [framework.wait_end(t) for t in framework.launch_group(task("true"), task("sleep 0.5"))]
    assert [end["state"] for end in ends] == ["TASK_FINISHED", "TASK_FINISHED"]


def test_failure_of_one_task_kills_the_others_of_its_group(framework: Scheduler) -> None:
    failing, other = framework.launch_group(task("sleep 1; exit 3"), task("exec sleep 60"))
    assert framework.wait_end(failing)["message"] == "Command exited with status 3"
    assert framework.wait_end(other)["state"] == "TASK_KILLED"
    assert "TASK_KILLING" in framework.states(other)


def test_killing_one_task_kills_its_group(framework: Scheduler) -> None:
    first, second = framework.launch_group(task("exec sleep 60"), task("exec sleep 60"))
    for task_id in (first, second):
        framework.wait_update(task_id, state="TASK_RUNNING")
    framework.kill(first)
    states = [framework.wait_end(task_id)["state"] for task_id in (first, second)]
    assert states == ["TASK_KILLED", "TASK_KILLED"]


def test_command_check_runs_inside_the_tasks_container(framework: Scheduler) -> None:
    check = {
        "type": "COMMAND",
        "command": {"shell": True, "value": 'test "$(cat /proc/self/cgroup)" != ""'},
        "delay_seconds": 0,
        "interval_seconds": 0.5,
    }
    (task_id,) = framework.launch_group(task("exec sleep 60", health_check=check))
    framework.wait_update(task_id, healthy=True)
    framework.kill(task_id)
    assert framework.wait_end(task_id)["state"] == "TASK_KILLED"
