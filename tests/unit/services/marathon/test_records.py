"""What is stored reads back as it was."""

from __future__ import annotations

import json

from mesosdeploy.services.marathon import changes, records
from mesosdeploy.services.marathon.model import TaskFailure
from mesosdeploy.services.marathon.store import key, version_key
from tests.unit.services.marathon.apps import V1, V2, app, instance


def test_instance_survives_storage() -> None:
    one = instance("a", ports=(31000, 31001), addresses=("10.0.0.7",), attributes={"rack": "r1"})
    assert records.to_instance(json.loads(json.dumps(records.from_instance(one)))) == one


def test_failure_survives_storage() -> None:
    one = TaskFailure(
        app_id="/web",
        task_id="a",
        host="h",
        message="why",
        state="TASK_FAILED",
        timestamp=V1,
        version=V1,
        slave_id="S0",
    )
    assert records.to_failure(json.loads(json.dumps(records.from_failure(one)))) == one


def test_deployment_survives_storage() -> None:
    scaled = app("/a", labels={"k": "v"}).with_instances(2, version=V2)
    target = {"/a": scaled, "/b": app("/b", version=V2), "/c": None}
    one = changes.deployment({"/a": app("/a"), "/c": app("/c")}, target, version=V2)
    assert records.to_deployment(json.loads(json.dumps(records.from_deployment(one)))) == one


def test_names_of_apps_in_paths_are_unique() -> None:
    assert key("/a/b-c.d") == "a_b-c.d"
    assert version_key("/a/b", V1) == f"a_b@{V1}"
