"""The program with real dnsmasq processes and a master that says what a test sets."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from kazoo.client import KazooClient

from tests.lab.processes import HOST, ZooKeeper, free_port, wait_for
from tests.services.dns.processes import (
    Load,
    MesosDns,
    ScriptedMaster,
    Upstream,
    ask,
    status_of,
)
from tests.unit.services.dns.states import discovery, framework, state, task

SERVICE, SRV, A = "_web._tcp.marathon.mesos", 33, 1
AGENT_ADDRESS = "10.0.1.1"
CHANGES = 20


def web(count: int, leader: str) -> dict[str, Any]:
    """Return a state with this many tasks "web", each with a port of its own."""
    tasks = [
        task("web", id=f"web.{n}", discovery=discovery("web", ("http", 31000 + n, "tcp")))
        for n in range(count)
    ]
    return state(framework(*tasks), leader=f"master@{leader}")


def ports(dns: MesosDns) -> list[str]:
    return [line.split()[2] for line in ask(dns.port, SERVICE, "SRV")]


def test_names_of_the_domain_are_answered(tmp_path: Path, master: ScriptedMaster) -> None:
    master.state = web(2, master.address)
    with MesosDns(tmp_path, masters=[master.address], externalon=False, ttl=7) as dns:
        assert ask(dns.port, "web.marathon.mesos") == [AGENT_ADDRESS]
        assert ask(dns.port, "WEB.Marathon.Mesos", tcp=True) == [AGENT_ADDRESS]
        assert ask(dns.port, "leader.mesos") == [HOST]
        assert ports(dns) == ["31000", "31001"]
        assert ask(dns.port, f"_http.{SERVICE}", "SRV", tcp=True) == ask(dns.port, SERVICE, "SRV")
        assert ask(dns.port, "mesos", "NS") == ["ns1.mesos."]
        assert ask(dns.port, "ns1.mesos") == [HOST]
        full = subprocess.run(
            ["dig", f"@{HOST}", "-p", str(dns.port), SERVICE, "SRV"],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        assert f"{SERVICE}. 7\tIN\tSRV\t0 0 31000" in full
        assert "ADDITIONAL: 3" in full, "the targets' addresses come along"


def test_names_of_the_domain_are_never_forwarded(tmp_path: Path, master: ScriptedMaster) -> None:
    master.state = web(1, master.address)
    with (
        Upstream(tmp_path) as upstream,
        MesosDns(tmp_path, masters=[master.address], resolvers=[upstream.address]) as dns,
    ):
        assert ask(dns.port, "host.example") == ["192.0.2.80"]
        assert status_of(dns.port, "nosuch.example") == "NXDOMAIN"
        assert status_of(dns.port, "nosuch.marathon.mesos") == "NXDOMAIN"
        assert status_of(dns.port, "web.marathon.mesos", "AAAA") == "NOERROR"
        assert "host.example" in upstream.queries()
        assert "mesos" not in upstream.queries()


def test_other_names_are_refused_when_external_is_off(
    tmp_path: Path, master: ScriptedMaster
) -> None:
    master.state = web(1, master.address)
    with MesosDns(tmp_path, masters=[master.address], externalon=False) as dns:
        assert status_of(dns.port, "host.example") == "REFUSED"


def test_a_dead_resolver_costs_no_time(tmp_path: Path, master: ScriptedMaster) -> None:
    master.state = web(1, master.address)
    with (
        Upstream(tmp_path) as upstream,
        MesosDns(
            tmp_path,
            masters=[master.address],
            resolvers=[f"{HOST}:{free_port()}", upstream.address],
        ) as dns,
        Load(dns.port, "host.example", A, seconds=1.0) as load,
    ):
        wait_for("queries", lambda: load.asked > 50)
    assert not load.lost


def test_no_query_is_lost_while_records_change(tmp_path: Path, master: ScriptedMaster) -> None:
    master.state = web(2, master.address)
    with MesosDns(tmp_path, masters=[master.address], externalon=False) as dns:
        with Load(dns.port, SERVICE, SRV) as services, Load(dns.port, "leader.mesos", A) as names:
            for number in range(CHANGES):
                count = 2 + (number + 1) % 2
                master.state = web(count, master.address)
                wait_for("the change", lambda count=count: len(ports(dns)) == count)
        health = dns.get("/health")
    for load in (services, names):
        assert load.asked > 10 * CHANGES
        assert not load.lost, f"{len(load.lost)} of {load.asked}: {load.lost[:3]}"
        assert not load.empty, f"{load.empty} of {load.asked} answers are empty"
    assert health["healthy"]


def test_ended_and_unhealthy_tasks_are_gone(tmp_path: Path, master: ScriptedMaster) -> None:
    ill = task("web", on=2, id="web.ill")
    master.state = state(framework(task("web"), ill), leader=f"master@{master.address}")
    with MesosDns(tmp_path, masters=[master.address], externalon=False) as dns:
        assert ask(dns.port, "web.marathon.mesos") == [AGENT_ADDRESS, "10.0.1.2"]
        ill["statuses"][0]["healthy"] = False
        wait_for("one", lambda: ask(dns.port, "web.marathon.mesos") == [AGENT_ADDRESS])
        master.state = state(framework(), leader=f"master@{master.address}")
        wait_for("none", lambda: status_of(dns.port, "web.marathon.mesos") == "NXDOMAIN")


def test_last_records_stay_without_a_master(tmp_path: Path, master: ScriptedMaster) -> None:
    master.state = web(1, master.address)
    with MesosDns(tmp_path, masters=[master.address], externalon=False) as dns:
        master.state = {}
        told = wait_for("the problem", lambda: dns.get("/health")["problem"])
        assert told == f"no leading master: {master.address}: it knows no leader"
        assert ports(dns) == ["31000"]
        wait_for("its age", lambda: dns.get("/health")["state_age_seconds"] > 2)
        master.state = web(2, master.address)
        wait_for("the new records", lambda: len(ports(dns)) == 2)
        wait_for("the end of the problem", lambda: dns.get("/health")["problem"] == "")


def test_port_is_closed_until_there_is_a_state(tmp_path: Path, master: ScriptedMaster) -> None:
    """A closed port sends clients to the next server; an empty answer would not."""

    def http_is_up(dns: MesosDns) -> bool:
        return bool(dns.get("/v1/version"))

    with MesosDns(tmp_path, http_is_up, masters=[master.address], externalon=False) as dns:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((HOST, dns.port), 1)
        master.state = web(1, master.address)
        wait_for("answers", lambda: ports(dns) == ["31000"])


def test_master_that_does_not_lead_names_the_one_that_does(
    tmp_path: Path, master: ScriptedMaster
) -> None:
    with ScriptedMaster() as other:
        other.redirect = master.address
        master.state = web(1, master.address)
        with MesosDns(tmp_path, masters=[other.address], externalon=False) as dns:
            assert ports(dns) == ["31000"]


def test_credentials_are_sent(tmp_path: Path, master: ScriptedMaster) -> None:
    master.state = web(1, master.address)
    login = {"mesosCredentials": {"principal": "dns", "secret": "x"}}
    settings = {"masters": [master.address], "mesosAuthentication": "basic", **login}
    with MesosDns(tmp_path, externalon=False, **settings) as dns:
        assert "mesosCredentials" not in dns.get("/v1/config")
    assert set(master.authorizations) == {"Basic ZG5zOng="}


def test_new_leader_is_followed_at_once(tmp_path: Path, master: ScriptedMaster) -> None:
    """The state is read every ten minutes here: only the watch in ZooKeeper can tell."""
    with ScriptedMaster() as second, ZooKeeper(tmp_path / "zookeeper") as zookeeper:
        master.state, second.state = web(1, master.address), web(2, second.address)
        client = KazooClient(f"{HOST}:{zookeeper.port}")
        client.start()
        try:
            nodes = [_stand(client, each) for each in (master, second)]
            settings = {"zk": zookeeper.url, "refreshSeconds": 600, "externalon": False}
            with MesosDns(tmp_path, **settings) as dns:
                assert ports(dns) == ["31000"]
                client.delete(nodes[0])
                wait_for("the second", lambda: ports(dns) == ["31000", "31001"], 5)
                zookeeper.stop()
                assert ports(dns) == ["31000", "31001"]
        finally:
            client.stop()
            client.close()


def _stand(client: KazooClient, master: ScriptedMaster) -> str:
    host, _, port = master.address.partition(":")
    info = {"address": {"hostname": host, "ip": host, "port": int(port)}}
    path = client.create(
        "/mesos/json.info_", json.dumps(info).encode(), sequence=True, makepath=True
    )
    return str(path)


@pytest.mark.parametrize("name", ["front", "behind-1", "behind-2"])
def test_killed_dnsmasq_comes_back(tmp_path: Path, master: ScriptedMaster, name: str) -> None:
    master.state = web(1, master.address)
    with MesosDns(tmp_path, masters=[master.address], externalon=False) as dns:
        (victim,) = dns.children(f"{name}.conf")
        os.kill(victim, signal.SIGKILL)
        wait_for("another", lambda: set(dns.children(f"{name}.conf")) - {victim})
        wait_for("answers", lambda: ports(dns) == ["31000"])


def test_end_leaves_no_process_behind(tmp_path: Path, master: ScriptedMaster) -> None:
    master.state = web(1, master.address)
    with MesosDns(tmp_path, masters=[master.address], externalon=False) as dns:
        children = dns.children()
        assert len(children) == 3
        assert dns.signal(signal.SIGTERM) == 0
        assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert not list(tmp_path.glob("mesos-dns-*")), "the files that dnsmasq read are still there"


def test_http_interface_has_mesos_dns_shapes(tmp_path: Path, master: ScriptedMaster) -> None:
    master.state = web(1, master.address)
    with MesosDns(tmp_path, masters=[master.address], externalon=False) as dns:
        assert dns.get("/v1/version")["Service"] == "Mesos-DNS"
        assert dns.get("/v1/config")["refreshSeconds"] == 1
        assert dns.get("/v1/hosts/leader.mesos.") == [{"host": "leader.mesos.", "ip": HOST}]
        assert dns.get("/v1/hosts/nosuch.mesos") == [{"host": "", "ip": ""}]
        (service,) = dns.get(f"/v1/services/{SERVICE}.")
        assert (service["service"], service["ip"]) == (SERVICE, AGENT_ADDRESS)
        assert service["port"] == "31000"
        assert dns.get("/v1/services/_no._tcp.mesos")[0]["port"] == ""
        (listed,) = dns.get("/v1/enumerate")["frameworks"]
        assert (listed["name"], listed["tasks"][0]["id"]) == ("marathon", "web.0")
        first = {"name": "web.marathon.mesos.", "host": AGENT_ADDRESS, "rtype": "A"}
        assert first in listed["tasks"][0]["records"]
        whole = dns.get("/v1/axfr")
        assert whole["Records"]["A"]["web.marathon.mesos."] == [AGENT_ADDRESS]


def test_unknown_key_ends_it_with_its_name(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"zk": "zk://a:2181/mesos", "refreshSecond": 5}')
    done = _run(f"-config={config}")
    assert done.returncode == 2
    assert "refreshSecond: no such key; did you mean refreshSeconds?" in done.stderr
    config.write_text('{"zk": "zk://a:2181/mesos"}')
    assert _run(f"-config={config}", "-check").returncode == 0


def test_taken_port_ends_it_with_a_sentence(tmp_path: Path, master: ScriptedMaster) -> None:
    master.state = web(1, master.address)
    config = tmp_path / "config.json"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind((HOST, 0))
        port = holder.getsockname()[1]
        settings = {"masters": [master.address], "listener": HOST, "port": port, "httpon": False}
        config.write_text(json.dumps(settings))
        done = _run(f"-config={config}")
    assert done.returncode == 1
    assert f"cannot listen on {HOST}:{port}: Address already in use" in done.stderr


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mesosdeploy.services.dns", *words],
        stderr=subprocess.PIPE,
        text=True,
        timeout=30,
        check=False,
    )
