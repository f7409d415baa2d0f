"""When the running HAProxy is told of servers, and when it has to be reloaded."""

from __future__ import annotations

import pytest

from mesosdeploy.services.balancer.change import Running, update
from mesosdeploy.services.balancer.render import CHECK, POOL
from tests.unit.services.balancer.apps import app, rendered, task


def _with(*names: str, **labels: str) -> dict[str, object]:
    each = app(tasks=0, labels={f"HAPROXY_0_{key}": value for key, value in labels.items()})
    return each | {"tasks": [task(name) for name in names]}


def test_new_server_joins_before_the_old_one_is_disabled() -> None:
    change = update(Running(rendered=rendered(_with("old"))), rendered(_with("new")))
    assert change is not None
    assert change.commands == (
        f"add server web_0/new 10.0.0.21:31001 {CHECK} {POOL}",
        "enable health web_0/new",
        "enable server web_0/new",
        "disable server web_0/old",
    )
    assert change.retired == {"web_0/old"}


def test_retired_server_that_comes_back_is_only_enabled() -> None:
    running = Running(rendered=rendered(_with("a")), retired=frozenset({"web_0/b", "web_0/c"}))
    change = update(running, rendered(_with("a", "b")))
    assert change is not None
    assert change.commands == ("enable server web_0/b",)
    assert change.retired == {"web_0/c"}


def test_nothing_changed_is_no_command() -> None:
    change = update(Running(rendered=rendered(_with("a"))), rendered(_with("a")))
    assert change is not None
    assert change.commands == ()


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param({"MODE": "http", "STICKY": "true"}, id="cookies"),
        pytest.param({"BALANCE": "source"}, id="source"),
        pytest.param({"BALANCE": "static-rr"}, id="static"),
        pytest.param({"MODE": "http", "BALANCE": "hdr(X)"}, id="header"),
    ],
)
def test_servers_that_take_no_commands_take_a_reload(labels: dict[str, str]) -> None:
    running = Running(rendered=rendered(_with("a", **labels)))
    assert running.rendered.services
    assert update(running, rendered(_with("a", "b", **labels))) is None


def test_changed_label_takes_a_reload() -> None:
    running = Running(rendered=rendered(_with("a")))
    assert update(running, rendered(_with("a", PORT="9000"))) is None


def test_server_that_moved_takes_a_reload() -> None:
    moved = app(tasks=0) | {"tasks": [task("a", ports=[31999])]}
    assert update(Running(rendered=rendered(_with("a"))), rendered(moved)) is None
