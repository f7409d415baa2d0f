"""What is true of a node that runs a Mesos master."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.verify import infra

LEAST_FREE_PERCENT = 5
NEEDS_CREDENTIALS = (401, 403)

_PROBE = """
import json, os, subprocess, sys, urllib.error, urllib.request
address, port, work_dir = sys.argv[1:]
class Keep(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Keep)
def get(path):
    try:
        with opener.open(f"http://{address}:{port}{path}", timeout=5) as answer:
            body = answer.read().decode()
            return answer.status, json.loads(body) if body else None
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("Location")
    except OSError as error:
        return 0, str(error)
def run(*argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout
def free(path):
    s = os.statvfs(path)
    return 100 * s.f_bavail / max(s.f_blocks, 1)
keys = "ActiveState,UnitFileState,Restart,LimitNOFILE,FragmentPath"
env = "/etc/mesos/mesos-master.env"
show = ("systemctl", "show", "mesos-master", "--property", keys)
print(json.dumps({
    "unit": dict(x.split("=", 1) for x in run(*show)[1].splitlines()),
    "health": get("/health"), "version": get("/version"), "flags": get("/flags"),
    "redirect": get("/redirect"),
    "log": os.path.isdir(work_dir + "/replicated_log"),
    "free": free(work_dir) if os.path.isdir(work_dir) else 0,
    "mode": oct(os.stat(env).st_mode & 0o777) if os.path.exists(env) else "missing",
    "applied": run("sha256sum", "--check", "--quiet", "/run/mesosdeploy/mesos-master/applied"),
}))
"""


@pytest.fixture(scope="session")
def seen(host: Any, expected: dict[str, Any]) -> dict[str, Any]:
    """Return what one command finds on the node."""
    arguments = [
        expected["mesosdeploy_address"],
        str(expected.get("mesos_master_port", 5050)),
        str(expected.get("mesos_master_work_dir", "/var/lib/mesos/master")),
    ]
    return infra.look(host, _PROBE, *arguments)


def _require_answer(status: int) -> None:
    if not status:
        pytest.skip("the master does not answer, which a check of its own says")


@pytest.fixture(scope="session")
def flags(seen: dict[str, Any]) -> dict[str, str]:
    """Return the flags in effect, as the master tells them."""
    status, body = seen["flags"]
    if status in NEEDS_CREDENTIALS:
        pytest.skip("the master tells its flags only to who has credentials")
    _require_answer(status)
    assert status == 200, f"/flags of the master answers {status}: {body}"
    return dict(body["flags"])


def test_master_runs_now_and_after_a_reboot(seen: dict[str, Any]) -> None:
    unit = seen["unit"]
    assert unit["ActiveState"] == "active", (
        f"mesos-master.service is {unit['ActiveState']}; see `systemctl status mesos-master`"
    )
    assert unit["UnitFileState"] == "enabled", "mesos-master.service does not start after a reboot"


def test_master_is_restarted_when_it_exits(seen: dict[str, Any]) -> None:
    unit = seen["unit"]
    assert unit["FragmentPath"] == "/etc/systemd/system/mesos-master.service", (
        f"the master is run by {unit['FragmentPath']}, not by mesosdeploy's unit"
    )
    assert unit["Restart"] == "always", "a master that loses ZooKeeper exits and stays down"


def test_master_answers(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    status, body = seen["health"]
    assert status == 200, f"{expected['mesosdeploy_address']}:5050/health answers {status}: {body}"


def test_master_has_the_wanted_version(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    status, body = seen["version"]
    _require_answer(status)
    assert status == 200, f"/version of the master answers {status}: {body}"
    assert body["version"] == expected["mesosdeploy_mesos_version"], (
        f"master {body['version']} runs, {expected['mesosdeploy_mesos_version']} is wanted"
    )


def test_master_knows_a_leader(seen: dict[str, Any]) -> None:
    status, location = seen["redirect"]
    _require_answer(status)
    assert status in (307, 308), (
        f"no leader is known ({status}): ZooKeeper is out of reach, or no majority of masters runs"
    )
    assert location, "/redirect of the master names no leader"


def test_quorum_is_the_majority_of_the_masters(
    flags: dict[str, str], expected: dict[str, Any]
) -> None:
    quorum, count = int(flags["quorum"]), expected["mesosdeploy_master_count"]
    assert quorum == expected["mesosdeploy_mesos_quorum"], (
        f"the master runs with quorum {quorum}, expected is {expected['mesosdeploy_mesos_quorum']}"
    )
    assert count == 2 * quorum - 1, (
        f"{count} masters with quorum {quorum} can corrupt the log: it wants {2 * quorum - 1}"
    )


@pytest.mark.parametrize(
    ("flag", "variable"),
    [
        pytest.param("cluster", "mesosdeploy_cluster", id="cluster"),
        pytest.param("ip", "mesosdeploy_address", id="ip"),
    ],
)
def test_flag_of_the_master_is_in_effect(
    flags: dict[str, str], expected: dict[str, Any], flag: str, variable: str
) -> None:
    assert flags.get(flag) == str(expected[variable]), (
        f"the master runs with --{flag}={flags.get(flag)}, expected is {expected[variable]}"
    )


def test_master_uses_the_ensemble(flags: dict[str, str], expected: dict[str, Any]) -> None:
    url = expected["mesosdeploy_zookeeper_url"]
    wanted = "file:///etc/mesos/mesos-master.zk" if "@" in url else url
    assert flags.get("zk") == wanted, f"the master runs with --zk={flags.get('zk')}, not {wanted}"


def test_flags_of_the_team_are_in_effect(flags: dict[str, str], expected: dict[str, Any]) -> None:
    wanted = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in expected.get("mesos_master_flags", {}).items()
        if not isinstance(value, dict | list)
    }
    wrong = {name: flags.get(name) for name, value in wanted.items() if flags.get(name) != value}
    assert not wrong, f"the master runs with {wrong}, group_vars say {wanted}"


def test_replicated_log_is_on_a_disk_with_room(seen: dict[str, Any]) -> None:
    assert seen["log"], "the work directory holds no replicated_log"
    assert seen["free"] >= LEAST_FREE_PERCENT, (
        f"the disk of the replicated log has {seen['free']:.0f} % left"
    )


def test_environment_file_of_the_master_is_private(seen: dict[str, Any]) -> None:
    assert seen["mode"] == "0o640", f"/etc/mesos/mesos-master.env has mode {seen['mode']}"


def test_running_master_has_the_settings_that_are_written(seen: dict[str, Any]) -> None:
    if seen["unit"]["ActiveState"] != "active":
        pytest.skip("the master does not run, which a check of its own says")
    code, text = seen["applied"]
    assert code == 0, f"the master was started with other settings; restart it: {text.strip()}"
