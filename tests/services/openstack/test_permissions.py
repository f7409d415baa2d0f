"""The access rules that docs/openstack.md shows allow what is called, and nothing for nothing."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import openstack
import pytest
import requests as http
from openstack.exceptions import HttpException
from ruamel.yaml import YAML

from mesosdeploy.nodes import NodeRequest
from tests.services.openstack.conftest import Cloud, Provide, quiet
from tests.services.openstack.control_plane.configuration import PATHS

PAGE = Path(__file__).parents[3] / "docs" / "openstack.md"
Call = tuple[str, str, str]


def rules() -> list[dict[str, str]]:
    (text,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    found: list[dict[str, str]] = json.loads(text)
    assert found
    return found


def fits(rule: dict[str, str], call: Call) -> bool:
    pattern = re.escape(rule["path"]).replace(r"\*", "[^/]+")
    service, method, path = call
    return (rule["service"], rule["method"]) == (service, method) and bool(
        re.fullmatch(pattern, path)
    )


@pytest.fixture
def limited(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the entry of clouds.yaml with a credential for these calls only."""
    made = cloud.user.identity.create_application_credential(
        cloud.user.current_user_id, name=tmp_path.name, access_rules=rules()
    )
    for name in [name for name in os.environ if name.startswith("OS_")]:
        monkeypatch.delenv(name)
    auth = {
        "auth_url": cloud.plane.auth_url,
        "application_credential_id": made.id,
        "application_credential_secret": made.secret,
    }
    entry = {"auth_type": "v3applicationcredential", "auth": auth}
    YAML().dump({"clouds": {"limited": entry}}, tmp_path / "clouds.yaml")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    return "limited"


@pytest.fixture
def calls(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """Return a list that gets every call which this process makes to a cloud's service."""
    services = {port: PATHS[name][0] for name, port in cloud.plane.ports.items()}
    seen: list[Call] = []
    send = http.Session.send

    def noting(self: http.Session, call: http.PreparedRequest, **named: object) -> http.Response:
        url = urlsplit(str(call.url))
        seen.append((services[url.port or 0], str(call.method), url.path))
        return send(self, call, **named)

    monkeypatch.setattr(http.Session, "send", noting)
    return seen


def test_a_credential_for_these_calls_is_enough_for_the_whole_life_of_a_cluster(
    cloud: Cloud,
    limited: str,
    provide: Provide,
    requests: tuple[NodeRequest, ...],
    calls: list[Call],
) -> None:
    admin = cloud.admin.compute
    provider = provide(cloud=limited, zones=["az1"])
    calls.clear()
    assert [finding.message for finding in provider.check()] == ["the interface answers"]
    provider.prepare(requests, quiet)
    node = provider.create(requests[0], quiet)
    theirs = len(calls)
    admin.stop_server(node.provider_id)
    admin.wait_for_server(admin.get_server(node.provider_id), status="SHUTOFF", interval=0.5)
    del calls[theirs:]
    provider.start(provider.list()[0], quiet)
    theirs = len(calls)
    admin.delete_server(node.provider_id)
    admin.wait_for_delete(admin.get_server(node.provider_id), interval=0.5)
    del calls[theirs:]
    provider.create(requests[0], quiet)
    provide(cloud=limited, admin_cidrs=["192.0.2.0/24"]).prepare(requests, quiet)
    assert provider.clusters()
    provider.cleanup(quiet)
    assert (provider.leftovers(), cloud.kinds()) == ([], {})
    needless = [rule for rule in rules() if not any(fits(rule, call) for call in calls)]
    assert needless == []


def test_a_credential_for_these_calls_is_of_no_use_for_others(limited: str) -> None:
    connection = openstack.connect(cloud=limited)
    assert list(connection.compute.servers()) == []
    with pytest.raises(HttpException, match=r"401|403"):
        list(connection.network.subnet_pools())
