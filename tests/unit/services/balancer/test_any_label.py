"""Whatever users of Marathon write, the configuration gets no line that was not meant."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mesosdeploy.services.balancer.render import CHECK, POOL
from tests.unit.services.balancer.apps import app, rendered, task

LABELS = (
    "VHOST", "PATH", "PORT", "MODE", "BALANCE", "STICKY", "REDIRECT_TO_HTTPS", "ENABLED", "GROUP",
    "BACKEND_WEIGHT", "HTTP_BACKEND_PROXYPASS_PATH", "HTTP_BACKEND_REDIR", "REDIRECT_PATH",
)  # fmt: skip
# Values that are nearly right, which a loose pattern lets through.
NEARLY = st.sampled_from(
    [
        "a.b", "/x", "80", "http", "true", "hdr(X)", "a.b\n    server evil 1.2.3.4:5",
        "a.b # x", "/x }", "/x' '/y", "/x\\", '/x"', "9000\n", "a.b\r\nglobal", "/%[src]",
        "a.b\x00", "/x\u2028y", "http\ntcp", "/${HOME}", "hdr(X) -m reg .*",
    ]
)  # fmt: skip
VALUES = st.one_of(NEARLY, st.text(max_size=40), st.tuples(NEARLY, st.text()).map("".join))

_WORD = r"[A-Za-z0-9._~/+@:,=?&;()-]+"
_HOST = r"{ var\(txn\.host\) -m str [a-z0-9.-]+ }"
_PLAIN = r"{ fe_name services_http } !{ ssl_fc } !{ req\.hdr\(X-Forwarded-Proto\) https }"
ALLOWED = [
    re.compile(pattern)
    for pattern in (
        r"",
        r" *# (Written by|A request goes|not safe|Each request of|that from).*",
        r"frontend services_http|backend services_none|(frontend|backend) [a-z0-9._-]+",
        r"    mode (http|tcp)",
        r"    bind \*:[0-9]+",
        r"    option (httplog|tcplog|forwardfor|idle-close-on-response|redispatch 1|httpchk)",
        r"    http-request set-header X-Forwarded-(Port %\[dst_port\]|Proto https if { ssl_fc })",
        r"    http-request set-var\(txn\.host\) req\.hdr\(host\),field\(1,:\),lower",
        rf"    use_backend [a-z0-9._-]+ if {_HOST}( {{ path_beg {_WORD} }})?",
        r"    default_backend [a-z0-9._-]+",
        r'    http-request return status 404 content-type text/plain string ".*"',
        rf"    balance {_WORD}",
        r"    retries 5",
        r"    http-reuse always",
        r"    retry-on conn-failure empty-response",
        r"    http-request disable-l7-retry unless METH_GET",
        rf"    http-request redirect scheme https code 301 if {_PLAIN}",
        rf"    http-request redirect code 301 location {_WORD} if {{ path / }}",
        r"    http-request replace-path '\^[A-Za-z0-9._~/\\+@:,=-]*\(/\(\.\*\)\)\?\$' '/\\2'",
        r"    cookie mesosphere_server_id insert indirect nocache httponly",
        rf"    http-check send meth GET uri {_WORD}",
        r"    http-check expect status 200-399",
        rf"    server [A-Za-z0-9._:-]+ [0-9.]+:[0-9]+ {CHECK} {POOL}( cookie [0-9a-f]{{16}})?",
    )
]


def _strange(text: str) -> list[str]:
    # HAProxy ends a line at \n; str.splitlines would hide what ends one elsewhere.
    return [line for line in text.split("\n") if not any(p.fullmatch(line) for p in ALLOWED)]


@settings(max_examples=400, deadline=None)
@given(values=st.dictionaries(st.sampled_from(LABELS), VALUES, max_size=6))
def test_no_value_of_a_label_makes_a_line_of_its_own(values: dict[str, str]) -> None:
    result = rendered(app(labels={f"HAPROXY_0_{name}": value for name, value in values.items()}))
    assert _strange(result.text) == []
    assert result.text.count("\nbackend ") <= 2
    assert result.text.count("\n    server ") <= 1


@settings(max_examples=200, deadline=None)
@given(
    name=st.one_of(st.text(max_size=30), st.sampled_from(["/a\nb", "/a b", "/../x", "/a_b"])),
    path=VALUES,
    task_id=VALUES,
    host=VALUES,
    key=st.text(max_size=30),
)
def test_no_other_text_of_an_app_makes_a_line_of_its_own(
    name: str, path: str, task_id: str, host: str, key: str
) -> None:
    odd = app(name, tasks=0, healthChecks=[{"protocol": "HTTP", "path": path}])
    odd["labels"] = {**odd["labels"], f"HAPROXY_0_{key}": "x", key: "y"}
    odd["tasks"] = [
        task(task_id, host=host, healthCheckResults=[{"alive": True}]),
        task("web.1", host="10.0.0.1", healthCheckResults=[{"alive": True}]),
    ]
    other: dict[str, Any] = app("/other", portDefinitions=[{"port": 10009}])
    result = rendered(odd, other)
    assert _strange(result.text) == []
    assert "server other.1 10.0.0.21:31001" in result.text
    assert all("\n" not in str(problem) for problem in result.problems)
