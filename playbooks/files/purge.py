"""Find or remove what the roles of a cluster have on this node; prints it as JSON.

argv: look, or remove. On standard input is {"roles": [...]}, in the order of installation: each
role's belongings, and `given`, whether the node is to have the role. One that it had earlier is
known by its `mark`; without mark and record (before.json, written first and removed last) no role
ever came here. What was here before the cluster is kept, with a reason. Removing ends with a second
look at the node: what that still finds is `left`.
"""

import contextlib
import functools
import glob
import json
import os
import pathlib
import pwd
import signal
import subprocess
import sys
import time

OWN = pathlib.Path("/var/lib/mesosdeploy")
RECORD = OWN / "before.json"
# The packages that a purge began to remove: cut off in dpkg, it could not tell them by itself.
BEGUN = OWN / "purge.json"
UNKNOWN = "nobody recorded whether it was here before the cluster"
HERE_BEFORE = "it was here before the cluster"
# Whoever keeps data in one of these shares it with the system.
SYSTEM = {
    *("/", "/boot", "/dev", "/etc", "/home", "/media", "/mnt", "/opt", "/root", "/run", "/srv"),
    *("/tmp", "/usr", "/usr/local", "/var", "/var/cache", "/var/lib", "/var/log", "/var/opt"),
    *("/var/spool", "/var/tmp"),
}
APT = ("apt-get", "--yes", "--quiet", "-o", "DPkg::Lock::Timeout=120")

LIVELY = {"active", "activating", "reloading", "deactivating", "enabled"}
CLOCK = pathlib.Path("/etc/localtime")
errors = []


