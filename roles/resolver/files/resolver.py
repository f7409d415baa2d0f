#!/usr/bin/python3
"""Puts DNS servers first in /etc/resolv.conf, or takes them out again; prints what it changed.

The file is written in place: in a container it is a bind mount, which cannot be replaced. The
node's own file is kept beside, without those servers, for the way back and for DNS servers on this
node, which ask the node's own servers for names that they do not know.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

FILE = pathlib.Path("/etc/resolv.conf")
KEPT = pathlib.Path("/var/lib/mesosdeploy/resolv.conf")
RESOLVED = pathlib.Path("/run/systemd/resolve")
DROP_IN = pathlib.Path("/etc/systemd/resolved.conf.d/50-mesosdeploy.conf")
UNITS = ("mesosdeploy-resolver.path", "mesosdeploy-resolver.service")
MARK = "# mesosdeploy: the servers of the cluster's names first, then the node's own"
SERVER = re.compile(r"^\s*nameserver\s+(\S+)")
IMMUTABLE = re.compile(r"^[^ ]*i")


def main():
    """Do what the arguments say."""
    arguments = parse()
    if arguments.action == "look":
        print(json.dumps(look(arguments.servers)))
        return
    if arguments.action == "remove":
        changed = remove(arguments)
    elif arguments.action == "keep":
        changed = keep_of_resolved(arguments)
    else:
        changed = apply(arguments)
    for path in changed:
        print(f"changed {path}")


def parse():
    """Return the arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["look", "apply", "keep", "remove"])
    parser.add_argument("servers", nargs="+")
    parser.add_argument("--options", default="", help="words of an options line (resolv.conf(5))")
    parser.add_argument("--check", action="store_true", help="print it, and change nothing")
    return parser.parse_args()


def apply(arguments):
    """Write the servers in front; keep the file first when it is somebody else's work."""
    text = FILE.read_text() if FILE.exists() else ""
    is_ours = MARK in text
    own = KEPT.read_text() if is_ours and KEPT.exists() else without(text, arguments)
    changed = write(KEPT, own, arguments)
    lines = [MARK, *(f"nameserver {server}" for server in arguments.servers)]
    lines += own.splitlines()
    # The last options line wins; the words of an earlier one that it does not repeat stay.
    lines += [f"options {arguments.options}"] if arguments.options else []
    return changed + write(FILE, "".join(f"{line}\n" for line in lines), arguments)


def keep_of_resolved(arguments):
    """Keep what systemd-resolved asks by itself, before it is told of the servers."""
    if KEPT.exists():
        return []
    return write(KEPT, without((RESOLVED / "resolv.conf").read_text(), arguments), arguments)


def remove(arguments):
    """Write the node's own file back, unless somebody did that already."""
    changed = []
    if FILE.exists() and MARK in FILE.read_text():
        text = FILE.read_text()
        own = KEPT.read_text() if KEPT.exists() else without(text, arguments)
        changed = write(FILE, own, arguments)
    if KEPT.exists():
        changed.append(str(KEPT))
        if not arguments.check:
            KEPT.unlink()
    return changed


def without(text, arguments):
    """Return the text without our lines."""
    ours = {MARK, f"options {arguments.options}"}
    lines = []
    for line in text.splitlines():
        server = SERVER.match(line)
        if line not in ours and not (server and server.group(1) in arguments.servers):
            lines.append(line)
    return "".join(f"{line}\n" for line in lines)


def write(path, text, arguments):
    """Write a file in place and return its path when it is another one; else nothing."""
    if path.exists() and path.read_text() == text:
        return []
    if not arguments.check:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return [str(path)]


def look(servers):
    """Return how the node resolves names, and what would hinder us."""
    target = FILE.resolve()
    routed = runs("systemctl", "is-active", "--quiet", "systemd-resolved") and (
        target.is_relative_to(RESOLVED) or "resolve" in switch()
    )
    told = output("resolvectl", "dns") if routed else ""
    listed = words_after("Global:", told)
    ours = words_after("DNS=", DROP_IN.read_text()) if DROP_IN.exists() else []
    return {
        "kind": "systemd-resolved" if routed else "file",
        "global_servers": [server for server in listed if server not in [*servers, *ours]],
        "interface_servers": re.findall(r"^Link [^:]*:[ ]+(\S+)", told, re.MULTILINE),
        "immutable": not routed and bool(IMMUTABLE.match(output("lsattr", "-d", str(target)))),
        "paths": sorted({str(FILE), str(target)}),
        "units": [unit for unit in UNITS if pathlib.Path("/etc/systemd/system", unit).exists()],
    }


def switch():
    """Return the words of nsswitch.conf(5) that say where host names are looked up."""
    path = pathlib.Path("/etc/nsswitch.conf")
    text = path.read_text() if path.exists() else ""
    return words_after("hosts:", text)


def words_after(start, text):
    """Return the words of the line that begins with `start`; none without such a line."""
    lines = [line for line in text.splitlines() if line.startswith(start)]
    return lines[0].removeprefix(start).split() if lines else []


def runs(*words):
    """Say whether a command succeeds."""
    return subprocess.run(words, stderr=subprocess.DEVNULL, check=False).returncode == 0


def output(*words):
    """Return what a command prints; nothing when there is no such command."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}")
