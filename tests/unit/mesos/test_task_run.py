"""Claims about how the small scheduler answers events."""

from __future__ import annotations

from typing import Any

from mesosdeploy.mesos.messages import TaskRequest
from mesosdeploy.mesos.task_run import TaskRun

TASK = TaskRequest(command="true", cpus=0.5, mem_mb=64)


def offer(agent: str, *, cpus: float = 1, mem: float = 128, **extra: Any) -> dict[str, Any]:
    return {
        "id": {"value": f"offer-{agent}"},
        "agent_id": {"value": agent},
        "resources": [
            {"name": "cpus", "type": "SCALAR", "scalar": {"value": cpus}, **extra},
            {"name": "mem", "type": "SCALAR", "scalar": {"value": mem}, "role": "*"},
        ],
    }


def offers(*them: dict[str, Any]) -> dict[str, Any]:
    return {"type": "OFFERS", "offers": {"offers": list(them)}}


def update(run: TaskRun, agent: str, state: str, **extra: Any) -> dict[str, Any]:
    status = {
        "task_id": {"value": run.tasks[agent]},
        "agent_id": {"value": agent},
        "state": state,
        "uuid": "dXVpZA==",
        **extra,
    }
    return {"type": "UPDATE", "update": {"status": status}}


def test_one_task_is_launched_on_each_wanted_agent_and_other_offers_are_declined() -> None:
    run = TaskRun(TASK, ["a", "b"])
    calls = run.react(offers(offer("a"), offer("b"), offer("c")))
    assert [call["type"] for call in calls] == ["ACCEPT", "ACCEPT", "DECLINE"]
    assert set(run.tasks) == {"a", "b"}
    (operation,) = calls[0]["accept"]["operations"]
    (info,) = operation["launch"]["task_infos"]
    assert info["agent_id"] == {"value": "a"}
    assert info["command"] == {"shell": True, "value": "true", "user": "root"}
    assert calls[2]["decline"]["offer_ids"] == [{"value": "offer-c"}]


def test_a_second_offer_of_an_agent_launches_no_second_task() -> None:
    run = TaskRun(TASK, ["a"])
    run.react(offers(offer("a")))
    assert [call["type"] for call in run.react(offers(offer("a")))] == ["DECLINE"]


def test_updates_are_acknowledged_until_the_task_is_done() -> None:
    run = TaskRun(TASK, ["a"])
    run.react(offers(offer("a")))
    (call,) = run.react(update(run, "a", "TASK_RUNNING"))
    assert call["type"] == "ACKNOWLEDGE"
    assert call["acknowledge"]["uuid"] == "dXVpZA=="
    assert not run.done
    run.react(update(run, "a", "TASK_FINISHED"))
    assert run.done
    assert run.problem("a", 5) == ""


def test_an_update_without_uuid_is_not_acknowledged() -> None:
    run = TaskRun(TASK, ["a"])
    run.react(offers(offer("a")))
    assert run.react(update(run, "a", "TASK_LOST", uuid="")) == []
    assert run.done


def test_a_state_to_wait_for_ends_the_run() -> None:
    run = TaskRun(TASK, ["a"], until=["TASK_RUNNING"])
    run.react(offers(offer("a")))
    run.react(update(run, "a", "TASK_RUNNING"))
    assert run.done


def test_what_was_seen_is_told_when_the_time_is_over() -> None:
    run = TaskRun(TASK, ["silent", "small", "slow"])
    run.react(offers(offer("small", cpus=0.1), offer("slow")))
    run.react(update(run, "slow", "TASK_STARTING"))
    needs = "the task needs 0.5 cpus and 64 MB of memory"
    assert run.problem("silent", 20) == f"the agent offered nothing within 20 s; {needs}"
    assert run.problem("small", 20) == (
        f"the agent offered only 0.1 cpus and 128 MB of memory within 20 s; {needs}"
    )
    assert run.problem("slow", 20) == (
        "the task was launched and was seen as TASK_STARTING, but not done after 20 s"
    )


def test_reserved_resources_do_not_count() -> None:
    run = TaskRun(TASK, ["a"])
    calls = run.react(offers(offer("a", role="db")))
    assert [call["type"] for call in calls] == ["DECLINE"]
