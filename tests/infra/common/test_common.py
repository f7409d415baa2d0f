"""What is true of every node: names, clock, limits, room on its disk."""

from __future__ import annotations

import time
from typing import Any

import pytest

from mesosdeploy.verify import infra

CLOCK_OFFSET_SECONDS = 2.0
LEAST_FREE_PERCENT = 5
MEBIBYTE = 2**20
# The file that is being written is beyond the bound until the next one is begun (journald.conf(5)).
JOURNAL_FILE_MB = 128

_PROBE = """
import fnmatch, glob, json, os, pathlib, socket, subprocess, sys, time
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
def journal_settings():
    lines = show("systemd-analyze", "cat-config", "systemd/journald.conf").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and line[0] not in "#;")
def used(directory):
    files = [f for f in pathlib.Path(directory).glob("*/*.journal*") if f.exists()]
    return len(files), sum(f.stat().st_blocks * 512 for f in files)
def written():
    "Return the files below /var/log that are open for writing, the journal's left out."
    found = set()
    for fd in glob.iglob("/proc/[0-9]*/fd/*"):
        try:
            path = os.readlink(fd)
            if path.startswith("/var/log/") and not path.startswith("/var/log/journal/"):
                flags = pathlib.Path(fd.replace("/fd/", "/fdinfo/")).read_text().split("flags:")[1].split()[0]
                if int(flags, 8) & (os.O_WRONLY | os.O_RDWR):
                    found.add(path)
        except OSError:
            continue  # it was closed meanwhile, or belongs to somebody else
    return found
def bounded(path):
    "Tell whether logrotate or systemd-tmpfiles ever shortens or removes a file."
    if os.path.exists("/usr/sbin/logrotate"):
        words = " ".join(pathlib.Path(p).read_text() for p in glob.glob("/etc/logrotate.d/*")).split()
        if any(w.startswith("/") and fnmatch.fnmatch(path, w.strip('"{')) for w in words):
            return True
    rules = [line.split() for p in glob.glob("/etc/tmpfiles.d/*.conf") for line in open(p) if line[:1].isalpha()]
    return any(len(r) > 5 and r[5] != "-" and path.startswith(r[1].rstrip("/") + "/") for r in rules)
print(json.dumps({
    "time": now,
    "hostname": socket.gethostname(),
    "hosts": {name: resolve(name) for name in sys.argv[1:]},
    "free": {p: free(p) for p in ("/", "/tmp", "/var/lib", "/var/log") if os.path.isdir(p)},
    "nofile": show("systemctl", "show", "--property", "DefaultLimitNOFILE", "--value"),
    "journal": journal_settings(),
    "on_disk": used("/var/log/journal"), "in_memory": used("/run/log/journal"),
    "unbounded": sorted(path for path in written() if not bounded(path)),
    "container": show("systemd-detect-virt", "--container") not in ("none", ""),
    "synchronised": show("timedatectl", "show", "--property", "NTP", "--value"),
    "init": pathlib.Path("/proc/1/comm").read_text().strip(),
}))
"""  # noqa: E501 - a program of its own


@pytest.fixture(scope="session")
def seen(host: Any, expected: dict[str, Any]) -> dict[str, Any]:
    """Return what one command finds on the node, and its clock's offset to ours in seconds."""
    names = [
        name
        for entry in expected["mesosdeploy_hosts"]
        for name in (entry["name"], f"{entry['name']}.{expected['mesosdeploy_cluster']}")
    ]
    before = time.time()
    answer = infra.look(host, _PROBE, *names)
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
    assert "SystemMaxUse" in seen["journal"], (
        "no file in /etc/systemd/journald.conf.d bounds the journal: it may fill the disk"
    )


def test_journal_keeps_its_bounds(seen: dict[str, Any], expected: dict[str, Any]) -> None:
    for place, variable, default in (
        ("on_disk", "common_journal_max_mb", 512),
        ("in_memory", "common_journal_memory_max_mb", 64),
    ):
        _files, size = seen[place]
        limit = int(expected.get(variable, default))
        assert size / MEBIBYTE <= limit + JOURNAL_FILE_MB, (
            f"the journal {place.replace('_', ' ')} has {size / MEBIBYTE:.0f} MB, not {limit};"
            " see `systemd-analyze cat-config systemd/journald.conf`"
        )


def test_journal_outlives_a_reboot(seen: dict[str, Any]) -> None:
    assert seen["journal"]["Storage"] == "persistent", (
        f"journald has Storage={seen['journal']['Storage']}: a file of the image wins over ours"
    )
    files, _size = seen["on_disk"]
    assert files, "nothing is in /var/log/journal; run `journalctl --flush`"


def test_no_daemon_writes_a_file_that_grows_for_ever(seen: dict[str, Any]) -> None:
    assert not seen["unbounded"], (
        f"nothing in /etc/logrotate.d or /etc/tmpfiles.d is for {', '.join(seen['unbounded'])}"
    )


def test_systemd_is_init(seen: dict[str, Any]) -> None:
    assert seen["init"] == "systemd", f"PID 1 is {seen['init']}, not systemd"
