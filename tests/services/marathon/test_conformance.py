"""The official Python client library (`marathon` on PyPI) drives the lab scheduler."""

from __future__ import annotations

import collections
import signal
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from marathon import MarathonClient
from marathon.exceptions import (
    ConflictError,
    InternalServerError,
    MarathonHttpError,
    NotFoundError,
)
from marathon.models import MarathonApp, MarathonConstraint, MarathonGroup, MarathonHealthCheck

from tests.lab.processes import wait_for
from tests.services.marathon.processes import Api, Marathon

# How the library logs while it reads health checks.
pytestmark = pytest.mark.filterwarnings("ignore:The 'warn' method is deprecated")

NOWHERE = MarathonConstraint("hostname", "LIKE", "no-such-agent")


@pytest.fixture(scope="module")
def client(api: Api, marathon: Marathon) -> Iterator[MarathonClient]:
    assert api.url == marathon.url
    made = MarathonClient(marathon.url)
    with pytest.MonkeyPatch.context() as patch:
        # The library's release of 2019 looks for it where it was before Python 3.10.
        patch.setattr(collections, "Iterable", Iterable, raising=False)
        yield made
    made.session.close()
    made.sse_session.close()


@pytest.fixture
def app_id(client: MarathonClient) -> Iterator[str]:
    """Return the ID of an app that the test makes; it is removed afterwards."""
    name = f"/conformance/{uuid.uuid4().hex[:8]}"
    yield name
    if any(app.id == name for app in client.list_apps()):
        client.delete_app(name, force=True)
    wait_for("the end of its tasks", lambda: not _tasks(client, name))
    wait_for("the end of deployments", lambda: not client.list_deployments())


def _tasks(client: MarathonClient, app_id: str) -> list[Any]:
    return [task for task in client.list_tasks() if task.app_id == app_id]


def _sleeper(**fields: Any) -> MarathonApp:
    return MarathonApp(
        **{"cmd": "exec sleep 600", "cpus": 0.05, "mem": 16, "instances": 1, **fields}
    )


def _is_settled(client: MarathonClient, app_id: str, count: int) -> list[str] | None:
    """Return the IDs of the tasks once `count` run and no deployment is under way."""
    app = client.get_app(app_id)
    ids = [task.id for task in app.tasks if task.state == "TASK_RUNNING"]
    settled = not app.deployments and len(ids) == len(app.tasks) == count
    return ids if settled and app.tasks_running == count else None


@pytest.fixture
def settled(client: MarathonClient) -> Callable[[str, int], list[str]]:
    """Return a wait for so many running tasks and the end of deployments; their IDs."""

    def probe(app_id: str, count: int) -> list[list[str]]:
        ids = _is_settled(client, app_id, count)
        return [] if ids is None else [ids]

    def wait(app_id: str, count: int) -> list[str]:
        return wait_for(f"{count} tasks of {app_id}", lambda: probe(app_id, count))[0]

    return wait


Settled = Callable[[str, int], list[str]]


def test_the_scheduler_tells_who_it_is(client: MarathonClient, marathon: Marathon) -> None:
    info = client.get_info()
    assert (info.name, info.version, info.elected) == ("marathon", "1.11.24", True)
    assert "stand-in" in info.buildref
    assert info.leader == marathon.address
    assert info.framework_id
    assert info.http_config.http_port == marathon.port
    assert client.get_leader() == {"leader": marathon.address}
    assert client.ping() == b'"pong"'
    assert client.get_metrics()["gauges"]["marathon.leadership.duration.gauge.seconds"]["value"] > 0


def test_an_app_is_created_listed_shown_and_deleted(
    client: MarathonClient, app_id: str, settled: Settled
) -> None:
    created = client.create_app(app_id, _sleeper(instances=2, labels={"kind": app_id[-8:]}))
    assert (created.id, created.instances, len(created.deployments)) == (app_id, 2, 1)
    ids = settled(app_id, 2)
    app = client.get_app(app_id, embed_task_stats=True)
    assert app.cmd == "exec sleep 600"
    assert app.task_stats.total_summary.stats.counts.running == 2
    for task in app.tasks:
        assert (task.app_id, task.version, len(task.ports)) == (app_id, app.version, 1)
        assert task.started_at >= task.staged_at
        assert task.host
        assert task.slave_id
    label = f"kind=={app_id[-8:]}"
    for found in (client.list_apps(label=label), client.list_apps(app_id=app_id)):
        assert [each.id for each in found] == [app_id]
    (listed,) = client.list_apps(app_id=app_id, cmd="SLEEP", embed_tasks=True)
    assert {task.id for task in listed.tasks} == set(ids)
    endpoints = [each for each in client.list_endpoints() if each.app_id == app_id]
    assert {each.service_port for each in endpoints} == set(app.ports)
    assert {each.task_id for each in endpoints} == set(ids)
    assert client.delete_app(app_id)["deploymentId"]
    with pytest.raises(NotFoundError, match=f"App '{app_id}' does not exist"):
        client.get_app(app_id)


