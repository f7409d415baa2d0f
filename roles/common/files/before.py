"""Record what this node had before a cluster came, in /var/lib/mesosdeploy/before.json.

`mesosdeploy down --purge` leaves alone what is in it. Where a cluster was here already, nobody can
tell any more: the lists are null then.
"""

import json
import os
import pathlib
import subprocess

FILE = pathlib.Path("/var/lib/mesosdeploy/before.json")
CAME = pathlib.Path("/etc/security/limits.d/50-mesosdeploy.conf")


def lines(*argv):
    """Return the first words of the lines that a program prints."""
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True)
    return sorted({line.split()[0] for line in done.stdout.splitlines() if line.strip()})


def packages():
    """Return the names of the packages that are installed."""
    states = lines("dpkg-query", "-W", "-f", "${db:Status-Status}:${Package}\n")
    return [
        name for state, _, name in (text.partition(":") for text in states) if state == "installed"
    ]


def main():
    """Write the record; it has its name only when it is whole."""
    late = CAME.exists()
    enabled = ("systemctl", "list-unit-files", "--state=enabled", "--no-legend", "--no-pager")
    record = {
        "packages": None if late else packages(),
        "users": None if late else [row.split(":")[0] for row in lines("getent", "passwd")],
        "enabled": None if late else lines(*enabled),
        "hostname": None if late else os.uname().nodename,
        "timezone": None if late else os.path.realpath("/etc/localtime").partition("/zoneinfo/")[2],
    }
    FILE.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    new = FILE.with_suffix(".new")
    new.write_text(json.dumps(record, indent=1) + "\n")
    new.rename(FILE)


if __name__ == "__main__":
    main()
