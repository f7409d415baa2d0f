"""Calls of Mesos' v1 scheduler API, beside those of `mesos.messages`."""

from __future__ import annotations

from collections.abc import Iterable

from mesosdeploy.services.marathon.definition import Json
from mesosdeploy.services.marathon.model import Instance
from mesosdeploy.services.marathon.settings import Settings

_CAPABILITIES = ("TASK_KILLING_STATE", "PARTITION_AWARE", "MULTI_ROLE")


def subscribe(settings: Settings, framework_id: str) -> Json:
    """Subscribe, with an id after the first time; no offers come before a REVIVE."""
    info: Json = {
        "user": settings.mesos_user,
        "name": settings.framework_name,
        "roles": [settings.mesos_role],
        "failover_timeout": settings.failover_timeout,
        "checkpoint": settings.checkpoint,
        "hostname": settings.address.rpartition(":")[0],
        "webui_url": settings.web_address,
        "capabilities": [{"type": one} for one in _CAPABILITIES],
    }
    if settings.mesos_authentication_principal:
        info["principal"] = settings.mesos_authentication_principal
    call: Json = {
        "type": "SUBSCRIBE",
        "subscribe": {"framework_info": info, "suppressed_roles": [settings.mesos_role]},
    }
    if framework_id:
        info["id"] = call["framework_id"] = {"value": framework_id}
    return call


def kill(instance: Instance, *, grace_seconds: float | None) -> Json:
    """End a task within a grace period (None: the task's own)."""
    body: Json = {"task_id": {"value": instance.task_id}}
    if instance.agent_id:
        body["agent_id"] = {"value": instance.agent_id}
    if grace_seconds is not None:
        grace = {"nanoseconds": int(grace_seconds * 1e9)}
        body["kill_policy"] = {"grace_period": grace}
    return {"type": "KILL", "kill": body}


def reconcile(instances: Iterable[Instance]) -> Json:
    """Ask for the states of some tasks; of all that the master knows when there are none."""
    tasks = []
    for one in instances:
        task: Json = {"task_id": {"value": one.task_id}}
        if one.agent_id:
            task["agent_id"] = {"value": one.agent_id}
        tasks.append(task)
    return {"type": "RECONCILE", "reconcile": {"tasks": tasks}}


def plain(kind: str) -> Json:
    """Make a call without content: REVIVE or SUPPRESS."""
    return {"type": kind}
