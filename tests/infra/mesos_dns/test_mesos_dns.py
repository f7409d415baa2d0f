"""What is true of a node that runs a server of the cluster's names."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.verify import infra

NO_SUCH_NAME = 3
LOCAL_ANSWER_SECONDS = 1.0
OLDEST_STATE_SECONDS = 60.0

_PROBE = """
import json, os, socket, struct, subprocess, sys, time, urllib.error, urllib.request
address, port, http, domain, *masters = sys.argv[1:]
class Keep(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Keep)
def get(url):
    try:
        with opener.open(url, timeout=5) as answer:
            body = answer.read().decode()
            return answer.status, json.loads(body) if body else None
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("Location")
    except (OSError, ValueError) as error:
        return 0, str(error)
def ask(name, kind=1, server=address, at=port):
    # RFC 1035, 4.1: code (-1: no answer), number of answers, IPv4 addresses, seconds
    labels = b"".join(bytes([len(x)]) + x.encode() for x in name.split(".") if x)
    question = labels + struct.pack("!BHH", 0, kind, 1)
    begin = time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(3)
        connection.connect((server, int(at)))
        try:
            connection.send(struct.pack("!6H", os.getpid() % 65536, 256, 1, 0, 0, 0) + question)
            answer = connection.recv(4096)
        except OSError as error:
            return [-1, 0, [str(error)], 0]
    count, position, found = struct.unpack("!H", answer[6:8])[0], 12 + len(question), []
    for _ in range(count if kind == 1 else 0):
        _, got, _, _, length = struct.unpack("!HHHIH", answer[position:position + 12])
        if got == 1:
            found.append(socket.inet_ntoa(answer[position + 12:position + 16]))
        position += 12 + length
    return [answer[3] & 15, count, sorted(found), time.monotonic() - begin]