def run(*argv, must=False):
    """Return the lines that a program prints; a failure that must not be is told at the end."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment)
    if must and done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-1:]
        errors.append(f"{' '.join(argv)[:120]}: {' '.join(said) or done.returncode}")
    return [line for line in done.stdout.splitlines() if line.strip()]


class Node:
    """What this node has, and what it had before; nothing here changes it."""

    def __init__(self, roles, before):
        self.roles, self.before, self.kept = roles, before, {}
        listed = run("dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n")
        states = {name: state for state, name in (line.split(" ", 1) for line in listed)}
        gone = ("not-installed", "config-files")
        self.installed = {name for name, state in states.items() if state not in gone}
        begun = json.loads(BEGUN.read_text()) if BEGUN.exists() else ()
        self.begun = {name for name in begun if states.get(name, gone[0]) != gone[0]}
        mounted = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
        self.mounts = [line.split()[4] for line in mounted]
        self.goes = self._packages()
        self.owned = self._owned()

    def had(self, what, name):
        """Say whether the record has it; where nothing is recorded, everything counts as had."""
        if self.before.get(what) is None:
            return what != "enabled"
        return name in self.before[what]

    def why(self, what):
        """Return why something is kept that counts as had."""
        return UNKNOWN if self.before.get(what) is None else HERE_BEFORE

    def _packages(self):
        """Return the packages that go: the roles' own, and what only these needed."""
        declared = {name for role in self.roles for name in role.get("packages", ())}
        wanted = set()
        for name in declared & self.installed:
            if self.had("packages", name):
                self.kept[f"package {name}"] = self.why("packages")
            else:
                wanted.add(name)
        foreign = simulated("purge", *sorted(wanted)) & (self.strangers() - wanted)
        for name in sorted(wanted) if foreign else ():
            if others := simulated("purge", name) & foreign:
                self.kept[f"package {name}"] = f"{', '.join(sorted(others))} needs it"
        wanted -= {name for name in wanted if f"package {name}" in self.kept}
        known = self.before.get("packages") is not None
        alone = simulated("--auto-remove", "purge", *sorted(wanted)) if known else set()
        return wanted | (alone - self.strangers()) | self.begun

    def strangers(self):
        """Return the packages that somebody else wants: chosen by hand, or here before."""
        return {*run("apt-mark", "showmanual"), *(self.before.get("packages") or ())}

    def _owned(self):
        """Return the paths of the roles that belong to packages which stay."""
        keys = ("paths", "data", "directories")
        paths = {path for role in self.roles for key in keys for path in role.get(key, ())}
        found = {}
        for line in run("dpkg-query", "--search", *sorted(filter(None, paths))) if paths else ():
            owners, _, path = line.partition(": ")
            names = {name.split(":")[0] for name in owners.split(", ")} & self.installed
            if not line.startswith("diversion") and names - self.goes:
                found[path] = sorted(names - self.goes)
        return found

    def find(self):
        """Return everything that has to go, in the order of installation."""
        found = [("package", name) for name in sorted(self.goes)]
        for role in self.roles:
            undone = [undo["what"] for undo in role.get("undo", ()) if run(*undo["look"])]
            found += [("unit", unit) for unit in self.units(role)]
            found += [("setting", what) for what in undone]
            found += [("setting", what) for what, _restore in self.settings(role)]
            found += [("file", path) for path in self.files(role)]
            found += [("data", path) for path in self.data(role)]
            found += [("user", user) for user in self.users(role)]
            found += [("directory", path) for path in self.empty(role)]
        return list(dict.fromkeys(found))

    def units(self, role):
        """Return the role's units that run or start at boot, and did not before."""
        found = []
        for pattern in role.get("units", ()):
            wanted = glob.glob(f"/etc/systemd/system/*.wants/{pattern}")
            listed = run("systemctl", "list-units", "--all", "--plain", "--no-legend", pattern)
            names = {os.path.basename(path) for path in wanted}
            names |= {line.split()[0] for line in listed}
            names |= set() if "*" in pattern else {pattern}
            for name in sorted(names):
                states = {
                    *run("systemctl", "is-active", name),
                    *run("systemctl", "is-enabled", name),
                }
                if not states & LIVELY:
                    continue
                if self.had("enabled", name):
                    self.kept[f"unit {name}"] = HERE_BEFORE
                else:
                    found.append(name)
        return found

    def settings(self, role):
        """Yield what was changed in files and settings of the system, and how it is put back."""
        for block in role.get("blocks", ()):
            if block["begin"] in pathlib.Path(block["path"]).read_text().splitlines():
                yield f"the lines of the cluster in {block['path']}", functools.partial(cut, block)
        old, new = self.before.get("hostname"), role.get("hostname")
        if old and new and old != new and os.uname().nodename == new:
            yield f"the hostname {new}, which was {old}", functools.partial(rename, old)
        old, new = self.before.get("timezone"), role.get("timezone")
        is_ours = new and os.path.realpath(CLOCK).endswith(f"/zoneinfo/{new}")
        if old is not None and old != new and is_ours:
            yield (
                f"the time zone {new}, which was {old or 'not set'}",
                functools.partial(set_zone, old),
            )

    def files(self, role):
        """Return the role's files and directories that are there and of no package that stays."""
        found = [path for pattern in role.get("paths", ()) for path in glob.glob(pattern)]
        for path in found:
            if path in self.owned:
                reason = f"package {self.owned[path][0]} stays, with what the role wrote there"
                self.kept[path] = reason
        return [path for path in found if path not in self.owned]

    def data(self, role):
        """Return the directories of data; those that stay count until they are empty."""
        found = []
        for path in (os.path.normpath(path) for path in role.get("data", ()) if path):
            if any(self.had("enabled", unit) for unit in role.get("units", ())):
                self.kept[path] = "its service ran here before the cluster"
                continue
            if is_system(path):
                self.kept[path] = "it is the system's; what the cluster wrote in it stays"
            elif self.stays(path):
                self.kept[path] = "it is emptied, and stays as a mount or part of a package"
            if os.path.isdir(path) and not is_system(path):
                found += [path] if os.listdir(path) or not self.stays(path) else []
        return found

    def stays(self, path):
        """Say whether a directory can only be emptied."""
        return path in self.owned or path in self.mounts

    def users(self, role):
        """Return the role's users that are there and were not before."""
        there = {entry.pw_name for entry in pwd.getpwall()} & set(role.get("users", ()))
        old = {name for name in there if self.had("users", name)}
        self.kept |= {f"user {name}": self.why("users") for name in old}
        return sorted(there - old)

    def empty(self, role):
        """Return directories in which nothing is any more, and that belong to no package."""
        there = [path for path in role.get("directories", ()) if os.path.isdir(path)]
        return [path for path in there if path not in self.owned and not os.listdir(path)]


def is_system(path):
    """Say whether others than the cluster keep their things in this directory, too."""
    return not {path, f"/{os.path.realpath(path).lstrip('/')}"}.isdisjoint(SYSTEM)


def simulated(*words):
    """Return the packages that apt would remove."""
    lines = [line.split() for line in run("apt-get", "--simulate", *words)]
    return {words[1].split(":")[0] for words in lines if words[0] in ("Remv", "Purg")}


def cut(block):
    """Take a block of lines out of a file, which is written in place: it may be a mount."""
    path = pathlib.Path(block["path"])
    lines, inside = [], False
    for line in path.read_text().splitlines(keepends=True):
        inside = inside or line.strip() == block["begin"]
        lines += [] if inside else [line]
        inside = inside and line.strip() != block["end"]
    path.write_text("".join(lines))


