"""Claims about service ports: free ones for those who ask for any, and the same ones again."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.services.marathon.definition import App
from mesosdeploy.services.marathon.ports import assign_service_ports
from mesosdeploy.services.marathon.validation import InvalidError


def app(*ports: int, **fields: Any) -> App:
    definition = {"id": "/web", "cmd": "x", "ports": list(ports), **fields}
    return App.from_json(definition, version="2026-11-22T16:00:00.000Z")


def ports_of(one: App) -> list[int]:
    return [definition.port for definition in one.port_definitions]


@pytest.mark.parametrize(
    ("ports", "taken", "assigned"),
    [
        pytest.param([0], [], [10000], id="first"),
        pytest.param([0, 0], [10000, 10002], [10001, 10003], id="around taken ones"),
        pytest.param([0, 10000], [], [10001, 10000], id="around its own"),
        pytest.param([80], [80], [80], id="said ports stay"),
        pytest.param([], [], [], id="no ports"),
    ],
)
def test_port_0_gets_a_free_service_port(
    ports: list[int], taken: list[int], assigned: list[int]
) -> None:
    assert ports_of(assign_service_ports(app(*ports), taken)) == assigned


def test_an_update_keeps_the_ports_of_the_version_before() -> None:
    before = app(10007, 10003)
    after = assign_service_ports(app(0, 0, 0), {10000, 10003, 10007}, previous=before)
    assert ports_of(after) == [10007, 10003, 10001]


def test_a_port_that_is_kept_is_not_assigned_again() -> None:
    assert ports_of(assign_service_ports(app(0, 0), [], previous=app(10000))) == [10000, 10001]


def test_a_host_port_of_the_version_before_is_no_service_port() -> None:
    assert ports_of(assign_service_ports(app(0), [], previous=app(31000))) == [10000]


def test_required_ports_are_left_alone() -> None:
    assert ports_of(assign_service_ports(app(0, 80, requirePorts=True), [])) == [0, 80]


def test_running_out_of_ports_is_said() -> None:
    with pytest.raises(InvalidError, match="no service port is left for /web"):
        assign_service_ports(app(0), [10000, 10001], first=10000, last=10001)
