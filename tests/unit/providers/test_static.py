from __future__ import annotations

from pathlib import Path

import pytest

from mesosdeploy.errors import ProviderError
from mesosdeploy.nodes import Jump, NodeRequest, NodeStatus
from mesosdeploy.providers import static
from mesosdeploy.providers.base import ClusterContext
from mesosdeploy.providers.static import StaticProvider, best_key

KEY = "ssh-ed25519 AAAAC3Nz"
HOSTS = {
    "masters": [{"address": "192.0.2.11", "host_key": KEY}],
    "gpu": [
        {"address": "192.0.2.21", "host_key": KEY},
        {"address": "192.0.2.22", "name": "big", "user": "debian", "port": 2222, "host_key": KEY},
    ],
}


def ignore(_step: str) -> None:
    """Report nothing."""


def provider(**options: object) -> StaticProvider:
    context = ClusterContext(cluster="c1", directory=Path("/nowhere"), options=options)
    return StaticProvider(context)


def request(name: str) -> NodeRequest:
    return NodeRequest(cluster="c1", name=name, group="masters", index=1, roles=frozenset())


def test_hosts_are_running_nodes_with_the_names_of_the_spec() -> None:
    nodes = provider(hosts=HOSTS, user="ops").list()
    assert [(n.name, n.group, n.index, n.ssh_user, n.ssh_port) for n in nodes] == [
        ("master-1", "masters", 1, "ops", 22),
        ("gpu-1", "gpu", 1, "ops", 22),
        ("big", "gpu", 2, "debian", 2222),
    ]
    assert {node.status for node in nodes} == {NodeStatus.RUNNING}
    assert {node.host_key for node in nodes} == {KEY}


def test_zones_are_those_of_the_hosts_in_one_region() -> None:
    host = {"address": "192.0.2.11", "host_key": KEY}
    hosts = {"masters": [{**host, "zone": "rack1"}, host]}
    nodes = provider(hosts=hosts, region="north").list()
    assert [(node.region, node.zone) for node in nodes] == [("north", "rack1"), ("north", "")]


def test_a_host_without_a_pinned_key_is_refused_with_the_way_to_pin_it() -> None:
    unpinned = provider(hosts={"masters": ["192.0.2.11", {"address": "192.0.2.12"}]})
    with pytest.raises(ProviderError) as caught:
        unpinned.list()
    assert caught.value.message == (
        "no pinned host key for master-1 (192.0.2.11), master-2 (192.0.2.12)"
    )
    assert "ssh-keyscan -t ed25519 192.0.2.11" in str(caught.value.hint)
    assert [finding.ok for finding in unpinned.check()] == [False]


def test_known_hosts_serves_the_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []

    def look_up(address: str, port: int, known_hosts: Path) -> str:
        asked.append(f"{address} in {known_hosts.name}")
        return f"# Host {address} found: line 1\n|1|abc=|def= {KEY}\n"

    monkeypatch.setattr(static, "_look_up", look_up)
    (node,) = provider(hosts={"masters": ["192.0.2.11"]}, known_hosts=tmp_path / "known").list()
    assert node.host_key == KEY
    assert set(asked) == {"192.0.2.11 in known"}


def test_a_missing_known_hosts_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match=r"there is no file .*/known"):
        provider(hosts={"masters": ["192.0.2.11"]}, known_hosts=tmp_path / "known").list()


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        pytest.param("", "", id="unknown"),
        pytest.param(
            "h ssh-rsa AAAAB3\nh ssh-ed25519 AAAAC3 me\n", "ssh-ed25519 AAAAC3", id="best"
        ),
        pytest.param(
            "@revoked h ssh-ed25519 AAAAC3\nh ssh-rsa AAAAB3\n", "ssh-rsa AAAAB3", id="revoked"
        ),
        pytest.param("h ssh-dss AAAAB3\n", "", id="too weak"),
    ],
)
def test_the_strongest_key_that_counts_is_taken(lines: str, key: str) -> None:
    assert best_key(lines) == key


def test_no_machine_is_made() -> None:
    with pytest.raises(
        ProviderError, match=r"node master-9 has no machine: .*master-1, gpu-1, big"
    ):
        provider(hosts=HOSTS).create(request("master-9"), ignore)
    with pytest.raises(ProviderError, match="node master-9 has no machine"):
        provider(hosts=HOSTS).prepare([request("master-9")], ignore)


def test_a_listed_machine_is_returned_and_left_alone() -> None:
    known = provider(hosts=HOSTS)
    node = known.create(request("master-1"), ignore)
    steps: list[str] = []
    known.destroy(node, steps.append)
    known.cleanup(steps.append)
    assert node in known.list()
    assert known.start(node, ignore) == node
    assert known.leftovers() == []
    assert steps == ["master-1: left as it is, the static provider removes no machine"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({}, "the static provider has no hosts", id="no hosts"),
        pytest.param(
            {"hosts": {"masters": [7]}}, r"hosts\.masters\[0\]: 7 has no address", id="number"
        ),
        pytest.param(
            {"hosts": {"masters": [{"address": "a", "ip": "b"}]}},
            "unknown key ip",
            id="unknown key",
        ),
        pytest.param({"hosts": HOSTS, "engine": "x"}, "has no option engine", id="unknown option"),
    ],
)
def test_a_wrong_form_is_told_with_its_place(options: dict[str, object], message: str) -> None:
    with pytest.raises(ProviderError, match=message):
        provider(**options)


def test_host_is_reached_through_its_own_jump_or_the_provider_s() -> None:
    hosts = {
        "masters": [{"address": "192.0.2.11", "host_key": KEY}],
        "agents": [
            {"address": "192.0.2.21", "host_key": KEY, "user": "ops", "jump": "192.0.2.11"},
            {"address": "192.0.2.1", "host_key": KEY},
        ],
    }
    jump = {"address": "192.0.2.1", "user": "way", "port": 2200, "private_key": "/k"}
    jump |= {"host_key": KEY}
    through = provider(hosts=hosts, jump=jump).list()[0].jump
    assert through == Jump(host="192.0.2.1", user="way", port=2200, host_key=KEY, private_key="/k")
    own = provider(hosts=hosts).list()
    assert [node.jump and (node.jump.host, node.jump.user) for node in own] == [
        None,
        ("192.0.2.11", "ops"),
        None,
    ]


def test_jump_host_that_is_a_node_is_reached_without_itself() -> None:
    hosts = {"masters": [{"address": "192.0.2.1", "host_key": KEY}]}
    assert [node.jump for node in provider(hosts=hosts, jump="192.0.2.1").list()] == [None]


def test_jump_host_without_a_pinned_key_is_refused() -> None:
    unpinned = provider(hosts={"masters": [HOSTS["masters"][0]]}, jump={"address": "192.0.2.1"})
    with pytest.raises(ProviderError, match=r"no pinned host key for jump host \(192\.0\.2\.1\)"):
        unpinned.list()


def test_pinned_key_of_a_node_serves_where_it_is_the_jump_host() -> None:
    master, agent = HOSTS["masters"][0], HOSTS["gpu"][0]
    found = provider(hosts={"masters": [master], "gpu": [agent]}, jump="192.0.2.11").list()
    assert [node.jump and node.jump.host_key for node in found] == [None, KEY]