def rename(name):
    """Give the node its name back."""
    run("hostnamectl", "set-hostname", name, must=True)


def set_zone(zone):
    """Give the node its time zone back, or none."""
    CLOCK.unlink()
    if zone:
        CLOCK.symlink_to(f"/usr/share/zoneinfo/{zone}")


def processes(cgroups):
    """Yield the processes in cgroups of these names, whichever hierarchy they are in."""
    for path in pathlib.Path("/proc").glob("[0-9]*/cgroup"):
        with contextlib.suppress(OSError):
            lines = [f"{line}/" for line in path.read_text().splitlines()]
            if any(f"/{name}/" in line for line in lines for name in cgroups):
                yield int(path.parent.name)


def kill(find, seconds=15):
    """Kill processes until none is found; new ones may come while others still fork."""
    ends = time.monotonic() + seconds
    while (found := list(find())) and time.monotonic() < ends:
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)


def stop(node, role):
    """Stop the role's units for good, and with them the tasks that outlive an agent."""
    units = node.units(role)
    if units:
        run("systemctl", "disable", "--now", *units, must=True)
    if role.get("cgroups"):
        kill(lambda: processes([*role["cgroups"], *role["units"]]))
        for root in (pathlib.Path("/sys/fs/cgroup"), *pathlib.Path("/sys/fs/cgroup").glob("*/")):
            for name in role["cgroups"]:
                for directory, _inner, _files in os.walk(root / name, topdown=False):
                    with contextlib.suppress(OSError):
                        os.rmdir(directory)
    for undo in role.get("undo", ()):
        if run(*undo["look"]):
            run(*undo["do"], must=True)


def remove_tree(node, path):
    """Remove a file or directory; what Mesos mounted below is unmounted, never descended into."""
    for mount in sorted(node.mounts, reverse=True):
        if mount.startswith(f"{path}/"):
            run("umount", "--lazy", mount, must=True)
    stays = node.stays(path) and os.path.isdir(path)
    inside = [os.path.join(path, name) for name in os.listdir(path)] if stays else [path]
    for one in inside:
        run("rm", "--recursive", "--force", "--one-file-system", "--", one, must=True)


def remove_user(name):
    """Remove a user and its group; a home directory stays."""
    uid, entries = pwd.getpwnam(name).pw_uid, pathlib.Path("/proc")
    kill(lambda: (int(p.name) for p in entries.glob("[0-9]*") if owner(p) == uid))
    run("userdel", name, must=True)
    if run("getent", "group", name):
        run("groupdel", name, must=True)


def owner(path):
    """Return the user id of a process' directory; None when it has ended."""
    with contextlib.suppress(OSError):
        return path.stat().st_uid
    return None


def remove(node):
    """Remove everything: what was installed last goes first."""
    backwards = list(reversed(node.roles))
    for role in backwards:
        stop(node, role)
    if node.goes:
        new = BEGUN.with_suffix(".new")
        OWN.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps(sorted(node.goes)))
        new.rename(BEGUN)
        run("dpkg", "--configure", "--pending")
        run(*APT, "purge", *sorted(node.goes), must=True)
    for role in backwards:
        remove_own(node, role)
    for role in backwards:
        for path in sorted(role.get("directories", ()), reverse=True):
            if path in node.empty(role):
                os.rmdir(path)
    run("systemctl", "daemon-reload", must=True)
    for role in node.roles:
        for unit in (*role.get("units", ()), *role.get("restarts", ())):
            run("systemctl", "reset-failed", unit)
            run("systemctl", "try-restart", unit)


def remove_own(node, role):
    """Remove settings, files, data and users of a role."""
    for _what, restore in list(node.settings(role)):
        restore()
    for path in [*node.files(role), *node.data(role)]:
        if os.path.lexists(path):  # not with a directory above it already
            remove_tree(node, path)
    for user in node.users(role):
        remove_user(user)


def main():
    """Look, or remove and look again."""
    request = json.load(sys.stdin)
    before = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    came = RECORD.exists()
    roles = [
        role
        for role in request["roles"]
        if (role["given"] and came) or os.path.lexists(role["mark"])
    ]
    node = Node(roles, before)
    answer = {"found": node.find()}
    if sys.argv[1] == "remove":
        remove(node)
        node = Node(roles, before)
        answer["left"] = node.find()
        if not answer["left"] and not errors and OWN.exists():
            RECORD.unlink(missing_ok=True)
            BEGUN.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                OWN.rmdir()
    answer["kept"] = node.kept
    answer["errors"] = errors
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
