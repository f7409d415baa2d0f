"""What cloud-init does when a machine boots, for the user-data that mesosdeploy writes; runs there.

It stands in for cloud-init as Debian's images for clouds come with it: hostname, fqdn and Debian's
/etc/hosts at each boot; once in a machine's life its SSH host keys, files, and the image's user,
who may sudo. A key of user-data that it does not know ends it, and the machine never answers: what
the product writes must have an effect. Only Python's own library is at hand.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

SEED = Path("/var/lib/cloud/instance/user-data.txt")
DONE = Path("/var/lib/cloud/instance/boot-finished")
SSH = Path("/etc/ssh")
KNOWN = {
    "fqdn",
    "hostname",
    "manage_etc_hosts",
    "ssh_authorized_keys",
    "ssh_deletekeys",
    "ssh_keys",
    "write_files",
}


def main() -> None:
    """Set the machine up; the argument names the image's user."""
    head, _, text = SEED.read_text().partition("\n")
    if head != "#cloud-config":
        sys.exit(f"user-data begins with {head!r}")
    settings: dict[str, Any] = json.loads(text)
    if unknown := settings.keys() - KNOWN:
        sys.exit(f"user-data has unknown keys: {', '.join(sorted(unknown))}")
    _set_names(settings)
    if not DONE.exists():
        (SSH / "sshd_config.d/mesosdeploy.conf").unlink(missing_ok=True)  # the node image's own
        _set_host_keys(settings["ssh_keys"], delete=settings["ssh_deletekeys"])
        for file in settings.get("write_files", ()):
            _write(Path(file["path"]), file["content"], int(file.get("permissions", "0644"), 8))
        _make_user(sys.argv[1], settings["ssh_authorized_keys"])
        DONE.touch()


def _set_names(settings: dict[str, Any]) -> None:
    hostname, fqdn = settings["hostname"], settings["fqdn"]
    socket.sethostname(hostname)
    _write(Path("/etc/hostname"), f"{hostname}\n")
    if settings.get("manage_etc_hosts", True):  # the setting of Debian's images
        _write(Path("/etc/hosts"), f"127.0.1.1 {fqdn} {hostname}\n127.0.0.1 localhost\n")


def _set_host_keys(keys: dict[str, str], *, delete: bool) -> None:
    for path in SSH.glob("ssh_host_*key*") if delete else ():
        path.unlink()
    for name, value in keys.items():
        kind, _, half = name.rpartition("_")
        path = SSH / f"ssh_host_{kind}_key{'.pub' if half == 'public' else ''}"
        _write(path, f"{value.rstrip()}\n", 0o644 if half == "public" else 0o600)


def _make_user(name: str, keys: list[str]) -> None:
    subprocess.run(["useradd", "--create-home", "--shell", "/bin/bash", name], check=True)
    rule = f"{name} ALL=(ALL) NOPASSWD:ALL\n"
    _write(Path("/etc/sudoers.d/90-cloud-init-users"), rule, 0o440)
    home = Path("/home") / name / ".ssh"
    home.mkdir(mode=0o700)
    _write(home / "authorized_keys", "".join(f"{key}\n" for key in keys), 0o600)
    subprocess.run(["chown", "--recursive", f"{name}:{name}", str(home)], check=True)


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not renamed over: the engine mounts some of these files.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as target:
        target.write(text)
    path.chmod(path.stat().st_mode | mode)


if __name__ == "__main__":
    main()
