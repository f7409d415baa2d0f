"""What is true of every node: names, clock, limits, room on its disk."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

CLOCK_OFFSET_SECONDS = 2.0
LEAST_FREE_PERCENT = 5

_PROBE = """
import glob, json, os, pathlib, socket, subprocess, sys, time
now = time.time()
def free(path):
    s = os.statvfs(path)
    inodes = 100 * s.f_favail / s.f_files if s.f_files else 100
    return [100 * s.f_bavail / max(s.f_blocks, 1), inodes]
def resolve(name):
    try:
        return socket.gethostbyname(name)
    except OSError as error:
        return str(error)
def show(*argv):
    return subprocess.run(argv, stdout=subprocess.PIPE, text=True).stdout.strip()
journal = glob.glob("/etc/systemd/journald.conf.d/*.conf")
print(json.dumps({
    "time": now,
    "hostname": socket.gethostname(),
    "hosts": {name: resolve(name) for name in sys.argv[1:]},
    "free": {p: free(p) for p in ("/", "/tmp", "/var/lib", "/var/log") if os.path.isdir(p)},
    "nofile": show("systemctl", "show", "--property", "DefaultLimitNOFILE", "--value"),
    "journal": "".join(pathlib.Path(p).read_text() for p in journal),
    "container": show("systemd-detect-virt", "--container") not in ("none", ""),
    "synchronised": show("timedatectl", "show", "--property", "NTP", "--value"),
    "init": pathlib.Path("/proc/1/comm").read_text().strip(),
}))
"""


@pytest.fixture(scope="session")
def seen(host: Any, expected: dict[str, Any]) -> dict[str, Any]:
    """Return what one command finds on the node, and its clock's offset to ours in seconds."""
    names = [
        name
        for entry in expected["mesosdeploy_hosts"]
        for name in (entry["name"], f"{entry['name']}.{expected['mesosdeploy_cluster']}")
    ]
    before = time.time()
    answer = json.loads(host.check_output("python3 -c %s" + " %s" * len(names), _PROBE, *names))
    after = time.time()
    # The node looked at its clock somewhere between: what lies outside of that is its error.
    answer["offset"] = max(before - answer["time"], answer["time"] - after, 0.0)
    return answer


def test_hostname_is_the_name_of_the_node(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    assert seen["hostname"] == expected["mesosdeploy_node"], (
        f"the node calls itself {seen['hostname']}, not {expected['mesosdeploy_node']}"
    )


def test_every_node_resolves_to_its_address(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    assert expected["mesosdeploy_hosts"], "the inventory names no hosts"
    wrong = [
        f"{name} -> {seen['hosts'][name]} instead of {entry['address']}"
        for entry in expected["mesosdeploy_hosts"]
        for name in (entry["name"], f"{entry['name']}.{expected['mesosdeploy_cluster']}")
        if seen["hosts"][name] != entry["address"]
    ]
    assert not wrong, f"/etc/hosts is wrong: {'; '.join(wrong)}"


def test_clock_agrees_with_the_controller(seen: dict[str, Any]) -> None:
    assert seen["offset"] <= CLOCK_OFFSET_SECONDS, (
        f"the clock is {seen['offset']:.1f} s off the controller's (allowed:"
        f" {CLOCK_OFFSET_SECONDS} s); check `timedatectl` on both"
    )


def test_clock_is_kept_in_step(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    if seen["container"] or expected.get("common_time_service") == "none":
        pytest.skip("this node does not keep a clock of its own")
    assert seen["synchronised"] == "yes", "no time service is enabled; see `timedatectl status`"


def test_disks_have_room(seen: dict[str, Any]) -> None:
    assert seen["free"], "no directory to look at"
    full = [
        f"{path} has {min(space, inodes):.0f} % left"
        for path, (space, inodes) in seen["free"].items()
        if min(space, inodes) < LEAST_FREE_PERCENT
    ]
    assert not full, f"disk (or its inodes) nearly full: {'; '.join(full)}"


def test_services_may_open_enough_files(seen: dict[str, Any]) -> None:
    limit = seen["nofile"]
    assert limit == "infinity" or int(limit) >= 4096, (
        f"services may open only {limit} files; see /etc/systemd/system.conf.d"
    )


def test_journal_is_bounded(seen: dict[str, Any]) -> None:
    assert "SystemMaxUse=" in seen["journal"], (
        "no file in /etc/systemd/journald.conf.d bounds the journal: it may fill the disk"
    )


def test_systemd_is_init(seen: dict[str, Any]) -> None:
    assert seen["init"] == "systemd", f"PID 1 is {seen['init']}, not systemd"
