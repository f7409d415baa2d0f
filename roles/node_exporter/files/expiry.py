#!/usr/bin/python3
"""Writes when certificates and keys expire, for the textfile collector: LIST.json OUT.prom."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

_DAY = 86400
_HELP = {
    "node_expiry_readable": "1 when the file was read and its end is known",
    "node_expiry_timestamp_seconds": "When the certificate or key is of no more use",
}


def end_of(item: dict[str, Any]) -> float:
    """Return the Unix time when a file ends: a certificate's own, a key's age and allowed days.

    Raises OSError when it cannot be read, ValueError when it is no certificate.
    """
    if item["kind"] == "key":
        return Path(item["path"]).stat().st_mtime + int(item["days"]) * _DAY
    done = subprocess.run(
        ["openssl", "x509", "-noout", "-enddate", "-dateopt", "iso_8601", "-in", item["path"]],
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )
    if done.returncode:
        raise ValueError(done.stderr.strip().splitlines()[0])
    return datetime.fromisoformat(done.stdout.strip().removeprefix("notAfter=")).timestamp()


def exposition(items: list[dict[str, Any]]) -> str:
    """Return the figures of all files; what cannot be read is said on standard error."""
    found: dict[str, list[str]] = {name: [] for name in _HELP}
    for item in items:
        labels = f'{{kind="{item["kind"]}",path="{item["path"]}"}}'
        try:
            end = end_of(item)
        except (OSError, ValueError, subprocess.TimeoutExpired) as exc:
            print(f"{item['path']}: {exc}", file=sys.stderr)
            found["node_expiry_readable"].append(f"{labels} 0")
            continue
        found["node_expiry_readable"].append(f"{labels} 1")
        found["node_expiry_timestamp_seconds"].append(f"{labels} {end:.0f}")
    lines = []
    for name, samples in found.items():
        lines += [f"# HELP {name} {_HELP[name]}", f"# TYPE {name} gauge"]
        lines += [f"{name}{sample}" for sample in samples]
    return "\n".join(lines) + "\n"


def main(argv: list[str]) -> int:
    """Write the figures, or with `--check LIST.json` only read the list."""
    check = argv[:1] == ["--check"]
    source = Path(argv[-1] if check else argv[0])
    items = json.loads(source.read_text(encoding="utf-8"))
    if check:
        return 0 if all(item["kind"] in ("certificate", "key") for item in items) else 1
    target = Path(argv[1])
    new = target.with_suffix(".new")  # the collector reads *.prom only
    new.write_text(exposition(items), encoding="utf-8")
    new.chmod(0o644)
    new.replace(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
