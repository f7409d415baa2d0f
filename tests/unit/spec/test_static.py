"""Claims about the static provider's options: what a group shares, and what a host says itself."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.spec.load import check
from tests.unit.spec.specs import static, told

SHARED = {
    "masters": ["192.0.2.1"],
    "agents": {
        "user": "ops",
        "jump": "192.0.2.9",
        "hosts": ["192.0.2.2", {"address": "192.0.2.3", "user": "own", "port": 2222}],
    },
}


def agents_of(hosts: Any) -> list[dict[str, Any]]:
    """Return the hosts of the group `agents`, as a provider is given them."""
    spec, problems = check(static(hosts, masters=1, agents=2))
    assert spec is not None, problems
    found: list[dict[str, Any]] = list(spec.provider.options()["hosts"]["agents"])
    return found


def test_group_shares_with_its_hosts_what_they_do_not_say_themselves() -> None:
    first, second = agents_of(SHARED)
    assert (first["address"], first["user"], first.get("port")) == ("192.0.2.2", "ops", None)
    assert (second["address"], second["user"], second["port"]) == ("192.0.2.3", "own", 2222)
    assert first["jump"]["address"] == second["jump"]["address"] == "192.0.2.9"


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ({"hosts": ["192.0.2.2", "node"]}, "is not an IPv4 address"),
        ({"hosts": ["192.0.2.2", "192.0.2.3"], "users": "ops"}, "users"),
        ({"hosts": ["192.0.2.2", "192.0.2.3"], "jump": "bastion"}, "is not an IPv4 address"),
        ({"user": "ops"}, "provider.hosts.agents"),
    ],
    ids=["host", "unknown key", "jump", "no hosts"],
)
def test_wrong_group_is_told(group: dict[str, Any], words: str) -> None:
    problems = told(static({"masters": ["192.0.2.1"], "agents": group}, masters=1, agents=2))
    assert problems
    assert words in problems[0]
