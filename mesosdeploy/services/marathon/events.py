"""What happens, told to whoever listens: the event bus, and the bodies of Marathon's events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from mesosdeploy.services.marathon.definition import App, Json
from mesosdeploy.services.marathon.model import Action, Deployment, Instance, timestamp

log = logging.getLogger(__name__)

# A listener that is further behind has hung; it is told so by an empty event, and forgotten.
_LONGEST_QUEUE = 1000

_CONDITIONS = {"TASK_GONE_BY_OPERATOR": "Gone", "TASK_LOST": "Dropped"}


class EventBus:
    """Gives every event to every listener, in order."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[Json]] = set()

    def publish(self, event: Json) -> None:
        """Tell an event, a mapping with its `eventType`; the time is added."""
        event = {**event, "timestamp": event.get("timestamp") or timestamp(datetime.now(UTC))}
        for queue in tuple(self._listeners):
            if queue.qsize() < _LONGEST_QUEUE:
                queue.put_nowait(event)
            else:
                self._listeners.discard(queue)
                queue.put_nowait({})

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[asyncio.Queue[Json]]:
        """Give a queue of the events from now on.

        An empty event is the last one: the listener did not read for too long.
        """
        queue: asyncio.Queue[Json] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)


def instance_id(task_id: str) -> str:
    """Return the id of the instance that a task belongs to."""
    return task_id.partition("._app")[0]


def condition(instance: Instance) -> str:
    """Name what an instance is doing as Marathon's events do."""
    if instance.killing and instance.state in {"TASK_STAGING", "TASK_STARTING", "TASK_RUNNING"}:
        return "Killing"
    return _CONDITIONS.get(instance.state, instance.state.removeprefix("TASK_").title())


def status_update(instance: Instance, message: str) -> Json:
    """Tell that Mesos reported a state of a task."""
    return {
        "eventType": "status_update_event",
        "slaveId": instance.agent_id,
        "taskId": instance.task_id,
        "taskStatus": instance.state,
        "message": message,
        "appId": instance.app_id,
        "host": instance.host,
        "ipAddresses": [
            {"ipAddress": one, "protocol": "IPv6" if ":" in one else "IPv4"}
            for one in instance.addresses
        ],
        "ports": list(instance.ports),
        "version": instance.version,
    }


def instance_changed(instance: Instance) -> Json:
    """Tell that an instance has come into another condition."""
    return {
        "eventType": "instance_changed_event",
        "instanceId": instance_id(instance.task_id),
        "condition": condition(instance),
        "runSpecId": instance.app_id,
        "agentId": instance.agent_id,
        "host": instance.host,
        "runSpecVersion": instance.version,
    }


def health_changed(instance: Instance) -> Json:
    """Tell that an instance has become healthy or unhealthy."""
    return {
        "eventType": "instance_health_changed_event",
        "instanceId": instance_id(instance.task_id),
        "runSpecId": instance.app_id,
        "runSpecVersion": instance.version,
        "healthy": instance.healthy,
    }


def unknown_instance(task_id: str, state: str) -> Json:
    """Tell that Mesos reported a task that no app owns."""
    return {
        "eventType": "unknown_instance_terminated_event",
        "instanceId": instance_id(task_id),
        "runSpecId": "",
        "condition": state.removeprefix("TASK_").title(),
    }


def app_terminated(app_id: str) -> Json:
    """Tell that the last instance of a removed app is gone."""
    return {"eventType": "app_terminated_event", "appId": app_id}


def _group(apps: dict[str, App | None], version: str) -> Json:
    present = [app.to_json() for _, app in sorted(apps.items()) if app]
    return {
        "id": "/",
        "apps": present,
        "pods": [],
        "groups": [],
        "dependencies": [],
        "version": version,
    }


def _step(actions: tuple[Action, ...]) -> Json:
    return {"actions": [{"action": one.action, "app": one.app} for one in actions]}


def deployment_event(event_type: str, deployment: Deployment) -> Json:
    """Tell of a deployment: deployment_info, deployment_step_success, deployment_success, …."""
    at = deployment.current_step
    current = deployment.steps[at] if at < len(deployment.steps) else ()
    body: Json = {
        "eventType": event_type,
        "plan": {
            "id": deployment.id,
            "original": _group(dict(deployment.original), deployment.version),
            "target": _group(dict(deployment.target), deployment.version),
            "steps": [_step(actions) for actions in deployment.steps],
            "version": deployment.version,
        },
    }
    if event_type in {"deployment_success", "deployment_failed"}:
        return {**body, "id": deployment.id}
    return {**body, "currentStep": _step(current)}
