"""Labels of marathon-lb: which values are taken, which are refused and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.services.balancer import labels
from mesosdeploy.services.balancer.model import Labels


@pytest.mark.parametrize(
    ("label", "value", "field", "wanted"),
    [
        pytest.param("VHOST", "a.example.com", "vhosts", ("a.example.com",), id="vhost"),
        pytest.param("VHOST", "A.b, c.d,c.d", "vhosts", ("a.b", "c.d"), id="several vhosts"),
        pytest.param("PATH", "/x", "paths", ("/x",), id="path"),
        pytest.param("PATH", "/x /y.z", "paths", ("/x", "/y.z"), id="several paths"),
        pytest.param("PORT", "9000", "port", 9000, id="port"),
        pytest.param("MODE", "HTTP", "mode", "http", id="mode"),
        pytest.param("BALANCE", "leastconn", "balance", "leastconn", id="balance"),
        pytest.param("BALANCE", "hdr(X-User)", "balance", "hdr(X-User)", id="balance by header"),
        pytest.param("STICKY", "true", "sticky", True, id="sticky"),
        pytest.param("STICKY", "Y", "sticky", True, id="sticky in short"),
        pytest.param("REDIRECT_TO_HTTPS", "yes", "redirect_to_https", True, id="https"),
        pytest.param("ENABLED", "false", "enabled", False, id="disabled"),
        pytest.param("BACKEND_WEIGHT", "-5", "backend_weight", -5, id="weight"),
        pytest.param("GROUP", "a,b", "groups", ("a", "b"), id="group"),
        pytest.param("HTTP_BACKEND_PROXYPASS_PATH", "/p", "proxypass_path", "/p", id="proxypass"),
        pytest.param("HTTP_BACKEND_REDIR", "/r", "redirect_path", "/r", id="redir"),
        pytest.param("REDIRECT_PATH", "/r", "redirect_path", "/r", id="redirect path"),
    ],
)
def test_label_is_read(label: str, value: str, field: str, wanted: Any) -> None:
    assert labels.read({f"HAPROXY_0_{label}": value}, 0) == (Labels(**{field: wanted}), ())


@pytest.mark.parametrize(
    ("label", "value", "reason"),
    [
        pytest.param("VHOST", "a b", "must be host names, separated by commas", id="blank"),
        pytest.param("VHOST", "a.b }", "must be host names, separated by commas", id="brace"),
        pytest.param("VHOST", "*.a.b", "must be host names, separated by commas", id="wildcard"),
        pytest.param("VHOST", "", "must be host names, separated by commas", id="nothing"),
        pytest.param("VHOST", "a" * 254, "must be host names, separated by commas", id="long"),
        pytest.param("PORT", "0", "must be a number from 1 to 65535", id="port 0"),
        pytest.param("PORT", "80 user root", "must be a number from 1 to 65535", id="more words"),
        pytest.param("PORT", "९०००", "must be a number from 1 to 65535", id="other digits"),
        pytest.param("MODE", "health", "must be one of http, tcp", id="mode"),
        pytest.param("STICKY", "maybe", "must be true or false", id="flag"),
        pytest.param(
            "BALANCE",
            "url_param x",
            "must be one of roundrobin, static-rr, leastconn, first, source, uri, random"
            " or hdr(<name>)",
            id="balance",
        ),
        pytest.param(
            "HTTP_BACKEND_REDIR",
            "/a%[env(HOME)]",
            "must be a path of /[A-Za-z0-9._~/+@:,=-]{0,254}",
            id="log format",
        ),
        pytest.param(
            "HTTP_BACKEND_PROXYPASS_PATH",
            "x",
            "must be a path of /[A-Za-z0-9._~/+@:,=-]{0,254}",
            id="no path",
        ),
    ],
)
def test_label_is_refused(label: str, value: str, reason: str) -> None:
    shown = ascii(value if len(value) <= 80 else f"{value[:77]}...")
    _, wrong = labels.read({f"HAPROXY_0_{label}": value}, 0)
    assert wrong == (f"HAPROXY_0_{label} {shown} {reason}",)


@pytest.mark.parametrize("label", ["AUTH", "BACKEND_NETWORK_ALLOWED_ACL", "VHSOT", "BACKEND_HEAD"])
def test_unknown_label_is_wrong_because_it_may_keep_somebody_out(label: str) -> None:
    _, (wrong,) = labels.read({f"HAPROXY_0_{label}": "x"}, 0)
    assert wrong.startswith(f"'HAPROXY_0_{label}' is not supported; labels are VHOST, PATH")


def test_labels_of_other_ports_are_not_read() -> None:
    given = {"HAPROXY_1_VHOST": "a.b", "HAPROXY_10_PORT": "x", "HAPROXY_GROUP": "external"}
    assert labels.read(given, 0) == (Labels(), ())
    assert labels.indices(given) == {1, 10}


@pytest.mark.parametrize(
    ("path", "good"),
    [
        pytest.param("/health?deep=1&x=a", True, id="query"),
        pytest.param("/", True, id="root"),
        pytest.param("/a b", False, id="blank"),
        pytest.param("/a\nserver x", False, id="line"),
        pytest.param("/a#b", False, id="comment"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_path_of_a_check_is_judged(path: str, good: bool) -> None:
    assert labels.is_check_path(path) is good
