"""What is true of a node that runs the balancer."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.verify import infra

_PROBE = """
import json, os, pwd, subprocess, urllib.error, urllib.request
settings = "/etc/mesosdeploy/balancer.json"
given = json.load(open(settings)) if os.path.exists(settings) else {}
address = given.get("listen_address", "127.0.0.1").replace("0.0.0.0", "127.0.0.1")
port = given.get("listen_port", 8405)
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
def get(path):
    try:
        with opener.open(f"http://{address}:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)
def run(*argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout
def about(path):
    try:
        found = os.stat(path)
    except OSError as error:
        return str(error)
    return [pwd.getpwuid(found.st_uid).pw_name, oct(found.st_mode & 0o7777)]
keys = "ActiveState,UnitFileState,Restart,User,FragmentPath"
show = ("systemctl", "show", "mesosdeploy-balancer", "--property", keys)
status, text = get("/metrics")
rows = [line.split() for line in text.splitlines() if status == 200 and line[:1] != "#"]
print(json.dumps({
    "unit": dict(x.split("=", 1) for x in run(*show)[1].splitlines()),
    "health": get("/health"), "metrics": {row[0]: float(row[1]) for row in rows if row},
    "settings": about(settings),
    "services": about("/etc/haproxy/services.cfg"), "base": about("/etc/haproxy/haproxy.cfg"),
    "directory": about("/etc/haproxy"),
    "written": open("/etc/haproxy/services.cfg").read() == get("/config")[1],
    "applied": run("sha256sum", "--check", "--quiet",
                   "/run/mesosdeploy/mesosdeploy-balancer/applied"),
}))
"""
_USER = "mesosdeploy-balancer"


@pytest.fixture(scope="session")
def seen(host: Any) -> dict[str, Any]:
    """Return what one command finds on the node."""
    return infra.look(host, _PROBE)


def test_balancer_runs_now_and_after_a_reboot(seen: dict[str, Any]) -> None:
    unit = seen["unit"]
    assert unit["ActiveState"] == "active", (
        f"mesosdeploy-balancer.service is {unit['ActiveState']}; see `systemctl status`"
    )
    assert unit["UnitFileState"] == "enabled", "the balancer does not start after a reboot"
    assert unit["Restart"] == "always", "a balancer that dies stays down"


def test_balancer_is_not_root(seen: dict[str, Any]) -> None:
    assert seen["unit"]["User"] == _USER


def test_balancer_is_healthy(seen: dict[str, Any]) -> None:
    status, body = seen["health"]
    assert status == 200, f"/health answers {status}: {body}"


def test_balancer_reaches_marathon(seen: dict[str, Any]) -> None:
    assert seen["metrics"]["mesosdeploy_balancer_marathon_up"] == 1, "Marathon does not answer it"


def test_balancer_hears_events(seen: dict[str, Any]) -> None:
    assert seen["metrics"]["mesosdeploy_balancer_event_stream_up"] == 1, (
        "changes are found by polling only: Marathon's /v2/events is out of reach"
    )


def test_haproxy_took_every_configuration(seen: dict[str, Any]) -> None:
    metrics = seen["metrics"]
    assert metrics["mesosdeploy_balancer_configurations_refused_total"] == 0
    assert metrics["mesosdeploy_balancer_reloads_failed_total"] == 0


def test_services_are_what_the_balancer_made_of_marathon(seen: dict[str, Any]) -> None:
    assert seen["written"], "/etc/haproxy/services.cfg was changed by something else"


def test_settings_are_private(seen: dict[str, Any]) -> None:
    assert seen["settings"] == [_USER, "0o600"]


def test_balancer_may_replace_its_own_file_only(seen: dict[str, Any]) -> None:
    assert seen["services"][0] == _USER
    assert seen["base"][0] == "root"
    # The sticky bit: members of the group replace what they own, not what root owns.
    assert seen["directory"] == ["root", "0o1775"]


def test_running_balancer_has_the_settings_that_are_written(seen: dict[str, Any]) -> None:
    if seen["unit"]["ActiveState"] != "active":
        pytest.skip("the balancer does not run, which a check of its own says")
    code, text = seen["applied"]
    assert code == 0, f"the balancer was started with other settings: {text.strip()}"
