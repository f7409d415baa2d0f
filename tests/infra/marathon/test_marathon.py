"""What is true of a node that runs Marathon."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.verify import infra

UNAUTHORIZED = 401
ENVIRONMENT_FILE = "/etc/default/marathon"

# Credentials are read from the process itself: what it asks for, whatever group_vars say.
_PROBE = """
import base64, grp, json, os, subprocess, sys, urllib.error, urllib.request
address, port = sys.argv[1:]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
def run(*argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout
keys = "ActiveState,UnitFileState,Restart,FragmentPath,MainPID,User"
show = ("systemctl", "show", "marathon", "--property", keys)
unit = dict(x.split("=", 1) for x in run(*show)[1].splitlines())
try:
    with open("/proc/" + unit["MainPID"] + "/environ") as stream:
        environment = dict(x.split("=", 1) for x in stream.read().split("\\0") if "=" in x)
except OSError:
    environment = {}
credentials = environment.pop("MARATHON_HTTP_CREDENTIALS", "")
def get(path, login=credentials):
    request = urllib.request.Request(f"http://{address}:{port}{path}")
    if login:
        request.add_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
    try:
        with opener.open(request, timeout=10) as answer:
            body = answer.read().decode()
            return answer.status, json.loads(body) if path.startswith("/v2") else body
    except urllib.error.HTTPError as error:
        return error.code, str(error)
    except OSError as error:
        return 0, str(error)
def status(path):
    if not os.path.exists(path):
        return "missing"
    s = os.stat(path)
    return oct(s.st_mode & 0o777) + " " + grp.getgrgid(s.st_gid).gr_name
print(json.dumps({
    "unit": unit, "environment": environment, "secured": bool(credentials),
    "ping": get("/ping"), "info": get("/v2/info"), "leader": get("/v2/leader"),
    "open": get("/v2/info", ""),
    "mode": status("/etc/default/marathon"),
    "applied": run("sha256sum", "--check", "--quiet", "/run/mesosdeploy/marathon/applied"),
}))
"""


@pytest.fixture(scope="session")
def seen(host: Any, expected: dict[str, Any]) -> dict[str, Any]:
    """Return what one command finds on the node."""
    arguments = [expected["mesosdeploy_address"], str(expected.get("marathon_http_port", 8080))]
    return infra.look(host, _PROBE, *arguments)


@pytest.fixture(scope="session")
def environment(seen: dict[str, Any]) -> dict[str, str]:
    """Return the environment that Marathon runs with, without its credentials."""
    if not seen["environment"]:
        pytest.skip("Marathon does not run, which a check of its own says")
    return dict(seen["environment"])


def _require_answer(status: int) -> None:
    if not status:
        pytest.skip("Marathon does not answer, which a check of its own says")


def test_marathon_runs_now_and_after_a_reboot(seen: dict[str, Any]) -> None:
    unit = seen["unit"]
    assert unit["ActiveState"] == "active", (
        f"marathon.service is {unit['ActiveState']}; see `systemctl status marathon`"
    )
    assert unit["UnitFileState"] == "enabled", "marathon.service does not start after a reboot"


def test_marathon_is_restarted_when_it_exits(seen: dict[str, Any]) -> None:
    unit = seen["unit"]
    assert unit["FragmentPath"] == "/etc/systemd/system/marathon.service", (
        f"Marathon is run by {unit['FragmentPath']}, not by mesosdeploy's unit"
    )
    assert unit["Restart"] == "always", "a Marathon that loses the leadership exits and stays down"


def test_marathon_answers(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    status, body = seen["ping"]
    assert (status, body.strip()) == (200, "pong"), (
        f"{expected['mesosdeploy_address']}/ping of Marathon answers {status}: {body}"
    )


def test_marathon_has_the_wanted_version(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    status, body = seen["info"]
    _require_answer(status)
    assert status == 200, f"/v2/info of Marathon answers {status}: {body}"
    wanted = expected["mesosdeploy_marathon_version"]
    assert body["version"] == wanted, f"Marathon {body['version']} runs, {wanted} is wanted"


def test_marathon_knows_a_leader(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    status, body = seen["leader"]
    _require_answer(status)
    assert status == 200, f"no leader is known ({status}): {body}"
    known = {server["address"] for server in expected["mesosdeploy_marathon_servers"]}
    known |= {server["name"] for server in expected["mesosdeploy_marathon_servers"]}
    assert body["leader"].rpartition(":")[0] in known, (
        f"{body['leader']} leads, which is none of this cluster's: {', '.join(sorted(known))}"
    )


@pytest.mark.parametrize(
    ("variable", "inventory"),
    [
        pytest.param("MARATHON_MASTER", "mesosdeploy_zookeeper_url", id="masters"),
        pytest.param("MARATHON_ZK", "mesosdeploy_marathon_zookeeper_url", id="state"),
        pytest.param("LIBPROCESS_IP", "mesosdeploy_address", id="address"),
    ],
)
def test_setting_of_marathon_is_in_effect(
    environment: dict[str, str], expected: dict[str, Any], variable: str, inventory: str
) -> None:
    assert environment.get(variable) == expected[inventory], (
        f"Marathon runs with {variable}={environment.get(variable)}, not {expected[inventory]}"
    )


def test_masters_can_call_marathon_back(environment: dict[str, str]) -> None:
    address = environment.get("LIBPROCESS_IP", "")
    assert address, "LIBPROCESS_IP is not set: the masters may be told a loopback address"
    assert not address.startswith("127."), f"LIBPROCESS_IP {address} is this node's own loopback"
    assert int(environment.get("LIBPROCESS_PORT", "0")) > 0, "LIBPROCESS_PORT is not pinned"


def test_environment_file_of_marathon_is_private(seen: dict[str, Any]) -> None:
    assert seen["mode"] == "0o640 marathon", f"{ENVIRONMENT_FILE} has mode {seen['mode']}"


def test_marathon_asks_for_its_password(seen: dict[str, Any]) -> None:
    status, body = seen["open"]
    _require_answer(status)
    if not seen["secured"]:
        pytest.skip("no marathon_http_credentials are set")
    assert status == UNAUTHORIZED, f"without a password /v2/info answers {status}: {body}"


def test_running_marathon_has_the_settings_that_are_written(seen: dict[str, Any]) -> None:
    if seen["unit"]["ActiveState"] != "active":
        pytest.skip("Marathon does not run, which a check of its own says")
    code, text = seen["applied"]
    assert code == 0, f"Marathon was started with other settings; restart it: {text.strip()}"