def run(*argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout
base = f"http://{address}:{http}"
settings = json.load(open("/etc/mesos-dns/config.json"))
foreign = [["", 2], ["mesosdeploy-verify.invalid", 1]]
upstream = next((x for x in settings.get("resolvers") or [] if ask("", 2, x, 53)[0] != -1), "")
services = []
for framework in (get(f"{base}/v1/enumerate")[1] or {}).get("frameworks") or []:
    for task in framework.get("tasks") or []:
        services += [r["name"] for r in task.get("records") or [] if r["rtype"] == "SRV"]
leaders = [get(f"http://{master}:5050/redirect")[1] for master in masters]
keys = "ActiveState,UnitFileState,Restart,FragmentPath,User"
show = ("systemctl", "show", "mesos-dns", "--property", keys)
print(json.dumps({
    "unit": dict(x.split("=", 1) for x in run(*show)[1].splitlines()),
    "version": get(f"{base}/v1/version"), "health": get(f"{base}/health"),
    "listed": get(f"{base}/v1/hosts/leader.{domain}"),
    "leader": ask(f"leader.{domain}"), "master": ask(f"master.{domain}"),
    "unknown": ask(f"mesosdeploy-verify.{domain}"), "leaders": leaders,
    "upstream": upstream,
    "direct": [ask(name, kind, upstream, 53)[:2] for name, kind in foreign] if upstream else [],
    "forwarded": [ask(name, kind)[:2] for name, kind in foreign] if upstream else [],
    "services": {name: ask(name, 33)[:2] for name in services[:5]},
    "mode": oct(os.stat("/etc/mesos-dns/config.json").st_mode & 0o777),
    "applied": run("sha256sum", "--check", "--quiet", "/run/mesosdeploy/mesos-dns/applied"),
}))
"""


@pytest.fixture(scope="session")
def masters(expected: dict[str, Any]) -> list[str]:
    """Return the addresses of the masters."""
    found = [server["address"] for server in expected["mesosdeploy_master_servers"]]
    assert found, "the inventory names no masters"
    return found


@pytest.fixture(scope="session")
def seen(host: Any, expected: dict[str, Any], masters: list[str]) -> dict[str, Any]:
    """Return what one command finds on the node; a name is asked of the node's own address."""
    arguments = [
        expected["mesosdeploy_address"],
        str(expected.get("mesos_dns_port", 53)),
        str(expected.get("mesos_dns_http_port", 8123)),
        str(expected.get("mesos_dns_domain", "mesos")),
    ]
    return infra.look(host, _PROBE, *arguments, *masters)


def test_server_runs_now_and_after_a_reboot(seen: dict[str, Any]) -> None:
    unit = seen["unit"]
    assert unit["ActiveState"] == "active", (
        f"mesos-dns.service is {unit['ActiveState']}; see `systemctl status mesos-dns`"
    )
    assert unit["UnitFileState"] == "enabled", "mesos-dns.service does not start after a reboot"


def test_server_is_restarted_when_it_exits(seen: dict[str, Any]) -> None:
    unit = seen["unit"]
    assert unit["FragmentPath"] == "/etc/systemd/system/mesos-dns.service", (
        f"the server is run by {unit['FragmentPath']}, not by mesosdeploy's unit"
    )
    assert unit["Restart"] == "always", "a server that exits stays down"


def test_server_does_not_run_as_root(seen: dict[str, Any]) -> None:
    assert seen["unit"]["User"] == "mesos-dns", f"it runs as {seen['unit']['User'] or 'root'}"


def test_http_interface_answers(seen: dict[str, Any]) -> None:
    status, body = seen["version"]
    assert status == 200, f"/v1/version answers {status}: {body}"
    status, body = seen["listed"]
    assert status == 200, f"/v1/hosts answers {status}: {body}"
    assert body[0]["ip"], "/v1/hosts knows no leading master"


def test_state_of_the_master_is_fresh(seen: dict[str, Any]) -> None:
    status, body = seen["health"]
    if status == 404:
        pytest.skip("Mesos-DNS' own binary does not tell the age of what it knows")
    assert status == 200, f"/health answers {status}: {body}"
    assert body["state_age_seconds"] <= OLDEST_STATE_SECONDS, body["problem"]


def test_leader_is_the_leading_master(seen: dict[str, Any], masters: list[str]) -> None:
    code, _, addresses, _ = seen["leader"]
    assert code == 0, f"leader.mesos: code {code} {addresses}"
    assert len(addresses) == 1, f"leader.mesos is {addresses}"
    assert addresses[0] in masters, f"leader.mesos is {addresses[0]}, which is no master"
    told = {str(place).split("//")[-1].partition(":")[0] for place in seen["leaders"]}
    assert addresses[0] in told, f"leader.mesos is {addresses[0]}, the masters say {sorted(told)}"


def test_master_is_every_master(seen: dict[str, Any], masters: list[str]) -> None:
    assert seen["master"][2] == sorted(masters), f"master.mesos is {seen['master'][2]}"


def test_unknown_name_of_the_domain_is_denied_at_once(seen: dict[str, Any]) -> None:
    code, _, _, seconds = seen["unknown"]
    assert code == NO_SUCH_NAME, f"an unknown name of the domain gets code {code}"
    assert seconds <= LOCAL_ANSWER_SECONDS, f"that took {seconds:.1f} s: it was forwarded"


def test_other_names_are_answered_as_before(seen: dict[str, Any]) -> None:
    if not seen["upstream"]:
        pytest.skip("no server for other names can be reached from this node")
    assert seen["forwarded"] == seen["direct"], (
        f"{seen['upstream']} answers {seen['direct']} (code, answers), through mesos-dns it is"
        f" {seen['forwarded']}"
    )


def test_services_of_running_tasks_have_ports(seen: dict[str, Any]) -> None:
    if not seen["services"]:
        pytest.skip("no running task has a port")
    wrong = {name: found for name, found in seen["services"].items() if found[0] or not found[1]}
    assert not wrong, f"no SRV record (code, answers): {wrong}"


def test_configuration_is_private(seen: dict[str, Any]) -> None:
    assert seen["mode"] == "0o640", f"/etc/mesos-dns/config.json has mode {seen['mode']}"


def test_running_server_has_the_settings_that_are_written(seen: dict[str, Any]) -> None:
    if seen["unit"]["ActiveState"] != "active":
        pytest.skip("the server does not run, which a check of its own says")
    code, text = seen["applied"]
    assert code == 0, f"the server was started with other settings; restart it: {text.strip()}"
