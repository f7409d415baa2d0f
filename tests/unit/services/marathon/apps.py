"""Definitions and instances for the tests, in one line each."""

from __future__ import annotations

from typing import Any

from mesosdeploy.services.marathon.definition import App
from mesosdeploy.services.marathon.model import Instance

V1, V2, V3 = (f"2026-11-22T16:00:0{n}.000Z" for n in (1, 2, 3))


def app(app_id: str = "/web", version: str = V1, **fields: Any) -> App:
    return App.from_json({"id": app_id, "cmd": "sleep 1", **fields}, version=version)


def instance(task_id: str, version: str = V1, **fields: Any) -> Instance:
    given = {"app_id": "/web", "state": "TASK_RUNNING", "staged_at": V1, **fields}
    return Instance(task_id=task_id, version=version, **given)
