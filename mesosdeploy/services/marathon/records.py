"""The stored form of instances, deployments and failures: JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from mesosdeploy.services.marathon.definition import App, Json
from mesosdeploy.services.marathon.model import Action, Deployment, Instance, TaskFailure


def from_instance(instance: Instance) -> Json:
    """Write an instance."""
    return asdict(instance)


def to_instance(data: Json) -> Instance:
    """Read an instance; fields of a newer version are refused by a TypeError."""
    lists = {name: tuple(data[name]) for name in ("ports", "addresses")}
    return Instance(**{**data, **lists})


def from_failure(failure: TaskFailure) -> Json:
    """Write a failure."""
    return asdict(failure)


def to_failure(data: Json) -> TaskFailure:
    """Read a failure."""
    return TaskFailure(**data)


def to_app(data: Json) -> App:
    """Read a definition as `App.to_json` wrote it, with its own version."""
    return App.from_json(data, version=data["version"])


def from_deployment(deployment: Deployment) -> Json:
    """Write a deployment with both definitions of each app."""
    return {
        "id": deployment.id,
        "version": deployment.version,
        "affected_apps": list(deployment.affected_apps),
        "steps": [[asdict(action) for action in step] for step in deployment.steps],
        "current_step": deployment.current_step,
        "original": _from_apps(deployment.original),
        "target": _from_apps(deployment.target),
    }


def to_deployment(data: Json) -> Deployment:
    """Read a deployment."""
    return Deployment(
        id=data["id"],
        version=data["version"],
        affected_apps=tuple(data["affected_apps"]),
        steps=tuple(tuple(Action(**one) for one in step) for step in data["steps"]),
        current_step=data["current_step"],
        original=_to_apps(data["original"]),
        target=_to_apps(data["target"]),
    )


def _from_apps(apps: Mapping[str, App | None]) -> dict[str, Any]:
    return {app_id: app.to_json() if app else None for app_id, app in apps.items()}


def _to_apps(data: Json) -> dict[str, App | None]:
    return {app_id: to_app(one) if one else None for app_id, one in data.items()}
