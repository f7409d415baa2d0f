"""The official Python client library: deployments, the queue and the event stream."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest
from marathon import MarathonClient
from marathon.exceptions import ConflictError, NotFoundError

from tests.lab.processes import wait_for
from tests.services.marathon.conformance import (
    NOWHERE,
    Settled,
    app_id,
    client,
    settled,
    sleeper,
)

__all__ = ["app_id", "client", "settled"]

# How the library logs while it reads health checks.
pytestmark = pytest.mark.filterwarnings("ignore:The 'warn' method is deprecated")


def test_an_app_that_fits_nowhere_waits_in_the_queue_and_is_taken_back(
    client: MarathonClient, app_id: str
) -> None:
    client.create_app(app_id, sleeper(constraints=[NOWHERE]))

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
    client.create_app(app_id, sleeper(constraints=[NOWHERE]))
    (deployment,) = client.list_deployments()
    assert client.delete_deployment(deployment.id, force=True) == {}
    assert client.list_deployments() == []
    assert client.get_app(app_id).tasks == []
    with pytest.raises(NotFoundError, match=f"DeploymentPlan {deployment.id} does not exist"):
        client.delete_deployment(deployment.id)


def test_the_first_deployment_of_an_app_is_taken_back_by_its_removal(
    client: MarathonClient, app_id: str
) -> None:
    client.create_app(app_id, sleeper(constraints=[NOWHERE]))
    (deployment,) = client.list_deployments()
    assert client.delete_deployment(deployment.id)["deploymentId"]
    wait_for("no deployment", lambda: not client.list_deployments())
    with pytest.raises(NotFoundError):
        client.get_app(app_id)


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
    (deployment,) = client.create_app(app_id, sleeper()).deployments
    seen: dict[str, list[Any]] = {}
    # A deployment of an earlier test may still be telling its end.
    while deployment.id not in {each.id for each in seen.get("deployment_success", [])}:
        event = next(stream)
        seen.setdefault(event.event_type, []).append(event)
    (posted,) = seen["api_post_event"]
    assert posted.app_definition["id"] == app_id
    plans = [each.plan for each in seen["deployment_info"] if each.plan.id == deployment.id]
    assert plans[0].steps[0].actions[0].app == app_id
    assert deployment.id in {each.plan.id for each in seen["deployment_step_success"]}
    updates = [each for each in seen["status_update_event"] if each.app_id == app_id]
    assert updates[-1].task_status == "TASK_RUNNING"
    assert updates[-1].task_id == settled(app_id, 1)[0]
    assert seen["instance_changed_event"][-1].run_spec_id == app_id
    client.delete_app(app_id)
    while event.event_type != "app_terminated_event" or event.app_id != app_id:
        event = next(stream)


def test_the_event_stream_is_filtered(client: MarathonClient, app_id: str, deadline: None) -> None:
    stream = client.event_stream(event_types=["event_stream_attached", "api_post_event"])
    assert next(stream).event_type == "event_stream_attached"
    client.create_app(app_id, sleeper(instances=0))
    assert next(stream).event_type == "api_post_event"
    client.scale_app(app_id, instances=0, force=True)
    assert next(stream).event_type == "api_post_event"
