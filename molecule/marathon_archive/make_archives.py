"""Write stand-ins of what cannot be had where tests run: archives of Marathon, JDKs and libmesos.

argv: a directory. The archives have the layout of the official ones (one top folder with
bin/marathon and lib/); what the programs in them do, and do not, is told in standin/.
"""

from __future__ import annotations

import io
import stat
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

STANDIN = Path(__file__).with_name("standin")
MARATHONS = ("1.10.26", "1.11.24")
JAVAS = {"jdk8u402-b06": "1.8.0_402", "jdk-11.0.22": "11.0.22", "jdk-17.0.10": "17.0.10"}
LIBRARIES = {"libmesos.so": b"\x7fELF Java_org_apache_mesos_MesosSchedulerDriver_initialize\0",
             "libmesos-plain.so": b"\x7fELF mesos::internal\0"}  # fmt: skip


def pack(path: Path, files: Mapping[str, bytes]) -> None:
    """Write an archive whose members belong to root; files in bin/ are executable."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mode = 0o644 | (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH) * ("/bin/" in name)
            archive.addfile(member, io.BytesIO(content))


def main(directory: Path) -> None:
    """Write every stand-in."""
    directory.mkdir(parents=True, exist_ok=True)
    program = (STANDIN / "marathon").read_bytes()
    for version in MARATHONS:
        top = f"marathon-{version}-0000000"
        jar = f"{top}/lib/mesosphere.marathon.marathon-{version}.jar"
        pack(directory / f"{top}.tgz", {f"{top}/bin/marathon": program, jar: b""})
    java = (STANDIN / "java").read_text(encoding="utf-8")
    for top, version in JAVAS.items():
        content = java.replace("@VERSION@", version).encode()
        pack(directory / f"{top}.tar.gz", {f"{top}/bin/java": content, f"{top}/release": b""})
    for name, content in LIBRARIES.items():
        (directory / name).write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
