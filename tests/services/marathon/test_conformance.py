"""The official Python client library (`marathon` on PyPI) drives the lab scheduler: apps, tasks."""

from __future__ import annotations

import pytest
from marathon import MarathonClient
from marathon.exceptions import (
    ConflictError,
    InternalServerError,
    MarathonHttpError,
    NotFoundError,
)
from marathon.models import MarathonApp, MarathonGroup, MarathonHealthCheck

from tests.lab.processes import wait_for
from tests.services.marathon.conformance import (
    Settled,
    app_id,
    client,
    is_settled,
    settled,
    sleeper,
    tasks_of,
)
from tests.services.marathon.processes import Marathon

__all__ = ["app_id", "client", "settled"]

# How the library logs while it reads health checks.
pytestmark = pytest.mark.filterwarnings("ignore:The 'warn' method is deprecated")


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
    created = client.create_app(app_id, sleeper(instances=2, labels={"kind": app_id[-8:]}))
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
    client.create_app(app_id, sleeper())
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
    first = client.create_app(app_id, sleeper()).version
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
    client.create_app(app_id, sleeper(instances=2))
    before = settled(app_id, 2)
    assert client.restart_app(app_id)["deploymentId"]
    after = settled(app_id, 2)
    assert not set(before) & set(after)
    assert client.get_app(app_id).cmd == "exec sleep 600"


def test_a_killed_task_is_replaced(client: MarathonClient, app_id: str, settled: Settled) -> None:
    client.create_app(app_id, sleeper(instances=2))
    first, second = settled(app_id, 2)
    assert client.kill_task(app_id, first).id == first
    wait_for("its end", lambda: first not in {task.id for task in client.list_tasks(app_id)})
    assert second in settled(app_id, 2)
    assert client.kill_given_tasks([second])
    wait_for("its end", lambda: second not in {task.id for task in client.list_tasks(app_id)})
    ids = settled(app_id, 2)
    assert {task.id for task in client.kill_tasks(app_id)} == set(ids)
    wait_for("new tasks", lambda: not set(ids) & set(is_settled(client, app_id, 2) or ids))


def test_a_killed_task_is_not_replaced_when_its_app_is_scaled_down(
    client: MarathonClient, app_id: str, settled: Settled
) -> None:
    client.create_app(app_id, sleeper(instances=3))
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
    client.create_app(app_id, sleeper(health_checks=[check]))
    settled(app_id, 1)
    app = client.get_app(app_id)
    assert (app.tasks_healthy, app.tasks_unhealthy) == (1, 0)
    (result,) = app.tasks[0].health_check_results
    assert result.alive
    assert result.consecutive_failures == 0
    assert result.first_success
    assert result.task_id == app.tasks[0].id


def test_several_apps_are_changed_at_once(
    client: MarathonClient, app_id: str, settled: Settled
) -> None:
    names = [f"{app_id}-one", f"{app_id}-two"]
    result = client.update_apps([sleeper(id=name) for name in names])
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
        client.create_app(name, sleeper())
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
    wait_for("the end of its tasks", lambda: not tasks_of(client, names[0]))
    with pytest.raises(InternalServerError) as caught:
        client.create_group(MarathonGroup(id=group_id))
    assert caught.value.status_code == 501


def test_errors_carry_status_message_and_details(client: MarathonClient, app_id: str) -> None:
    with pytest.raises(MarathonHttpError) as caught:
        client.create_app(app_id, sleeper(cpus=-1, cmd=None))
    assert (caught.value.status_code, caught.value.error_message) == (422, "Object is not valid")
    assert {each["path"] for each in caught.value.error_details} == {"/cpus", "/"}
    client.create_app(app_id, sleeper(instances=0))
    with pytest.raises(ConflictError, match="already exists"):
        client.create_app(app_id, sleeper())
    with pytest.raises(NotFoundError, match="Task 'nothing' does not exist"):
        client.kill_task(app_id, "nothing")
    with pytest.raises(NotFoundError):
        client.get_version(app_id, "2001-01-01T00:00:00.000Z")
    with pytest.raises(NotFoundError):
        client.get_group("/not/there")
