"""Print what the role must know of this node as JSON; argv: package names that are wanted."""

import json
import os
import pathlib
import subprocess
import sys

CAP_SYS_RESOURCE = 24
TIME_SERVICES = ("chrony", "ntpsec", "ntp", "openntpd", "systemd-timesyncd")
DIRECTORIES = (
    "/etc/security/limits.d",
    "/etc/systemd/system.conf.d",
    "/etc/systemd/journald.conf.d",
    "/etc/cloud/cloud.cfg.d",
)


def run(*argv):
    """Return the lines that a program prints; its failure is an empty answer."""
    done = subprocess.run(
        argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False
    )
    return done.stdout.split("\n")


def hard_limit(row):
    """Return the hard limit of PID 1 that /proc calls `row`."""
    for line in pathlib.Path("/proc/1/limits").read_text().splitlines():
        if line.startswith(row):
            value = line[len(row) :].split()[1]
            return 2**31 - 1 if value == "unlimited" else int(value)
    raise LookupError(row)


def names_of(address):
    """Return the names that /etc/hosts gives an address."""
    text = pathlib.Path("/etc/hosts").read_text()
    lines = [line.split("#")[0].split() for line in text.splitlines()]
    return [name for words in lines if words[:1] == [address] for name in words[1:]]


def can_raise_limits():
    """Tell whether PID 1 holds CAP_SYS_RESOURCE in the initial user namespace."""
    status = pathlib.Path("/proc/1/status").read_text()
    effective = next(x.split()[1] for x in status.splitlines() if x.startswith("CapEff"))
    initial = pathlib.Path("/proc/self/uid_map").read_text().split() == ["0", "0", "4294967295"]
    return initial and bool(int(effective, 16) >> CAP_SYS_RESOURCE & 1)


os_release = dict(
    line.split("=", 1)
    for line in pathlib.Path("/etc/os-release").read_text().splitlines()
    if "=" in line
)
wanted = sys.argv[1:]
packages = (
    run("dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n", *wanted) if wanted else []
)
states = dict(zip(TIME_SERVICES, run("systemctl", "is-active", *TIME_SERVICES), strict=False))
zone = os.path.realpath("/etc/localtime").partition("/zoneinfo/")[2]
print(
    json.dumps(
        {
            "os": [os_release.get(k, "").strip('"') for k in ("ID", "ID_LIKE")],
            "os_name": os_release.get("PRETTY_NAME", "").strip('"'),
            "container": run("systemd-detect-virt", "--container")[0] not in ("none", ""),
            "systemd": pathlib.Path("/run/systemd/system").is_dir(),
            "loopback_names": names_of("127.0.1.1"),
            "hostname": os.uname().nodename,
            "timezone": zone,
            "timezones": pathlib.Path("/usr/share/zoneinfo").is_dir(),
            "recorded": pathlib.Path("/var/lib/mesosdeploy/before.json").exists(),
            "directories": [d for d in DIRECTORIES if pathlib.Path(d).is_dir()],
            "hard_nofile": hard_limit("Max open files"),
            "hard_nproc": hard_limit("Max processes"),
            "can_raise_limits": can_raise_limits(),
            "time_services": [name for name, state in states.items() if state == "active"],
            "installed": [x.split()[1] for x in packages if x.startswith("installed ")],
        }
    )
)
