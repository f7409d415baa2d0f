"""Fixtures of the tests with the official Python client library: a client, an app, a wait."""

from __future__ import annotations

import collections
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from marathon import MarathonClient
from marathon.models import MarathonApp, MarathonConstraint

from tests.lab.processes import wait_for
from tests.services.marathon.processes import Api, Marathon

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
    wait_for("the end of its tasks", lambda: not tasks_of(client, name))
    wait_for("the end of deployments", lambda: not client.list_deployments())


def tasks_of(client: MarathonClient, app_id: str) -> list[Any]:
    """Return the tasks of an app, which need not exist any more."""
    return [task for task in client.list_tasks() if task.app_id == app_id]


def sleeper(**fields: Any) -> MarathonApp:
    """Return an app of one sleeping task."""
    return MarathonApp(
        **{"cmd": "exec sleep 600", "cpus": 0.05, "mem": 16, "instances": 1, **fields}
    )


def is_settled(client: MarathonClient, app_id: str, count: int) -> list[str] | None:
    """Return the IDs of the tasks once `count` run and no deployment is under way."""
    app = client.get_app(app_id)
    ids = [task.id for task in app.tasks if task.state == "TASK_RUNNING"]
    settled = not app.deployments and len(ids) == len(app.tasks) == count
    return ids if settled and app.tasks_running == count else None


@pytest.fixture
def settled(client: MarathonClient) -> Callable[[str, int], list[str]]:
    """Return a wait for so many running tasks and the end of deployments; their IDs."""

    def probe(app_id: str, count: int) -> list[list[str]]:
        ids = is_settled(client, app_id, count)
        return [] if ids is None else [ids]

    def wait(app_id: str, count: int) -> list[str]:
        return wait_for(f"{count} tasks of {app_id}", lambda: probe(app_id, count))[0]

    return wait


Settled = Callable[[str, int], list[str]]
