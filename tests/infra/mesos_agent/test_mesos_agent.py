"""What is true of a node that runs a Mesos agent."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.verify import infra

LEAST_FREE_PERCENT = 5
NEEDS_CREDENTIALS = (401, 403)

_PROBE = """
import json, os, pathlib, subprocess, sys, urllib.error, urllib.request
address, port, work_dir = sys.argv[1:]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
def get(path):
    try:
        with opener.open(f"http://{address}:{port}{path}", timeout=5) as answer:
            body = answer.read().decode()
            return answer.status, json.loads(body) if body else None
    except urllib.error.HTTPError as error:
        return error.code, None
    except OSError as error:
        return 0, str(error)
def run(*argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout
def mount_of(path):
    best = ["", "", ""]
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        fields = line.split()
        inside = path == fields[1] or path.startswith(fields[1].rstrip("/") + "/")
        if inside and len(fields[1]) >= len(best[0]):
            best = fields[1:4]
    return best
def free(path):
    s = os.statvfs(path)
    return 100 * s.f_bavail / max(s.f_blocks, 1)
keys = "ActiveState,UnitFileState,Restart,KillMode,Delegate,FragmentPath"
show = ("systemctl", "show", "mesos-agent", "--property", keys)
print(json.dumps({
    "unit": dict(x.split("=", 1) for x in run(*show)[1].splitlines()),
    "health": get("/health"), "version": get("/version"), "flags": get("/flags"),
    "state": get("/state"), "metrics": get("/metrics/snapshot"),
    "mount": mount_of(os.path.realpath(work_dir)),
    "free": free(work_dir) if os.path.isdir(work_dir) else 0,
    "latest": os.path.exists(work_dir + "/meta/slaves/latest"),
    "applied": run("sha256sum", "--check", "--quiet", "/run/mesosdeploy/mesos-agent/applied"),
}))
"""


@pytest.fixture(scope="session")
def seen(host: Any, expected: dict[str, Any]) -> dict[str, Any]:
    """Return what one command finds on the node."""
    arguments = [
        expected["mesosdeploy_address"],
        str(expected.get("mesos_agent_port", 5051)),
        str(expected.get("mesos_agent_work_dir", "/var/lib/mesos/agent")),
    ]
    return infra.look(host, _PROBE, *arguments)


def _told(seen: dict[str, Any], what: str) -> dict[str, Any]:
    status, body = seen[what]
    if status in NEEDS_CREDENTIALS:
        pytest.skip(f"the agent tells its {what} only to who has credentials")
    if not status:
        pytest.skip("the agent does not answer, which a check of its own says")
    assert status == 200, f"/{what} of the agent answers {status}: {body}"
    return dict(body)


@pytest.fixture(scope="session")
def flags(seen: dict[str, Any]) -> dict[str, str]:
    """Return the flags in effect, as the agent tells them."""
    return dict(_told(seen, "flags")["flags"])


def test_agent_runs_now_and_after_a_reboot(seen: dict[str, Any]) -> None:
    unit = seen["unit"]
    assert unit["ActiveState"] == "active", (
        f"mesos-agent.service is {unit['ActiveState']}; see `systemctl status mesos-agent`"
    )
    assert unit["UnitFileState"] == "enabled", "mesos-agent.service does not start after a reboot"


def test_tasks_outlive_the_agent(seen: dict[str, Any]) -> None:
    unit = seen["unit"]
    assert unit["FragmentPath"] == "/etc/systemd/system/mesos-agent.service", (
        f"the agent is run by {unit['FragmentPath']}, not by mesosdeploy's unit"
    )
    assert unit["KillMode"] == "process", (
        f"KillMode is {unit['KillMode']}: a restart of the agent kills its tasks"
    )
    assert unit["Delegate"] == "yes", "systemd may take the cgroups of tasks away (Delegate=no)"
    assert unit["Restart"] == "always", "systemd does not restart an agent that exits"


def test_agent_answers(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    status, body = seen["health"]
    assert status == 200, f"{expected['mesosdeploy_address']}:5051/health answers {status}: {body}"


def test_agent_has_the_wanted_version(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    version = _told(seen, "version")["version"]
    assert version == expected["mesosdeploy_mesos_version"], (
        f"agent {version} runs, {expected['mesosdeploy_mesos_version']} is wanted: restart it"
    )


def test_agent_is_registered(seen: dict[str, Any]) -> None:
    metrics = _told(seen, "metrics")
    assert metrics.get("slave/registered") == 1, (
        "the agent is not registered with a master; its journal says why"
    )
    assert metrics.get("slave/recovery_errors", 0) == 0, "the agent met errors when it recovered"


def test_agent_offers_what_the_spec_says(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    given = expected.get("mesosdeploy_agent_resources") or {}
    total = _told(seen, "state")["resources"]
    names = {"cpus": "cpus", "mem_mb": "mem", "disk_mb": "disk", "gpus": "gpus"}
    wrong = [
        f"{names[key]} is {total.get(names[key])} instead of {given[key]}"
        for key in names
        if given.get(key) is not None and total.get(names[key]) != given[key]
    ]
    assert total.get("cpus", 0) > 0, f"the agent offers no CPU: {total}"
    assert not wrong, f"the agent offers other resources than the spec says: {'; '.join(wrong)}"


def test_agent_has_the_attributes_of_the_spec(
    seen: dict[str, Any], expected: dict[str, Any]
) -> None:
    wanted = {k: str(v) for k, v in (expected.get("mesosdeploy_agent_attributes") or {}).items()}
    state = _told(seen, "state")
    told = {k: f"{v:g}" if isinstance(v, float) else str(v) for k, v in state["attributes"].items()}
    assert told == wanted, f"the agent has the attributes {told}, the spec says {wanted}"


def test_resources_are_pinned(flags: dict[str, str]) -> None:
    text = flags.get("resources", "")
    missing = [name for name in ("cpus:", "mem:", "disk:", "ports:") if name not in text]
    assert not missing, (
        f"--resources is '{text}', without {', '.join(missing)}: a detected value that shrinks"
        " keeps the agent from starting"
    )


def test_flag_of_the_agent_is_in_effect(flags: dict[str, str], expected: dict[str, Any]) -> None:
    url = expected["mesosdeploy_zookeeper_url"]
    wanted = {
        "master": "file:///etc/mesos/mesos-agent.zk" if "@" in url else url,
        "ip": expected["mesosdeploy_address"],
        "systemd_enable_support": "false",
    }
    wrong = {name: flags.get(name) for name, value in wanted.items() if flags.get(name) != value}
    assert not wrong, f"the agent runs with {wrong}, expected is {wanted}"


def test_agent_has_a_cgroup_root_of_its_own(
    flags: dict[str, str], expected: dict[str, Any]
) -> None:
    wanted = expected.get("mesos_agent_cgroups_root", f"mesos_{expected['mesosdeploy_node']}")
    assert flags.get("cgroups_root") == wanted, (
        f"--cgroups_root is {flags.get('cgroups_root')}: agents on one kernel disturb each other"
    )


def test_isolation_goes_with_the_launcher(flags: dict[str, str]) -> None:
    isolation = flags.get("isolation", "").split(",")
    enforced = {"cgroups/cpu", "cgroups/mem", "cgroups/all"} & set(isolation)
    assert (flags.get("launcher") == "linux") == bool(enforced), (
        f"launcher {flags.get('launcher')} with isolation {','.join(isolation)}"
    )


def test_flags_of_the_team_are_in_effect(flags: dict[str, str], expected: dict[str, Any]) -> None:
    wanted = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in expected.get("mesos_agent_flags", {}).items()
        if not isinstance(value, dict | list)
    }
    wrong = {name: flags.get(name) for name, value in wanted.items() if flags.get(name) != value}
    assert not wrong, f"the agent runs with {wrong}, group_vars say {wanted}"


def test_work_directory_survives_a_reboot_and_has_room(seen: dict[str, Any]) -> None:
    target, kind, options = seen["mount"]
    assert kind not in ("tmpfs", "ramfs"), f"the work directory is on {kind} ({target})"
    assert "noexec" not in options.split(","), f"no task can run: {target} is mounted noexec"
    assert seen["free"] >= LEAST_FREE_PERCENT, (
        f"the disk of the work directory ({target}) has {seen['free']:.0f} % left"
    )
    assert seen["latest"], "the agent has not written its identity (meta/slaves/latest)"


def test_running_agent_has_the_settings_that_are_written(seen: dict[str, Any]) -> None:
    if seen["unit"]["ActiveState"] != "active":
        pytest.skip("the agent does not run, which a check of its own says")
    code, text = seen["applied"]
    assert code == 0, f"the agent was started with other settings; restart it: {text.strip()}"
