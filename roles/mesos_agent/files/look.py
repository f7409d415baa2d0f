"""Print what the role must know of this node as JSON; argv: work directory, pinned file."""

import json
import os
import pathlib
import sys

MB = 1024 * 1024
V1_SUBSYSTEMS = ("cpu", "cpuacct", "freezer", "memory")
V2_CONTROLLERS = {"cpu", "memory"}


def mounts():
    """Yield target, type and options of each mount."""
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        _device, target, kind, options = line.split()[:4]
        yield target, kind, options.split(",")


def usable_v1():
    """Tell whether every hierarchy that the Linux launcher and isolators need is writable."""
    writable = set()
    for target, kind, options in mounts():
        if kind == "cgroup" and "rw" in options and os.access(target, os.W_OK):
            writable.update(options)
    return all(name in writable for name in V1_SUBSYSTEMS)


def usable_v2():
    """Tell whether the unified hierarchy is writable and has the controllers."""
    for target, kind, options in mounts():
        controllers = pathlib.Path(target, "cgroup.controllers")
        if kind == "cgroup2" and "rw" in options and os.access(target, os.W_OK):
            return controllers.exists() and set(controllers.read_text().split()) >= V2_CONTROLLERS
    return False


def limit(*paths):
    """Return the smallest number in those files of a cgroup that hold one (`max` is none)."""
    texts = [pathlib.Path(p).read_text().split()[0] for p in paths if pathlib.Path(p).exists()]
    return min((int(t) for t in texts if t.isdigit()), default=2**63)


def existing(path):
    """Return the nearest directory above `path` that is there."""
    while not path.exists():
        path = path.parent
    return path


def mount_of(path):
    """Return type and options of the file system that holds `path`."""
    real = os.path.realpath(path)
    inside = [m for m in mounts() if real == m[0] or real.startswith(m[0].rstrip("/") + "/")]
    return max(reversed(inside), key=lambda m: len(m[0]))[1:]


def cpus():
    """Return the CPUs that this node may use, as its cgroup limits them."""
    count = float(len(os.sched_getaffinity(0)))
    quota = limit("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu.max")
    period = limit("/sys/fs/cgroup/cpu/cpu.cfs_period_us")
    if period == 2**63:
        period = 100000
    return min(count, quota / period) if quota < 2**62 else count


work_dir = existing(pathlib.Path(sys.argv[1]))
pinned = pathlib.Path(sys.argv[2])
kind, options = mount_of(work_dir)
disk = os.statvfs(work_dir)
meminfo = pathlib.Path("/proc/meminfo").read_text().split()
memory = min(
    int(meminfo[meminfo.index("MemTotal:") + 1]) * 1024,
    limit("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max"),
)
print(
    json.dumps(
        {
            "cgroups_v1_usable": usable_v1(),
            "cgroups_v2_usable": usable_v2(),
            "cpus": cpus(),
            "mem_mb": memory // MB,
            "disk_mb": disk.f_blocks * disk.f_frsize // MB,
            "work_dir_file_system": kind,
            "work_dir_noexec": "noexec" in options,
            "pinned": json.loads(pinned.read_text()) if pinned.exists() else {},
        }
    )
)
