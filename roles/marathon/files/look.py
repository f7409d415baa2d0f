"""Print what the role must know of this node as JSON; argv: one JSON object of what to look for."""

import json
import mmap
import os
import pathlib
import re
import shutil
import subprocess
import sys

LISTEN = "0A"  # the state in /proc/net/tcp
UNIT = "marathon.service"
JNI = b"Java_org_apache_mesos_MesosSchedulerDriver"


def output(*argv):
    """Return what a program prints; empty when it fails."""
    done = subprocess.run(
        argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def package(name):
    """Return the version of an installed Debian package; empty without one."""
    state, _, version = output(
        "dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Version}", name
    ).partition(" ")
    return version if state == "installed" else ""


def has_jni(path):
    """Tell whether a library holds the natives of Mesos' Java interface."""
    with path.open("rb") as stream:
        if not os.fstat(stream.fileno()).st_size:
            return False
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(JNI) >= 0


def library(paths):
    """Return the first libmesos that Marathon can use; else the first that is there."""
    there = [path for path in map(pathlib.Path, paths) if path.is_file()]
    usable = [path for path in there if has_jni(path)]
    found = (usable or there or paths or [""])[0]
    return {"path": str(found), "there": bool(there), "jni": bool(usable)}


def listeners(port):
    """Return the inodes of the sockets that listen on a port."""
    rows = []
    for table in (pathlib.Path("/proc/net/tcp"), pathlib.Path("/proc/net/tcp6")):
        if table.exists():
            rows += [row.split() for row in table.read_text().splitlines()[1:]]
    return {row[9] for row in rows if row[3] == LISTEN and int(row[1].split(":")[1], 16) == port}


def holder(port):
    """Return process id and command line of whoever listens on a port."""
    sockets = {f"socket:[{inode}]" for inode in listeners(port)}
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if any(str(fd.readlink()) in sockets for fd in (process / "fd").iterdir()):
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                return process.name, command.strip()
        except OSError:
            continue  # it ended meanwhile
    return "", "a process of another machine or container" if sockets else ""


def is_marathon(process, engine):
    """Tell whether the unit's own process, or its container, is the one."""
    cgroups = pathlib.Path("/proc", process, "cgroup").read_text()
    return UNIT in cgroups or bool(engine and re.search(r"docker|libpod|containerd", cgroups))


def taken_by(port, active, engine):
    """Return the command line of a foreign process that holds Marathon's port; empty if none."""
    process, command = holder(port)
    ours = not process or is_marathon(process, engine)
    return "" if active and ours else command


def link(path):
    """Return the last part of what a symbolic link points to; empty without one."""
    return path.readlink().name if path.is_symlink() else ""


ask = json.loads(sys.argv[1])
engine = shutil.which("docker") or shutil.which("podman") or ""
active = output("systemctl", "is-active", UNIT) == "active"
print(
    json.dumps(
        {
            "active": active,
            "engine": engine,
            "image": bool(
                engine and ask["image"] and output(engine, "image", "inspect", ask["image"])
            ),
            "package": package(ask["package"]),
            "current": link(pathlib.Path(ask["root"], "current")),
            "release": pathlib.Path(ask["release"]).is_dir(),
            "java": pathlib.Path(ask["java"]).is_dir(),
            "library": library(ask["libraries"]),
            "port_taken_by": taken_by(ask["port"], active, engine if ask["image"] else ""),
            "user": bool(output("getent", "passwd", ask["user"])),
            "unit": pathlib.Path("/etc/systemd/system", UNIT).exists(),
            "cache": pathlib.Path(ask["cache"]).is_dir(),
            "cached": sorted(str(p) for p in pathlib.Path(ask["cache"]).glob("marathon[-_]*")),
        }
    )
)
