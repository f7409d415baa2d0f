"""Write stand-ins of Grafana's archives, which cannot be had where tests run, and their lock.

argv: the directory of the scenario; archives go into standins/, and artifacts.lock.yml names them
as an operator's would. They have the layout of the official ones (one top folder with bin/grafana,
conf/defaults.ini, public/); what the program in them does, and does not, is told in standin/.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

VERSIONS = ("11.6.0", "12.0.1")


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return an archive whose members belong to root; files in bin/ are executable."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            member.mode = 0o755 if "/bin/" in name else 0o644
            archive.addfile(member, io.BytesIO(text))
    return gzip.compress(content.getvalue(), mtime=0)


def main(scenario: Path) -> None:
    """Write archives and lock."""
    directory = scenario / "standins"
    directory.mkdir(exist_ok=True)
    program = (scenario / "standin" / "grafana").read_bytes()
    entries = []
    for version in VERSIONS:
        top, name = f"grafana-v{version}", f"grafana-{version}.linux-amd64.tar.gz"
        texts = {"bin/grafana": program, "VERSION": version.encode(), "public/index.html": b""}
        texts |= {"conf/defaults.ini": b"app_mode = production\n"}
        content = pack({f"{top}/{path}": text for path, text in texts.items()})
        (directory / name).write_bytes(content)
        entries.append(
            {
                "name": "grafana",
                "version": version,
                "flavour": "official",
                "platform": "linux-x86_64",
                "kind": "file",
                "filename": name,
                "sha256": hashlib.sha256(content).hexdigest(),
                "licence": "AGPL-3.0",
                "sources": [{"kind": "file", "path": f"standins/{name}"}],
            }
        )
    lock = json.dumps({"format": 1, "artifacts": entries}, indent=2)
    (scenario / "artifacts.lock.yml").write_text(f"{lock}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