def test_an_app_is_scaled(client: MarathonClient, app_id: str, settled: Settled) -> None:
    client.create_app(app_id, _sleeper())
    (first,) = settled(app_id, 1)
    client.scale_app(app_id, instances=3)
    assert first in settled(app_id, 3)
    client.scale_app(app_id, delta=-2)
    # The youngest go first.
    assert settled(app_id, 1) == [first]
    client.scale_app(app_id, instances=0)
    settled(app_id, 0)


def test_a_changed_app_has_versions_and_goes_back_to_one(
    client: MarathonClient, app_id: str, settled: Settled
) -> None:
    first = client.create_app(app_id, _sleeper()).version
    (old,) = settled(app_id, 1)
    result = client.update_app(app_id, MarathonApp(cmd="exec sleep 601", env={"A": "b"}))
    assert result.keys() == {"version", "deploymentId"}
    (new,) = settled(app_id, 1)
    assert new != old
    versions = client.list_versions(app_id)
    assert len(versions) == 2
    assert versions[1] == first
    assert client.get_version(app_id, first).cmd == "exec sleep 600"
    assert client.get_app(app_id).cpus == 0.05
    client.rollback_app(app_id, first)
    settled(app_id, 1)
    app = client.get_app(app_id)
    assert (app.cmd, app.env) == ("exec sleep 600", {})


def test_a_restarted_app_has_new_tasks_of_the_same_definition(
    client: MarathonClient, app_id: str, settled: Settled
) -> None:
    client.create_app(app_id, _sleeper(instances=2))
    before = settled(app_id, 2)
    assert client.restart_app(app_id)["deploymentId"]
    after = settled(app_id, 2)
    assert not set(before) & set(after)
    assert client.get_app(app_id).cmd == "exec sleep 600"


def test_a_killed_task_is_replaced(client: MarathonClient, app_id: str, settled: Settled) -> None:
    client.create_app(app_id, _sleeper(instances=2))
    first, second = settled(app_id, 2)
    assert client.kill_task(app_id, first).id == first
    wait_for("its end", lambda: first not in {task.id for task in client.list_tasks(app_id)})
    assert second in settled(app_id, 2)
    assert client.kill_given_tasks([second])
    wait_for("its end", lambda: second not in {task.id for task in client.list_tasks(app_id)})
    ids = settled(app_id, 2)
    assert {task.id for task in client.kill_tasks(app_id)} == set(ids)
    wait_for("new tasks", lambda: not set(ids) & set(_is_settled(client, app_id, 2) or ids))


def test_a_killed_task_is_not_replaced_when_its_app_is_scaled_down(
    client: MarathonClient, app_id: str, settled: Settled
) -> None:
    client.create_app(app_id, _sleeper(instances=3))
    first, second, third = settled(app_id, 3)
    assert client.kill_task(app_id, first, scale=True)["deploymentId"]
    assert set(settled(app_id, 2)) == {second, third}
    assert client.kill_given_tasks([second], scale=True)
    assert settled(app_id, 1) == [third]
    assert client.get_app(app_id).instances == 1


def test_a_health_check_is_executed_and_shown(
    client: MarathonClient, app_id: str, settled: Settled
) -> None:
    check = MarathonHealthCheck(
        protocol="COMMAND", command="true", interval_seconds=1, delay_seconds=0
    )
    client.create_app(app_id, _sleeper(health_checks=[check]))
    settled(app_id, 1)
    app = client.get_app(app_id)
    assert (app.tasks_healthy, app.tasks_unhealthy) == (1, 0)
    (result,) = app.tasks[0].health_check_results
    assert result.alive
    assert result.consecutive_failures == 0
    assert result.first_success
    assert result.task_id == app.tasks[0].id


def test_an_app_that_fits_nowhere_waits_in_the_queue_and_is_taken_back(
    client: MarathonClient, app_id: str
) -> None:
    client.create_app(app_id, _sleeper(constraints=[NOWHERE]))

    def waiting() -> Any:
        items = {each.app.id: each for each in client.list_queue(embed_last_unused_offers=True)}
        summary = items[app_id].processed_offers_summary if app_id in items else {}
        return items[app_id] if summary.get("unusedOffersCount") else None

    item = wait_for("an offer that did not do", waiting)
    assert (item.count, item.delay.overdue) == (1, True)
    steps = item.processed_offers_summary["rejectSummaryLastOffers"]
    declined = {each["reason"]: each["declined"] for each in steps if each["declined"]}
    assert declined.keys() == {"UnfulfilledConstraint"}
    client.reset_delay(app_id)
    (deployment,) = client.list_deployments()
    assert deployment.affected_apps == [app_id]
    assert deployment.current_actions[0].app == app_id
    assert 1 <= deployment.current_step <= deployment.total_steps
    with pytest.raises(ConflictError, match="locked by one or more deployments"):
        client.scale_app(app_id, instances=2)
    assert client.scale_app(app_id, instances=2, force=True)["deploymentId"]
    (forced,) = client.list_deployments()
    assert forced.id != deployment.id
    rollback = client.delete_deployment(forced.id)
    assert rollback["deploymentId"] not in {deployment.id, forced.id}
    assert client.get_app(app_id).instances == 1


