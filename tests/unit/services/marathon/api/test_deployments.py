"""/v2/deployments and /v2/queue against a scheduler in memory."""

from __future__ import annotations

from mesosdeploy.services.marathon.model import QueueItem
from tests.unit.services.marathon.api.fakes import FakeScheduler, deployment, exchange, version


def test_a_deployment_shows_its_steps_and_where_it_is(scheduler: FakeScheduler) -> None:
    other = scheduler.put({"id": "/other", "cmd": "true"})
    scheduler.under_way = [deployment([scheduler.app("/web"), other], current_step=1)]
    (shown,) = exchange(scheduler, "GET", "/v2/deployments").json
    scaled = [{"action": "ScaleApplication", "app": each} for each in ("/web", "/other")]
    assert shown == {
        "id": "deployment-1",
        "version": version(9),
        "affectedApps": ["/web", "/other"],
        "affectedPods": [],
        "steps": [{"actions": [each]} for each in scaled],
        "currentActions": [{**scaled[1], "readinessCheckResults": []}],
        "currentStep": 2,
        "totalSteps": 2,
    }


def test_a_deployment_is_taken_back_by_another_one(scheduler: FakeScheduler) -> None:
    scheduler.under_way = [deployment([scheduler.app("/web")], number=4)]
    answer = exchange(scheduler, "DELETE", "/v2/deployments/deployment-4")
    assert answer.status == 200
    assert answer.json == {"version": version(9), "deploymentId": "deployment-1"}
    assert answer.headers["Marathon-Deployment-Id"] == "deployment-1"


def test_a_deployment_is_abandoned_by_force(scheduler: FakeScheduler) -> None:
    scheduler.under_way = [deployment([scheduler.app("/web")], number=4)]
    answer = exchange(scheduler, "DELETE", "/v2/deployments/deployment-4?force=true")
    assert (answer.status, answer.body) == (202, b"")
    assert scheduler.calls == [("cancel", "deployment-4", True)]


def test_an_unknown_deployment_is_404(scheduler: FakeScheduler) -> None:
    answer = exchange(scheduler, "DELETE", "/v2/deployments/what")
    assert answer.status == 404
    assert answer.json == {"message": "DeploymentPlan what does not exist"}


def _waiting(scheduler: FakeScheduler, delay: float) -> QueueItem:
    return QueueItem(
        app=scheduler.app("/web"),
        count=2,
        delay_seconds=delay,
        since=version(5),
        processed=10,
        unused=8,
        reject_summary={"InsufficientCpus": 2, "UnfulfilledConstraint": 1},
        rejected_total={"InsufficientCpus": 8},
    )


def test_the_queue_tells_why_offers_were_turned_away_in_order(scheduler: FakeScheduler) -> None:
    scheduler.waiting = [_waiting(scheduler, 0)]
    (item,) = exchange(scheduler, "GET", "/v2/queue").json["queue"]
    assert (item["app"]["id"], item["count"], item["since"]) == ("/web", 2, version(5))
    assert item["delay"] == {"timeLeftSeconds": 0, "overdue": True}
    summary = item["processedOffersSummary"]
    assert (summary["processedOffersCount"], summary["unusedOffersCount"]) == (10, 8)
    last = {each["reason"]: each for each in summary["rejectSummaryLastOffers"]}
    assert last["UnfulfilledRole"] == {
        "reason": "UnfulfilledRole",
        "processed": 3,
        "declined": 0,
    }
    assert (last["InsufficientCpus"]["processed"], last["InsufficientCpus"]["declined"]) == (2, 2)
    assert last["InsufficientMemory"]["processed"] == 0
    total = {each["reason"]: each for each in summary["rejectSummaryLaunchAttempt"]}
    assert total["InsufficientCpus"]["processed"] == 10
    assert "lastUnusedOffers" not in item


def test_offers_can_be_asked_for(scheduler: FakeScheduler) -> None:
    scheduler.waiting = [_waiting(scheduler, 0)]
    (item,) = exchange(scheduler, "GET", "/v2/queue?embed=lastUnusedOffers").json["queue"]
    assert item["lastUnusedOffers"] == []


def test_a_back_off_shows_whole_seconds_and_is_reset(scheduler: FakeScheduler) -> None:
    scheduler.waiting = [_waiting(scheduler, 1.2)]
    (item,) = exchange(scheduler, "GET", "/v2/queue").json["queue"]
    assert item["delay"] == {"timeLeftSeconds": 2, "overdue": False}
    answer = exchange(scheduler, "DELETE", "/v2/queue//web/delay")
    assert (answer.status, answer.body) == (204, b"")
    assert scheduler.calls == [("reset_delay", "/web")]


def test_the_delay_of_an_app_that_does_not_wait_is_404(scheduler: FakeScheduler) -> None:
    answer = exchange(scheduler, "DELETE", "/v2/queue/web/delay")
    assert answer.status == 404
    assert answer.json == {"message": "Application /web not found in tasks queue."}
