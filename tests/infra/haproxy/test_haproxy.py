"""What is true of a node that runs HAProxy."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.verify import infra

_PROBE = """
import base64, csv, io, json, os, re, socket, subprocess, time, urllib.error, urllib.request
config, services = "/etc/haproxy/haproxy.cfg", "/etc/haproxy/services.cfg"
text = open(config).read() if os.path.exists(config) else ""
# Settings of the team are in group_vars, which only the node knows.
bound = dict(re.findall(r"^frontend (\\w+)\\n +bind (\\S+)$", text, re.MULTILINE))
found = re.search(r"^ +user (\\S+) insecure-password '(.*)'$", text, re.MULTILINE)
credentials = ":".join(found.groups()) if found else ""
class Keep(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Keep)
def get(frontend, path, secret=""):
    if frontend not in bound:
        return 0, f"haproxy.cfg has no front end {frontend}", ""
    address = bound[frontend].replace("*", "127.0.0.1")
    request = urllib.request.Request(f"http://{address}{path}")
    if secret:
        token = base64.b64encode(secret.encode()).decode()
        request.add_header("Authorization", "Basic " + token)
    try:
        with opener.open(request, timeout=5) as answer:
            return answer.status, answer.read(4000000).decode(), ""
    except urllib.error.HTTPError as error:
        return error.code, "", error.headers.get("Location") or ""
    except OSError as error:
        return 0, str(error), ""
def run(*argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout
def ask(command):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect("/run/haproxy/admin.sock")
        connection.sendall(command.encode() + b"\\n")
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()
def servers():
    try:
        rows = list(csv.DictReader(io.StringIO(ask("show stat").lstrip("# "))))
    except OSError:
        return {}
    return {row["pxname"] + "/" + row["svname"]: row["status"] for row in rows}
def leaders(found):
    return [n for n, state in found.items() if n.startswith("mesos-leader/")
            and n != "mesos-leader/BACKEND" and state.startswith("UP")]
# Right after a reload each master counts as up until it was asked once.
deadline = time.monotonic() + 15
found = servers()
while found and len(leaders(found)) != 1 and time.monotonic() < deadline:
    time.sleep(0.3)
    found = servers()
keys = "ActiveState,UnitFileState,Restart,DropInPaths"
show = ("systemctl", "show", "haproxy", "--property", keys)
status, body, _ = get("statistics", "/metrics", credentials)
state = "/run/mesosdeploy/haproxy/"
print(json.dumps({
    "unit": dict(x.split("=", 1) for x in run(*show)[1].splitlines()),
    "valid": run("haproxy", "-c", "-q", "-f", config, "-f", services),
    "mode": oct(os.stat(config).st_mode & 0o777),
    "health": get("statistics", "/_haproxy_health_check")[0],
    "stats": get("statistics", "/stats", credentials)[0],
    "stats_without": get("statistics", "/stats")[0],
    "credentials": bool(credentials),
    "metrics": [status, "haproxy_process_uptime_seconds" in body],
    "servers": found, "leaders": leaders(found),
    "redirect": get("mesos", "/redirect"),
    "ping": get("marathon", "/ping"),
    "applied": run("sha256sum", "--check", "--quiet", state + "applied", state + "configured"),
}))
"""


@pytest.fixture(scope="session")
def seen(host: Any) -> dict[str, Any]:
    """Return what one command finds on the node."""
    return infra.look(host, _PROBE)


def test_haproxy_runs_now_and_after_a_reboot(seen: dict[str, Any]) -> None:
    unit = seen["unit"]
    assert unit["ActiveState"] == "active", (
        f"haproxy.service is {unit['ActiveState']}; see `systemctl status haproxy`"
    )
    assert unit["UnitFileState"] == "enabled", "haproxy.service does not start after a reboot"


def test_haproxy_is_run_with_both_files(seen: dict[str, Any]) -> None:
    unit = seen["unit"]
    assert "haproxy.service.d/mesosdeploy.conf" in unit["DropInPaths"], (
        "the unit is Debian's alone: services are not loaded"
    )
    assert unit["Restart"] == "always", "HAProxy stays down when it dies"


def test_configuration_is_valid(seen: dict[str, Any]) -> None:
    code, text = seen["valid"]
    assert code == 0, f"HAProxy would not start again: {text.strip()}"


def test_configuration_is_private(seen: dict[str, Any]) -> None:
    assert seen["mode"] == "0o640", f"/etc/haproxy/haproxy.cfg has mode {seen['mode']}"


def test_haproxy_answers(seen: dict[str, Any]) -> None:
    assert seen["health"] == 200, f"/_haproxy_health_check answers {seen['health']}"


def test_statistics_answer(seen: dict[str, Any]) -> None:
    assert seen["stats"] == 200, f"/stats answers {seen['stats']}"


def test_statistics_ask_for_credentials_where_there_are_some(seen: dict[str, Any]) -> None:
    wanted = 401 if seen["credentials"] else 200
    assert seen["stats_without"] == wanted, (
        f"/stats without credentials answers {seen['stats_without']}, not {wanted}"
    )


def test_metrics_are_those_of_prometheus(seen: dict[str, Any]) -> None:
    status, known = seen["metrics"]
    assert status == 200, f"/metrics answers {status}"
    assert known, "/metrics does not hold HAProxy's figures"


def test_only_the_leading_master_gets_requests(seen: dict[str, Any]) -> None:
    leaders = seen["leaders"]
    assert len(leaders) == 1, f"{len(leaders)} masters count as the leader: {seen['servers']}"
    status, _, location = seen["redirect"]
    assert status in (307, 308), f"port 5050 answers /redirect with {status}"
    address = leaders[0].rpartition("_")[2]
    assert location.removeprefix("//").rpartition(":")[0] == address, (
        f"HAProxy takes {address} for the leader, the masters say {location}"
    )


def test_every_master_is_known(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    wanted = {
        f"mesos-leader/{each['name']}_{each['address']}"
        for each in expected["mesosdeploy_master_servers"]
    }
    assert wanted, "the inventory names no master"
    assert wanted <= set(seen["servers"]), "a master is missing: run `mesosdeploy up`"


def test_marathon_answers(seen: dict[str, Any]) -> None:
    status, body, _ = seen["ping"]
    assert status in (200, 401), f"port 8080 answers /ping with {status} {body}"


def test_running_haproxy_has_the_settings_that_are_written(seen: dict[str, Any]) -> None:
    if seen["unit"]["ActiveState"] != "active":
        pytest.skip("HAProxy does not run, which a check of its own says")
    code, text = seen["applied"]
    assert code == 0, f"HAProxy was started with other settings; run `up`: {text.strip()}"
