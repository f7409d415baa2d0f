"""Claims about what dnsmasq is told."""

from __future__ import annotations

from pathlib import Path

from mesosdeploy.services.dns import upstream, zone
from mesosdeploy.services.dns.settings import check
from tests.unit.services.dns.states import records, task

ACCOUNT = zone.Account(user="mesos-dns", group="mesos-dns")
SETTINGS = check({"masters": ["10.0.0.1:5050"], "listener": "10.0.0.1", "ttl": 7})


def _lines(text: str) -> list[str]:
    return text.splitlines()


def test_addresses_are_a_hosts_file() -> None:
    assert "10.0.1.1 web.marathon.mesos" in _lines(zone.hosts(records(task("web"))))


def test_services_are_srv_lines() -> None:
    lines = _lines(zone.services(records()))
    assert "srv-host=_leader._tcp.mesos,leader.mesos,5050" in lines
    assert all(line.startswith("srv-host=") for line in lines)


def test_domain_is_never_forwarded_by_those_behind() -> None:
    files = (Path("/run/x/hosts"), Path("/run/x/services.conf"))
    lines = _lines(zone.behind(SETTINGS, ACCOUNT, port=4001, files=files))
    assert "local=/mesos/" in lines
    assert not [line for line in lines if line.startswith("server=")]
    assert {"port=4001", "listen-address=127.0.0.1", "bind-interfaces", "local-ttl=7"} <= set(lines)


def test_front_asks_those_behind_for_the_domain_and_the_resolvers_for_all_else() -> None:
    resolvers = ["192.0.2.1", "192.0.2.2:5353"]
    lines = _lines(zone.front(SETTINGS, ACCOUNT, ports=[4001, 4002], resolvers=resolvers))
    assert [line for line in lines if line.startswith("server=")] == [
        "server=/mesos/127.0.0.1#4001",
        "server=/mesos/127.0.0.1#4002",
        "server=192.0.2.1",
        "server=192.0.2.2#5353",
    ]
    assert {"all-servers", "cache-size=0", "listen-address=10.0.0.1", "port=53"} <= set(lines)


def test_front_listens_everywhere_only_when_told_so() -> None:
    everywhere = check({"masters": ["10.0.0.1:5050"]})
    lines = _lines(zone.front(everywhere, ACCOUNT, ports=[], resolvers=[]))
    assert not [line for line in lines if line.startswith(("listen-address", "bind-"))]


def test_zones_have_resolvers_of_their_own() -> None:
    given = check({"masters": ["a:1"], "zoneResolvers": {"weave": ["10.9.9.9"]}})
    lines = _lines(zone.front(given, ACCOUNT, ports=[], resolvers=[]))
    assert "server=/weave/10.9.9.9" in lines


def test_authority_is_in_wire_format() -> None:
    soa, ns = _lines(zone.authority(SETTINGS, serial=1))
    # RFC 1035, 3.1: ns1.mesos is 3 n s 1 5 m e s o s 0.
    name = "036e7331056d65736f7300"
    assert ns == f"dns-rr=mesos,2,{name}"
    mailbox = "04726f6f74" + name
    numbers = "".join(f"{n:08x}" for n in (1, 60, 600, 86400, 60))
    assert soa == f"dns-rr=mesos,6,{name}{mailbox}{numbers}"


def test_kept_servers_come_before_those_in_use(tmp_path: Path) -> None:
    kept, used = tmp_path / "kept", tmp_path / "used"
    used.write_text(
        "nameserver 10.0.0.1\nnameserver 10.0.0.2\n # nameserver 9\n nameserver 192.0.2.2\n"
    )
    assert upstream.servers([kept, used], own={"10.0.0.1"}) == ["10.0.0.2", "192.0.2.2"]
    kept.write_text("search x\nnameserver 192.0.2.1\nnameserver 192.0.2.1\n")
    assert upstream.servers([kept, used], own=set()) == ["192.0.2.1"]
    assert upstream.servers([tmp_path / "none"], own=set()) == []
