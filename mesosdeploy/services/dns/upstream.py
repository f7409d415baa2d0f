"""Which servers names outside of the domain are asked from, when the configuration names none."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

SOURCES: Final = (Path("/var/lib/mesosdeploy/resolv.conf"), Path("/etc/resolv.conf"))
"""The node's resolver file as it was before `.mesos` was put in front of it, or else as it is."""

_LINE: Final = re.compile(r"^\s*nameserver\s+(\S+)", re.MULTILINE)


def servers(sources: Iterable[Path], *, own: Collection[str]) -> list[str]:
    """Return the servers of the first file that is there, without `own` addresses (a loop)."""
    for path in sources:
        if path.is_file():
            found = _LINE.findall(path.read_text(encoding="utf-8", errors="replace"))
            return [address for address in dict.fromkeys(found) if address not in own]
    return []
