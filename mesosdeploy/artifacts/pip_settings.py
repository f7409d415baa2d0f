"""Which package index pip is configured for, asked of pip itself: no host is written here."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from mesosdeploy.artifacts.check import RefusedError

_TIMEOUT_SECONDS = 60
# pip's own option parser merges its defaults, configuration files and PIP_* variables. It is no
# public interface, therefore it runs in a process of its own and any failure is one clear reason.
_ASK = """
import json
from pip._internal.commands import create_command
options, _ = create_command("download").parse_args([])
names = ("index_url", "extra_index_urls", "find_links", "no_index", "cert", "client_cert",
         "proxy", "trusted_hosts")
print(json.dumps({name: getattr(options, name) for name in names}))
"""


@dataclass(frozen=True, kw_only=True)
class PipSettings:
    """The settings of pip that say where files come from.

    `indexes` are URLs of simple repositories (PEP 503), http(s) or file; `find_links` are
    directories, file URLs or URLs of pages with links; `cert` is a bundle or a directory.
    """

    indexes: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    cert: str | None = None
    client_cert: str | None = None
    proxy: str | None = None
    trusted_hosts: tuple[str, ...] = ()


def read() -> PipSettings:
    """Return what this Python's pip is configured for; RefusedError when it cannot be asked."""
    command = [sys.executable, "-P", "-c", _ASK]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=_TIMEOUT_SECONDS
        )
        # Warnings of pip may stand before the answer.
        return _settings(json.loads(done.stdout.splitlines()[-1]))
    except subprocess.CalledProcessError as exc:
        lines = exc.stderr.strip().splitlines() or ["no message"]
        raise RefusedError(f"pip of {sys.executable} cannot be asked: {lines[-1]}") from exc
    except (OSError, subprocess.TimeoutExpired, ValueError, LookupError, TypeError) as exc:
        raise RefusedError(f"pip of {sys.executable} cannot be asked: {exc}") from exc


def _settings(options: dict[str, Any]) -> PipSettings:
    indexes = [] if options["no_index"] else [options["index_url"], *options["extra_index_urls"]]
    return PipSettings(
        indexes=tuple(url for url in indexes if url),
        find_links=tuple(options["find_links"]),
        cert=options["cert"],
        client_cert=options["client_cert"],
        proxy=options["proxy"] or None,
        trusted_hosts=tuple(options["trusted_hosts"]),
    )
