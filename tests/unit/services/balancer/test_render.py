"""What each label makes of the configuration, line by line."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.services.balancer.render import CHECK, POOL, render
from tests.unit.services.balancer.apps import OPTIONS, app, problems, rendered, sections, task

NAMED = {"HAPROXY_0_VHOST": "web.example.com"}
WEB = "{ var(txn.host) -m str web.example.com }"


def test_without_apps_only_the_front_end_of_host_names_is_there() -> None:
    found = sections(rendered().text)
    assert list(found) == ["frontend services_http", "backend services_none"]
    assert found["frontend services_http"][-1] == "default_backend services_none"


def test_port_without_labels_is_balanced_by_connection() -> None:
    found = sections(rendered(app()).text)
    assert found["frontend web_0"] == [
        "mode tcp",
        "bind *:10000",
        "option tcplog",
        "default_backend web_0",
    ]
    assert found["backend web_0"] == [
        "mode tcp",
        "balance roundrobin",
        "retries 5",
        "option redispatch 1",
        f"server web.1 10.0.0.21:31001 {CHECK} {POOL}",
    ]


def test_host_name_makes_it_http() -> None:
    found = sections(rendered(app(labels=NAMED)).text)
    assert f"use_backend web_0 if {WEB}" in found["frontend services_http"]
    assert found["backend web_0"][:7] == [
        "mode http",
        "balance roundrobin",
        "retries 5",
        "option redispatch 1",
        "http-reuse always",
        "retry-on conn-failure empty-response",
        "http-request disable-l7-retry unless METH_GET",
    ]


@pytest.mark.parametrize(
    ("labels", "section", "line"),
    [
        pytest.param({"HAPROXY_0_PORT": "9000"}, "frontend web_0", "bind *:9000", id="port"),
        pytest.param({"HAPROXY_0_MODE": "http"}, "backend web_0", "mode http", id="mode"),
        pytest.param(
            {"HAPROXY_0_BALANCE": "leastconn"}, "backend web_0", "balance leastconn", id="balance"
        ),
        pytest.param(
            {**NAMED, "HAPROXY_0_STICKY": "true"},
            "backend web_0",
            "cookie mesosphere_server_id insert indirect nocache httponly",
            id="sticky",
        ),
        pytest.param(
            {**NAMED, "HAPROXY_0_STICKY": "true"},
            "backend web_0",
            f"server web.1 10.0.0.21:31001 {CHECK} {POOL} cookie f2059589cb873f97",
            id="cookie of a server",
        ),
        pytest.param(
            {**NAMED, "HAPROXY_0_PATH": "/x"},
            "frontend services_http",
            f"use_backend web_0 if {WEB} {{ path_beg /x }}",
            id="path",
        ),
        pytest.param(
            {"HAPROXY_0_VHOST": "a.b,c.d"},
            "frontend services_http",
            "use_backend web_0 if { var(txn.host) -m str c.d }",
            id="second vhost",
        ),
        pytest.param(
            {**NAMED, "HAPROXY_0_HTTP_BACKEND_PROXYPASS_PATH": "/a.b/"},
            "backend web_0",
            r"http-request replace-path '^/a\.b(/(.*))?$' '/\2'",
            id="proxypass",
        ),
        pytest.param(
            {**NAMED, "HAPROXY_0_HTTP_BACKEND_REDIR": "/start"},
            "backend web_0",
            "http-request redirect code 301 location /start if { path / }",
            id="redirect",
        ),
        pytest.param(
            {**NAMED, "HAPROXY_0_REDIRECT_TO_HTTPS": "true"},
            "backend web_0",
            "http-request redirect scheme https code 301 if { fe_name services_http }"
            " !{ ssl_fc } !{ req.hdr(X-Forwarded-Proto) https }",
            id="https",
        ),
    ],
)
def test_label_makes_its_line(labels: dict[str, str], section: str, line: str) -> None:
    result = rendered(app(labels=labels))
    assert result.problems == ()
    assert line in sections(result.text)[section]


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        pytest.param({"labels": {"HAPROXY_GROUP": "internal"}}, 0, id="other group"),
        pytest.param({"labels": {"HAPROXY_GROUP": "a, external"}}, 1, id="several groups"),
        pytest.param({"labels": {"HAPROXY_0_GROUP": "internal"}}, 0, id="group of the port"),
        pytest.param({"labels": {"HAPROXY_0_ENABLED": "false"}}, 0, id="disabled"),
        pytest.param({"portDefinitions": []}, 0, id="no port"),
    ],
)
def test_app_is_balanced_when_it_asks_for_it(changes: dict[str, Any], wanted: int) -> None:
    result = rendered(app(**changes))
    assert (len(result.services), result.problems) == (wanted, ())


def test_group_star_balances_every_app() -> None:
    unlabelled = {**app(), "labels": {}}
    assert [s.app for s in rendered(unlabelled, groups=("*",)).services] == ["/web"]
    assert rendered(unlabelled).services == ()


@pytest.mark.parametrize(
    ("changes", "servers"),
    [
        pytest.param({}, 1, id="running"),
        pytest.param({"state": "TASK_KILLING"}, 0, id="being killed"),
        pytest.param({"state": "TASK_UNREACHABLE"}, 0, id="unreachable"),
        pytest.param({"state": "TASK_STAGING"}, 0, id="staging"),
        pytest.param({"healthCheckResults": [{"alive": False}]}, 1, id="no check, old result"),
    ],
)
def test_only_running_instances_get_requests(changes: dict[str, Any], servers: int) -> None:
    (service,) = rendered(app(tasks=0) | {"tasks": [task(**changes)]}).services
    assert len(service.servers) == servers


@pytest.mark.parametrize(
    ("results", "servers"),
    [
        pytest.param([{"alive": True}], 1, id="passes"),
        pytest.param([{"alive": False}], 0, id="fails"),
        pytest.param([{"alive": True}, {"alive": False}], 0, id="fails one"),
        pytest.param([], 0, id="no result yet"),
        pytest.param(None, 0, id="no results at all"),
    ],
)
def test_only_instances_that_pass_their_checks_get_requests(results: Any, servers: int) -> None:
    checked = app(healthChecks=[{"protocol": "COMMAND"}])
    checked["tasks"] = [task(healthCheckResults=results)]
    (service,) = rendered(checked).services
    assert len(service.servers) == servers


@pytest.mark.parametrize(
    ("check", "lines"),
    [
        pytest.param(
            {"protocol": "MESOS_HTTP", "path": "/health?a=b", "portIndex": 0},
            ["option httpchk", "http-check send meth GET uri /health?a=b"],
            id="http",
        ),
        pytest.param({"protocol": "HTTP"}, ["http-check send meth GET uri /"], id="standard path"),
    ],
)
def test_haproxy_asks_what_the_health_check_asks(check: dict[str, Any], lines: list[str]) -> None:
    backend = sections(rendered(app(healthChecks=[check])).text)["backend web_0"]
    assert set(lines) <= set(backend)
    assert "http-check expect status 200-399" in backend


@pytest.mark.parametrize(
    "check",
    [
        pytest.param({"protocol": "MESOS_TCP", "portIndex": 0}, id="tcp"),
        pytest.param({"protocol": "COMMAND"}, id="command"),
        pytest.param({"protocol": "MESOS_HTTP", "path": "/", "portIndex": 1}, id="other port"),
        pytest.param({"protocol": "MESOS_HTTP", "path": "/", "port": 9999}, id="port of its own"),
    ],
)
def test_haproxy_connects_where_there_is_nothing_to_ask(check: dict[str, Any]) -> None:
    result = rendered(app(healthChecks=[check]))
    assert "httpchk" not in result.text
    assert result.problems == ()


def test_two_versions_of_an_app_serve_together() -> None:
    both = app(tasks=0)
    both["tasks"] = [task("web.old", version="1"), task("web.new", version="2")]
    (service,) = rendered(both).services
    assert [server.name for server in service.servers] == ["web.new", "web.old"]


def test_container_in_a_network_is_reached_at_its_own_address() -> None:
    networked = app(
        networks=[{"mode": "container", "name": "net"}],
        container={"portMappings": [{"containerPort": 80, "servicePort": 10100}]},
    )
    networked["tasks"] = [task(ports=[], ipAddresses=[{"ipAddress": "172.16.0.5"}])]
    (service,) = rendered(networked).services
    assert (service.port, service.servers[0].endpoint) == (10100, "172.16.0.5:80")


def test_container_behind_a_bridge_is_reached_at_its_agent() -> None:
    bridged = app(
        networks=[{"mode": "container/bridge"}],
        container={"portMappings": [{"containerPort": 80, "servicePort": 10100}]},
    )
    (service,) = rendered(bridged).services
    assert (service.port, service.servers[0].endpoint) == (10100, "10.0.0.21:31001")


def test_certificate_opens_the_port_of_https() -> None:
    text = rendered(certificate="/etc/ssl/web.pem").text
    assert "bind *:443 ssl crt /etc/ssl/web.pem alpn h2,http/1.1" in text
    assert "*:443" not in rendered().text


def test_longer_paths_and_larger_weights_come_first() -> None:
    host = {"HAPROXY_0_VHOST": "x.y"}
    result = rendered(
        app("/all", labels=host, portDefinitions=[{"port": 10001}]),
        app("/deep", labels={**host, "HAPROXY_0_PATH": "/a/b"}, portDefinitions=[{"port": 10002}]),
        app("/flat", labels={**host, "HAPROXY_0_PATH": "/a"}, portDefinitions=[{"port": 10003}]),
        app(
            "/first",
            labels={**host, "HAPROXY_0_PATH": "/a/", "HAPROXY_0_BACKEND_WEIGHT": "9"},
            portDefinitions=[{"port": 10004}],
        ),
    )
    lines = sections(result.text)["frontend services_http"]
    order = [line.split()[1] for line in lines if line.startswith("use_backend")]
    assert order == ["first_0", "deep_0", "flat_0", "all_0"]


def test_the_same_apps_in_another_order_give_the_same_text() -> None:
    two = app("/a", tasks=3), app("/b", portDefinitions=[{"port": 10001}], tasks=2)
    assert rendered(*two).text == rendered(*reversed(two)).text


def test_skeleton_is_the_text_without_servers() -> None:
    result = rendered(app(tasks=2))
    assert result.skeleton == rendered(app(tasks=0)).text
    assert result.skeleton == "".join(
        line
        for line in result.text.splitlines(keepends=True)
        if not line.lstrip().startswith("server ")
    )


def test_app_that_cannot_be_read_harms_no_other() -> None:
    result = render([{"id": "/odd", "labels": 7}, app()], OPTIONS)
    assert [service.app for service in result.services] == ["/web"]
    (problem,) = problems(result)
    assert problem.startswith("/odd: Marathon's description of it cannot be read: AttributeError")
