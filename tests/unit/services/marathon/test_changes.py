"""Versions of definitions, as requests make them."""

from __future__ import annotations

import pytest

from mesosdeploy.services.marathon.changes import deployment, restarted, succeed, updated
from mesosdeploy.services.marathon.definition import App
from mesosdeploy.services.marathon.validation import InvalidError
from tests.unit.services.marathon.apps import V1, V2, app

_PORTS = range(10000, 10003)


def changed(apps: dict[str, App], body: dict[str, object], *, partial: bool = False) -> App:
    app_id = str(body["id"])
    found = updated(apps, {app_id: body}, version=V2, partial=partial, ports=_PORTS)[app_id]
    assert found is not None
    return found


def test_new_app_is_scaled_and_changed_at_its_version() -> None:
    new = changed({}, {"id": "/a", "cmd": "x"})
    assert (new.version, new.last_scaling_at, new.last_config_change_at) == (V2, V2, V2)


def test_scaling_is_no_change_of_configuration() -> None:
    old = app("/a", portDefinitions=[])
    body = {"id": "/a", "cmd": "sleep 1", "portDefinitions": [], "instances": 5}
    new = changed({"/a": old}, body)
    assert (new.version, new.last_scaling_at, new.last_config_change_at) == (V2, V2, V1)


def test_change_of_configuration_is_one() -> None:
    new = changed({"/a": app("/a")}, {"id": "/a", "cmd": "sleep 9"})
    assert (new.version, new.last_config_change_at) == (V2, V2)


def test_same_definition_stays_the_same_version() -> None:
    old = app("/a")
    assert succeed(old, app("/a", version=V2)) == old


def test_restart_changes_the_configuration_but_not_the_definition() -> None:
    old = app("/a")
    new = restarted(old, V2)
    assert new.same_config(old)
    assert new.last_config_change_at == V2


def test_partial_update_keeps_what_it_does_not_name() -> None:
    new = changed({"/a": app("/a", mem=77)}, {"id": "/a", "cpus": 2}, partial=True)
    assert (new.cmd, new.mem, new.cpus) == ("sleep 1", 77, 2)


def test_service_ports_are_kept_and_new_ones_are_free() -> None:
    old = app("/a", portDefinitions=[{"port": 10000}])
    other = app("/b", portDefinitions=[{"port": 10001}])
    body = {"id": "/a", "cmd": "x", "portDefinitions": [{"port": 0}, {"port": 0}]}
    new = changed({"/a": old, "/b": other}, body)
    assert [one.port for one in new.port_definitions] == [10000, 10002]


def test_two_new_apps_of_one_request_get_different_ports() -> None:
    bodies = {
        one: {"id": one, "cmd": "x", "portDefinitions": [{"port": 0}]} for one in ("/a", "/b")
    }
    found = updated({}, bodies, version=V1, partial=False, ports=_PORTS)
    ports = [found[one].port_definitions[0].port for one in bodies]  # type: ignore[union-attr]
    assert ports == [10000, 10001]


def test_too_few_service_ports_are_an_invalid_definition() -> None:
    body = {"id": "/a", "cmd": "x", "portDefinitions": [{"port": 0}] * 4}
    with pytest.raises(InvalidError):
        changed({}, body)


def test_definition_that_zookeeper_would_not_take_is_invalid() -> None:
    large = app("/a", env={"TEXT": "x" * 600_000})
    with pytest.raises(InvalidError) as refused:
        deployment({}, {"/a": large}, version=V2)
    assert "must fit into 1000000 bytes" in refused.value.details[0].errors[0]
