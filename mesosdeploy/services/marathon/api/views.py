"""Writes instances, deployments and the queue as Marathon's API shows them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from mesosdeploy.services.marathon.definition import App, Json
from mesosdeploy.services.marathon.events import instance_id
from mesosdeploy.services.marathon.model import (
    Action,
    Deployment,
    Instance,
    QueueItem,
    TaskFailure,
    moment,
)

# The order in which Marathon checks an offer; only the first reason counts for an offer.
REASONS = (
    "UnfulfilledRole",
    "UnfulfilledConstraint",
    "NoCorrespondingReservationFound",
    "AgentMaintenance",
    "InsufficientCpus",
    "InsufficientMemory",
    "InsufficientDisk",
    "InsufficientGpus",
    "InsufficientPorts",
    "DeclinedScarceResources",
)
# The states of a task that Marathon counts as staged.
STAGED = frozenset({"TASK_STAGING", "TASK_STARTING"})


def task(instance: Instance, app: App | None) -> Json:
    """Return a task's JSON; `app` is the current definition, None when it is gone."""
    data: Json = {
        "id": instance.task_id,
        "appId": instance.app_id,
        "host": instance.host,
        "slaveId": instance.agent_id,
        "state": "TASK_KILLING" if instance.killing else instance.state,
        "ports": [*instance.ports],
        "servicePorts": [each.port for each in app.port_definitions] if app else [],
        "ipAddresses": [
            {"ipAddress": each, "protocol": "IPv6" if ":" in each else "IPv4"}
            for each in instance.addresses
        ],
        "version": instance.version,
        "localVolumes": [],
        "healthCheckResults": [health(instance)] if instance.healthy is not None else [],
        "role": app.role if app else "*",
    }
    told = {
        "stagedAt": instance.staged_at,
        "startedAt": instance.started_at,
        "region": instance.region,
        "zone": instance.zone,
    }
    return data | {name: value for name, value in told.items() if value}


def health(instance: Instance) -> Json:
    """Return what the last health statuses of Mesos said."""
    return {
        "alive": instance.healthy is True,
        "consecutiveFailures": instance.consecutive_failures,
        "firstSuccess": instance.first_success or None,
        "lastSuccess": instance.last_success or None,
        "lastFailure": instance.last_failure or None,
        "lastFailureCause": None,
        "instanceId": instance_id(instance.task_id),
        "taskId": instance.task_id,
    }


def counts(instances: Sequence[Instance]) -> dict[str, int]:
    """Count tasks by what they do; one without a health status is neither healthy nor not."""
    return {
        "staged": sum(each.state in STAGED and not each.killing for each in instances),
        "running": sum(each.running for each in instances),
        "healthy": sum(each.healthy is True for each in instances),
        "unhealthy": sum(each.healthy is False for each in instances),
    }


def task_stats(app: App, instances: Sequence[Instance], *, now: datetime) -> Json:
    """Return statistics of the tasks by the version that they run; empty groups are left out."""
    changed, scaled = app.last_config_change_at, app.last_scaling_at
    groups = {
        "startedAfterLastScaling": [each for each in instances if each.version >= scaled],
        "withLatestConfig": [each for each in instances if each.version >= changed],
        "withOutdatedConfig": [each for each in instances if each.version < changed],
        "totalSummary": [*instances],
    }
    return {name: {"stats": _stats(group, now)} for name, group in groups.items() if group}


def _stats(instances: Sequence[Instance], now: datetime) -> Json:
    lived = sorted(
        (now - moment(each.started_at)).total_seconds() for each in instances if each.started_at
    )
    if not lived:
        return {"counts": counts(instances)}
    life_time = {"averageSeconds": sum(lived) / len(lived), "medianSeconds": lived[len(lived) // 2]}
    return {"counts": counts(instances), "lifeTime": life_time}


def failure(last: TaskFailure) -> Json:
    """Return how an app's last failed task ended."""
    return {
        "appId": last.app_id,
        "host": last.host,
        "message": last.message,
        "state": last.state,
        "taskId": last.task_id,
        "timestamp": last.timestamp,
        "version": last.version,
        "slaveId": last.slave_id,
    }


def deployment(running: Deployment) -> Json:
    """Return a deployment under way; `currentStep` counts from 1, as Marathon's does."""
    index = min(running.current_step, len(running.steps) - 1)
    current = running.steps[index] if running.steps else ()
    return {
        "id": running.id,
        "version": running.version,
        "affectedApps": [*running.affected_apps],
        "affectedPods": [],
        "steps": [{"actions": [_action(each) for each in step]} for step in running.steps],
        "currentActions": [{**_action(each), "readinessCheckResults": []} for each in current],
        "currentStep": index + 1,
        "totalSteps": len(running.steps),
    }


def _action(action: Action) -> Json:
    return {"action": action.action, "app": action.app}


def queue_item(item: QueueItem) -> Json:
    """Return an app that waits for offers, with the funnel of the reasons.

    Marathon names the role beside the app too, which its own Python client refuses to read.
    """
    return {
        "app": item.app.to_json(),
        "count": item.count,
        "delay": {
            "timeLeftSeconds": math.ceil(item.delay_seconds),
            "overdue": item.delay_seconds <= 0,
        },
        "since": item.since,
        "processedOffersSummary": {
            "processedOffersCount": item.processed,
            "unusedOffersCount": item.unused,
            "rejectSummaryLastOffers": _funnel(item.reject_summary),
            "rejectSummaryLaunchAttempt": _funnel(item.rejected_total, processed=item.processed),
        },
    }


def _funnel(declined: Mapping[str, int], *, processed: int | None = None) -> list[Json]:
    """List each reason with the offers that came so far and those that it turned away."""
    left = sum(declined.values()) if processed is None else processed
    steps = []
    for reason in REASONS:
        steps.append({"reason": reason, "declined": declined.get(reason, 0), "processed": left})
        left -= declined.get(reason, 0)
    return steps
