"""Who gets a port or a host name that several want, and what contradicts itself."""

from __future__ import annotations

import pytest

from mesosdeploy.services.balancer.model import Surroundings
from mesosdeploy.services.balancer.render import render
from tests.unit.services.balancer.apps import OPTIONS, app, problems, rendered, task


def test_first_app_by_id_gets_the_port() -> None:
    result = rendered(app("/b"), app("/a"))
    assert [service.app for service in result.services] == ["/a"]
    assert problems(result) == ["/b port 0: port 10000 belongs to /a port 0"]


def test_app_without_its_port_keeps_its_host_name() -> None:
    result = rendered(app("/a"), app("/b", labels={"HAPROXY_0_VHOST": "b.c"}))
    assert [(service.app, service.port) for service in result.services] == [
        ("/a", 10000),
        ("/b", None),
    ]
    assert problems(result) == ["/b port 0: port 10000 belongs to /a port 0"]


def test_first_app_by_id_gets_the_host_name() -> None:
    named = {"HAPROXY_0_VHOST": "x.y,z.y"}
    result = rendered(
        app("/a", labels={"HAPROXY_0_VHOST": "x.y"}),
        app("/b", labels=named, portDefinitions=[{"port": 10001}]),
    )
    assert "use_backend a_0 if { var(txn.host) -m str x.y }" in result.text
    assert "use_backend b_0 if { var(txn.host) -m str z.y }" in result.text
    assert problems(result) == ["/b port 0: x.y belongs to /a port 0"]


@pytest.mark.parametrize(
    ("port", "reason"),
    [
        pytest.param(22, "port 22 is not within 1024 to 65535", id="privileged"),
        pytest.param(5050, "port 5050 is reserved on the balancer", id="reserved"),
        pytest.param(8405, "port 8405 is reserved on the balancer", id="its own"),
        pytest.param(
            7000, "port 7000 is taken by another process of the balancer's machine", id="taken"
        ),
        pytest.param(0, "it has no service port: set HAPROXY_0_PORT", id="none"),
    ],
)
def test_port_is_refused(port: int, reason: str) -> None:
    around = Surroundings(taken_ports=frozenset({7000}))
    result = render([app(portDefinitions=[{"port": port}])], OPTIONS, around)
    assert result.services == ()
    assert problems(result) == [f"/web port 0: {reason}"]


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        pytest.param({"STICKY": "true"}, "STICKY needs HAPROXY_0_MODE http", id="sticky"),
        pytest.param({"PATH": "/x"}, "PATH needs HAPROXY_0_MODE http", id="path"),
        pytest.param(
            {"MODE": "tcp", "VHOST": "a.b"}, "VHOST needs HAPROXY_0_MODE http", id="tcp and vhost"
        ),
        pytest.param(
            {"MODE": "http", "PATH": "/x"}, "PATH needs HAPROXY_0_VHOST", id="path without vhost"
        ),
        pytest.param(
            {"MODE": "http", "REDIRECT_TO_HTTPS": "true"},
            "REDIRECT_TO_HTTPS needs HAPROXY_0_VHOST",
            id="https without vhost",
        ),
        pytest.param(
            {"BALANCE": "hdr(Host)"},
            "BALANCE hdr(Host) needs HAPROXY_0_MODE http",
            id="balance by header",
        ),
    ],
)
def test_contradiction_is_refused(labels: dict[str, str], reason: str) -> None:
    result = rendered(app(labels={f"HAPROXY_0_{name}": value for name, value in labels.items()}))
    assert result.services == ()
    assert problems(result) == [f"/web port 0: {reason}"]


def test_bad_label_disables_its_port_and_no_other() -> None:
    two = app(
        portDefinitions=[{"port": 10000}, {"port": 10001}],
        labels={"HAPROXY_0_MODE": "udp", "HAPROXY_2_PORT": "1"},
    )
    two["tasks"] = [task(ports=[31001, 31002])]
    result = rendered(two)
    assert [(service.index, service.port) for service in result.services] == [(1, 10001)]
    assert problems(result) == [
        "/web port 0: HAPROXY_0_MODE 'udp' must be one of http, tcp",
        "/web port 2: HAPROXY_2_… is about a port that the app does not have",
    ]


def test_host_is_resolved_and_one_that_cannot_be_is_left_out() -> None:
    named = app(tasks=0)
    named["tasks"] = [task("web.1", host="agent-1"), task("web.2", host="agent-2")]
    result = render([named], OPTIONS, Surroundings(addresses={"agent-1": "10.0.0.21"}))
    (service,) = result.services
    assert [server.endpoint for server in service.servers] == ["10.0.0.21:31001"]
    assert problems(result) == ["/web port 0: task web.2 at agent-2:31001 cannot be reached"]
