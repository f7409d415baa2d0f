"""Claims about the configuration file: what is taken, and what is refused by its name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy.services.dns.settings import ConfigurationError, ZooKeeper, check, load

GIVEN = {"zk": "zk://10.0.0.1:2181,10.0.0.2:2181/mesos"}


def test_defaults_are_those_of_mesos_dns() -> None:
    settings = check(GIVEN)
    values = [settings[k] for k in ("refreshSeconds", "ttl", "port", "httpport", "timeout")]
    assert values == [60, 60, 53, 8123, 5]
    assert (settings.domain, settings.listener) == ("mesos", "")
    assert settings["IPSources"] == ["netinfo", "mesos", "host"]


def test_keys_may_be_in_any_case() -> None:
    assert check({**GIVEN, "RefreshSeconds": 7, "ipsources": ["host"]})["refreshSeconds"] == 7


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        pytest.param(
            {**GIVEN, "refreshSecond": 5},
            "refreshSecond: no such key; did you mean refreshSeconds?",
            id="misspelt",
        ),
        pytest.param({**GIVEN, "quux": 5}, "quux: no such key", id="unknown"),
        pytest.param(
            {**GIVEN, "caCertFile": "/x"},
            "caCertFile: Mesos-DNS has this key, the stand-in does not; remove it",
            id="only the official one has it",
        ),
        pytest.param({**GIVEN, "port": 0}, "port: 0 is less than the minimum of 1", id="port"),
        pytest.param(
            {**GIVEN, "listener": "here"},
            "listener: 'here' is not valid under any of the given schemas",
            id="listener",
        ),
        pytest.param(
            {**GIVEN, "IPSources": ["moon"]},
            "IPSources.0: 'moon' is not one of ['netinfo', 'mesos', 'docker', 'host']",
            id="source",
        ),
        pytest.param(
            {},
            "neither zk nor masters is given: nothing says where the masters are",
            id="no masters",
        ),
        pytest.param(
            {**GIVEN, "mesosAuthentication": "basic"},
            "mesosAuthentication is basic, but mesosCredentials is missing",
            id="no credentials",
        ),
        pytest.param(
            {**GIVEN, "dnson": False, "httpon": False},
            "dnson and httpon are both false: nothing would be served",
            id="nothing to do",
        ),
        pytest.param([], "the file holds no JSON object", id="no object"),
    ],
)
def test_refused(given: object, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check(given)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    "server", ["ns.example.org", "10.0.0.1#53", "10.0.0.1\nserver=/x/", ""], ids=repr
)
def test_resolver_is_an_address(server: str) -> None:
    with pytest.raises(ConfigurationError, match=r"resolvers\.0"):
        check({**GIVEN, "resolvers": [server]})


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        check({"quux": 1, "ttl": -1})
    assert str(caught.value).count(";") == 2


@pytest.mark.parametrize(
    ("url", "place"),
    [
        pytest.param(
            "zk://a:2181,b:2181/mesos", ZooKeeper(hosts="a:2181,b:2181", path="/mesos"), id="plain"
        ),
        pytest.param(
            "zk://u:p@a:2181/x/mesos/",
            ZooKeeper(hosts="a:2181", path="/x/mesos", credentials="u:p"),
            id="credentials, deep path",
        ),
    ],
)
def test_zookeeper_url(url: str, place: ZooKeeper) -> None:
    assert check({"zk": url}).zookeeper == place


def test_secrets_are_not_shown() -> None:
    settings = check(
        {
            "zk": "zk://u:hidden@a:2181/mesos",
            "mesosAuthentication": "basic",
            "mesosCredentials": {"principal": "dns", "secret": "hidden"},
        }
    )
    assert settings.credentials == ("dns", "hidden")
    assert "hidden" not in json.dumps(settings.public())


@pytest.mark.parametrize(
    ("content", "match"),
    [
        pytest.param("{", r"config\.json is no JSON", id="no JSON"),
        pytest.param('{"quux": 1}', r"config\.json: quux: no such key", id="wrong"),
        pytest.param(None, r"config\.json cannot be read: No such file", id="missing"),
    ],
)
def test_file_is_named(tmp_path: Path, content: str | None, match: str) -> None:
    path = tmp_path / "config.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigurationError, match=match):
        load(path)


def test_schema_has_a_default_for_what_is_not_empty() -> None:
    values: dict[str, Any] = check(GIVEN).values
    assert {k for k, v in values.items() if v is None} == {
        "masters",
        "resolvers",
        "mesosCredentials",
    }
