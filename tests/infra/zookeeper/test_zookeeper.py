"""What is true of a node that runs a ZooKeeper server."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.verify import infra

LEAST_FREE_PERCENT = 5

_PROBE = """
import json, os, pathlib, socket, subprocess, sys, urllib.request
address, client, admin, data, log = sys.argv[1:]
def run(*argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout
def listens(host, port):
    try:
        socket.create_connection((host, int(port)), timeout=3).close()
    except OSError as error:
        return str(error)
    return ""
def ask(command):
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return json.load(opener.open(f"http://127.0.0.1:{admin}/commands/{command}", timeout=5))
    except (OSError, ValueError) as error:
        return {"error": str(error)}
def text(path):
    return pathlib.Path(path).read_text() if os.path.exists(path) else None
def free(path):
    if not os.path.isdir(path):
        return None
    s = os.statvfs(path)
    return 100 * s.f_bavail / max(s.f_blocks, 1)
keys = "ActiveState,UnitFileState,NRestarts,Restart,User,SuccessExitStatus,FragmentPath"
show = ("systemctl", "show", "zookeeper", "--property", keys)
query = ("dpkg-query", "--show", "--showformat", "${db:Status-Status}", "zookeeperd")
print(json.dumps({
    "unit": dict(x.split("=", 1) for x in run(*show)[1].splitlines()),
    "distribution": run(*query)[1],
    "ports": {p: listens(address, p) for p in (client, "3888")},
    "admin": listens("127.0.0.1", admin),
    "monitor": ask("monitor"),
    "zoo_cfg": text("/etc/mesosdeploy/zookeeper/zoo.cfg"),
    "myid": text(data + "/myid"),
    "free": {path: free(path) for path in (data, log)},
    "applied": run("sha256sum", "--check", "--quiet", "/run/mesosdeploy/zookeeper/applied"),
}))
"""


def _data_dir(expected: dict[str, Any]) -> str:
    return str(expected.get("zookeeper_data_dir", "/var/lib/mesosdeploy/zookeeper/data"))


def _log_dir(expected: dict[str, Any]) -> str:
    return str(expected.get("zookeeper_log_dir", "/var/lib/mesosdeploy/zookeeper/log"))


@pytest.fixture(scope="session")
def seen(host: Any, expected: dict[str, Any]) -> dict[str, Any]:
    """Return what one command finds on the node."""
    arguments = [
        expected["mesosdeploy_address"],
        str(expected.get("zookeeper_client_port", 2181)),
        str(expected.get("zookeeper_admin_port", 18080)),
        _data_dir(expected),
        _log_dir(expected),
    ]
    return infra.look(host, _PROBE, *arguments)


@pytest.fixture(scope="session")
def settings(seen: dict[str, Any]) -> dict[str, str]:
    """Return zoo.cfg as a mapping."""
    assert seen["zoo_cfg"] is not None, "/etc/mesosdeploy/zookeeper/zoo.cfg is missing"
    lines = (line for line in seen["zoo_cfg"].splitlines() if "=" in line)
    return {key: value for key, _, value in (line.partition("=") for line in lines)}


def test_zookeeper_runs_now_and_after_a_reboot(seen: dict[str, Any]) -> None:
    unit = seen["unit"]
    assert unit["ActiveState"] == "active", (
        f"zookeeper.service is {unit['ActiveState']}; see `systemctl status zookeeper`"
    )
    assert unit["UnitFileState"] == "enabled", "zookeeper.service does not start after a reboot"


def test_zookeeper_is_run_by_its_own_unit(seen: dict[str, Any]) -> None:
    unit = seen["unit"]
    assert unit["FragmentPath"] == "/etc/systemd/system/zookeeper.service", (
        f"the server is run by {unit['FragmentPath'] or 'an init script'}, not by our unit"
    )
    assert unit["Restart"] == "always", "systemd does not restart a server that exits"
    assert unit["User"] == "zookeeper", f"the server runs as {unit['User'] or 'root'}"
    assert seen["distribution"] != "installed", (
        "package zookeeperd is installed: it starts a second server with its data in /tmp"
    )


def test_zookeeper_listens(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    ports = dict(seen["ports"])
    if len(expected["mesosdeploy_zookeeper_servers"]) == 1:
        ports.pop("3888")  # one server alone elects nobody
    assert ports, "no port to look at"
    closed = [f"{port}: {error}" for port, error in ports.items() if error]
    assert not closed, (
        f"nothing listens on {expected['mesosdeploy_address']} port {'; '.join(closed)}"
    )


def test_zookeeper_serves(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    monitor = seen["monitor"]
    assert not seen["admin"], f"the AdminServer does not listen on 127.0.0.1: {seen['admin']}"
    alone = len(expected["mesosdeploy_zookeeper_servers"]) == 1
    modes = ("standalone",) if alone else ("leader", "follower")
    assert monitor.get("server_state") in modes, (
        f"the server is in no ensemble: state {monitor.get('server_state')}, {monitor.get('error')}"
    )


def test_zookeeper_has_metrics(seen: dict[str, Any]) -> None:
    missing = [key for key in ("znode_count", "outstanding_requests") if key not in seen["monitor"]]
    assert not missing, f"/commands/monitor of the AdminServer lacks {', '.join(missing)}"


def test_ensemble_in_the_configuration_is_the_one_expected(
    settings: dict[str, str], expected: dict[str, Any]
) -> None:
    servers = expected["mesosdeploy_zookeeper_servers"]
    assert servers, "the inventory names no ZooKeeper servers"
    wanted = (
        {f"server.{server['id']}": f"{server['address']}:2888:3888" for server in servers}
        if len(servers) > 1
        else {}
    )
    written = {key: value for key, value in settings.items() if key.startswith("server.")}
    assert written == wanted, f"zoo.cfg names the servers {written}, the inventory {wanted}"


def test_myid_is_the_number_of_this_server(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    assert (seen["myid"] or "").strip() == str(expected["mesosdeploy_zookeeper_id"]), (
        f"myid holds {seen['myid']!r}, this server is {expected['mesosdeploy_zookeeper_id']}"
    )


def test_data_survives_a_reboot(settings: dict[str, str], expected: dict[str, Any]) -> None:
    assert settings["dataDir"] == _data_dir(expected), f"dataDir is {settings['dataDir']}"
    assert settings["dataLogDir"] == _log_dir(expected), f"dataLogDir is {settings['dataLogDir']}"
    volatile = [
        path
        for path in (settings["dataDir"], settings["dataLogDir"])
        if path.startswith(("/tmp", "/run", "/dev/shm"))
    ]
    assert not volatile, f"data does not survive a reboot in {', '.join(volatile)}"


def test_old_snapshots_are_purged(settings: dict[str, str]) -> None:
    assert int(settings["autopurge.purgeInterval"]) > 0, "nothing is purged: the disk will fill"
    assert int(settings["autopurge.snapRetainCount"]) >= 3, "less than 3 snapshots are kept"


def test_commands_for_health_checks_are_allowed(settings: dict[str, str]) -> None:
    allowed = settings["4lw.commands.whitelist"].split(",")
    missing = {"srvr", "mntr"} - set(allowed)
    assert not missing, f"the whitelist lacks {', '.join(sorted(missing))}"


def test_data_directories_have_room(seen: dict[str, Any]) -> None:
    wrong = [
        f"{path} is missing" if left is None else f"{path} has {left:.0f} % left"
        for path, left in seen["free"].items()
        if left is None or left < LEAST_FREE_PERCENT
    ]
    assert not wrong, f"ZooKeeper stops when it cannot write: {'; '.join(wrong)}"


def test_running_zookeeper_has_the_settings_that_are_written(seen: dict[str, Any]) -> None:
    if seen["unit"]["ActiveState"] != "active":
        pytest.skip("the server does not run, which a check of its own says")
    code, text = seen["applied"]
    assert code == 0, f"the server was started with other settings; restart it: {text.strip()}"
