"""What requests make of apps: new versions of definitions, and the deployment that brings them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import replace

from mesosdeploy.services.marathon import deployments, records
from mesosdeploy.services.marathon.definition import App, Json, merge
from mesosdeploy.services.marathon.model import Deployment
from mesosdeploy.services.marathon.ports import assign_service_ports
from mesosdeploy.services.marathon.store import LARGEST_WRITE_BYTES
from mesosdeploy.services.marathon.validation import Detail, InvalidError


def updated(
    apps: Mapping[str, App],
    bodies: Mapping[str, Json],
    *,
    version: str,
    partial: bool,
    ports: range,
) -> dict[str, App | None]:
    """Return the definitions that checked bodies (by app id) ask for; raises InvalidError.

    With `partial`, a body holds the fields to change of an app that exists. `ports` are the
    service ports to choose from.
    """
    result: dict[str, App | None] = {}
    for app_id, body in bodies.items():
        old = apps.get(app_id)
        data = merge(old, body) if old and partial else body
        others = [one for one in {**apps, **result}.values() if one and one.id != app_id]
        taken = {port.port for one in others for port in one.port_definitions}
        app = assign_service_ports(
            App.from_json({**data, "id": app_id}, version=version),
            taken,
            previous=old,
            first=ports.start,
            last=ports.stop - 1,
        )
        result[app_id] = succeed(old, app)
    return result


def succeed(old: App | None, new: App) -> App:
    """Return `new` as the version after `old`: when it was scaled and when it was changed.

    A definition that is the same stays the same version, so nothing is to be deployed.
    """
    if old is None or not old.same_config(new):
        return replace(new, last_scaling_at=new.version, last_config_change_at=new.version)
    if old.instances == new.instances:
        return old
    return replace(
        new, last_scaling_at=new.version, last_config_change_at=old.last_config_change_at
    )


def restarted(app: App, version: str) -> App:
    """Return the same definition as a new configuration, so that every instance is replaced."""
    return replace(app, version=version, last_config_change_at=version)


def deployment(
    apps: Mapping[str, App],
    target: Mapping[str, App | None],
    *,
    version: str,
    stale: Collection[str] = (),
) -> Deployment:
    """Plan the way from `apps` to `target`.

    Raises InvalidError when apps depend on each other, or are too large to be stored.
    """
    original = {app_id: apps.get(app_id) for app_id in target}
    try:
        steps = deployments.plan(original, target, stale=stale)
    except deployments.CycleError as exc:
        detail = Detail("/dependencies", (f"must not form a circle, but {exc} does",))
        raise InvalidError([detail]) from exc
    planned = Deployment(
        id=str(uuid.uuid4()),
        version=version,
        affected_apps=tuple(sorted(target)),
        steps=steps,
        current_step=0,
        original=original,
        target=dict(target),
    )
    stored = [records.from_deployment(planned), *(app.to_json() for app in target.values() if app)]
    size = sum(len(json.dumps(one)) for one in stored)
    if size > LARGEST_WRITE_BYTES:
        detail = Detail("/", (f"must fit into {LARGEST_WRITE_BYTES} bytes, but needs {size}",))
        raise InvalidError([detail])
    return planned