def test_a_deployment_is_abandoned(client: MarathonClient, app_id: str) -> None:
    client.create_app(app_id, _sleeper(constraints=[NOWHERE]))
    (deployment,) = client.list_deployments()
    assert client.delete_deployment(deployment.id, force=True) == {}
    assert client.list_deployments() == []
    assert client.get_app(app_id).tasks == []
    with pytest.raises(NotFoundError, match=f"DeploymentPlan {deployment.id} does not exist"):
        client.delete_deployment(deployment.id)


def test_the_first_deployment_of_an_app_is_taken_back_by_its_removal(
    client: MarathonClient, app_id: str
) -> None:
    client.create_app(app_id, _sleeper(constraints=[NOWHERE]))
    (deployment,) = client.list_deployments()
    assert client.delete_deployment(deployment.id)["deploymentId"]
    wait_for("no deployment", lambda: not client.list_deployments())
    with pytest.raises(NotFoundError):
        client.get_app(app_id)


def test_several_apps_are_changed_at_once(
    client: MarathonClient, app_id: str, settled: Settled
) -> None:
    names = [f"{app_id}-one", f"{app_id}-two"]
    result = client.update_apps([_sleeper(id=name) for name in names])
    assert result["deploymentId"]
    for name in names:
        settled(name, 1)
        client.delete_app(name)


def test_groups_are_shown_scaled_and_deleted(
    client: MarathonClient, app_id: str, settled: Settled
) -> None:
    group_id = f"{app_id}-group"
    names = [f"{group_id}/one", f"{group_id}/inner/two"]
    for name in names:
        client.create_app(name, _sleeper())
        settled(name, 1)
    group = client.get_group(group_id)
    assert [app.id for app in group.apps] == names[:1]
    assert [app.id for app in group.groups[0].apps] == names[1:]
    assert "/conformance" in {each.id for each in client.list_groups()}
    client.scale_group(group_id, 2)
    for name in names:
        settled(name, 2)
    client.delete_group(group_id)
    wait_for("the end of the group", lambda: not client.list_apps(app_id=group_id))
    wait_for("the end of its tasks", lambda: not _tasks(client, names[0]))
    with pytest.raises(InternalServerError) as caught:
        client.create_group(MarathonGroup(id=group_id))
    assert caught.value.status_code == 501


def test_errors_carry_status_message_and_details(client: MarathonClient, app_id: str) -> None:
    with pytest.raises(MarathonHttpError) as caught:
        client.create_app(app_id, _sleeper(cpus=-1, cmd=None))
    assert (caught.value.status_code, caught.value.error_message) == (422, "Object is not valid")
    assert {each["path"] for each in caught.value.error_details} == {"/cpus", "/"}
    client.create_app(app_id, _sleeper(instances=0))
    with pytest.raises(ConflictError, match="already exists"):
        client.create_app(app_id, _sleeper())
    with pytest.raises(NotFoundError, match="Task 'nothing' does not exist"):
        client.kill_task(app_id, "nothing")
    with pytest.raises(NotFoundError):
        client.get_version(app_id, "2001-01-01T00:00:00.000Z")
    with pytest.raises(NotFoundError):
        client.get_group("/not/there")


@pytest.fixture
def deadline() -> Iterator[None]:
    """Interrupt a read of the event stream that never ends: the library sets no limit."""

    def expire(*_signal: object) -> None:
        raise TimeoutError("an expected event did not come")

    previous = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, 30)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, previous)


def test_the_event_stream_tells_an_apps_life(
    client: MarathonClient, app_id: str, settled: Settled, deadline: None
) -> None:
    stream = client.event_stream()
    assert next(stream).event_type == "event_stream_attached"
    client.create_app(app_id, _sleeper())
    seen: dict[str, list[Any]] = {}
    while "deployment_success" not in seen:
        event = next(stream)
        seen.setdefault(event.event_type, []).append(event)
    (posted,) = seen["api_post_event"]
    assert posted.app_definition["id"] == app_id
    assert seen["deployment_info"][0].plan.steps[0].actions[0].app == app_id
    assert seen["deployment_step_success"]
    updates = {each.task_status: each for each in seen["status_update_event"]}
    assert updates["TASK_RUNNING"].app_id == app_id
    assert updates["TASK_RUNNING"].task_id == settled(app_id, 1)[0]
    assert seen["instance_changed_event"][-1].run_spec_id == app_id
    client.delete_app(app_id)
    while event.event_type != "app_terminated_event":
        event = next(stream)
    assert event.app_id == app_id


def test_the_event_stream_is_filtered(client: MarathonClient, app_id: str, deadline: None) -> None:
    stream = client.event_stream(event_types=["event_stream_attached", "deployment_success"])
    assert next(stream).event_type == "event_stream_attached"
    client.create_app(app_id, _sleeper(instances=0))
    assert next(stream).event_type == "deployment_success"
