"""The settings: what is on the command line, and the secrets in the files that it names."""

from __future__ import annotations

import argparse
import base64
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from mesosdeploy.services.exporter.model import Kind

_LONGEST_TIMEOUT_SECONDS: Final = 5.0
"""Prometheus gives a scrape 10 seconds by default, some give it 5."""


class SettingsError(Exception):
    """The settings cannot be used; the message says which, with the value, and why."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What one exporter needs; credentials are (user, password)."""

    kind: Kind
    url: str
    listen_address: str = "0.0.0.0"  # noqa: S104 - Prometheus is on another machine
    listen_port: int = 9105
    credentials: tuple[str, str] | None = None
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    web_credentials: tuple[str, str] | None = None
    timeout_seconds: float = 4.0
    max_frameworks: int = 50
    max_roles: int = 50
    max_tasks: int = 200


def load(argv: Sequence[str] | None) -> tuple[Settings, bool]:
    """Return the settings, and whether they are only to be checked; raises SettingsError.

    A word `@FILE` stands for the lines of that file, each a word, but for comments.
    """
    given = vars(_parser().parse_args(argv))
    only_check = given.pop("check")
    for name in ("credentials", "web_credentials"):
        given[name] = _credentials(given.pop(f"{name}_file"))
    settings = Settings(**given)
    _check(settings)
    return settings, only_check


def authorization(credentials: tuple[str, str]) -> str:
    """Return the header that a user and a password make (RFC 7617), in UTF-8."""
    return f"Basic {base64.b64encode(':'.join(credentials).encode()).decode()}"


class _Parser(argparse.ArgumentParser):
    def convert_arg_line_to_args(self, arg_line: str) -> list[str]:
        line = arg_line.strip()
        return [line] if line and not line.startswith("#") else []


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="mesos-exporter",
        description="Metrics of one Mesos master, agent or ZooKeeper server, for Prometheus.",
        fromfile_prefix_chars="@",
        allow_abbrev=False,
        epilog="@FILE stands for the lines of FILE, each an argument; those with # are comments.",
    )
    option = parser.add_argument
    option("--kind", type=Kind, choices=list(Kind), required=True, help="what answers at --url")
    option(
        "--url",
        required=True,
        help="such as http://192.0.2.1:5050; of ZooKeeper that of its AdminServer",
    )
    option("--listen-address", default=Settings.listen_address, help="where to serve metrics")
    option("--listen-port", type=int, default=Settings.listen_port)
    option("--credentials-file", help="file with principal:secret for Mesos, mode 0600")
    option("--ca-file", help="authorities to trust; default: those of the system")
    option("--certificate-file", help="our certificate, if Mesos wants one")
    option("--key-file", help="its key, if it is not in the same file")
    option("--web-credentials-file", help="file with user:password to ask for, mode 0600")
    option("--timeout-seconds", type=float, default=Settings.timeout_seconds)
    option("--max-frameworks", type=int, default=Settings.max_frameworks)
    option("--max-roles", type=int, default=Settings.max_roles)
    option("--max-tasks", type=int, default=Settings.max_tasks)
    option("--check", action="store_true", help="only check the settings")
    return parser


def _credentials(path: str | None) -> tuple[str, str] | None:
    if path is None:
        return None
    try:
        mode = stat.S_IMODE(Path(path).stat().st_mode)
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as exc:
        raise SettingsError(f"{path} cannot be read: {exc}") from exc
    if mode & 0o077:
        raise SettingsError(f"{path} holds a password and has mode {mode:04o}: chmod 0600")
    user, colon, password = text.rstrip("\n").partition(":")
    if not (user and colon and password) or "\n" in password:
        raise SettingsError(f"{path} does not hold one line of the form user:password")
    return user, password


def _check(settings: Settings) -> None:
    parts = urlsplit(settings.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"--url {settings.url}: give http://host:port or https://host:port")
    if not 0 < settings.timeout_seconds < _LONGEST_TIMEOUT_SECONDS:
        raise SettingsError(
            f"--timeout-seconds {settings.timeout_seconds:g}: give more than 0 and less than"
            f" {_LONGEST_TIMEOUT_SECONDS:g}, or Prometheus gives up first"
        )
    if min(settings.max_frameworks, settings.max_roles, settings.max_tasks) < 0:
        raise SettingsError("--max-frameworks, --max-roles and --max-tasks cannot be negative")
    for path in (settings.ca_file, settings.certificate_file, settings.key_file):
        if path and not Path(path).is_file():
            raise SettingsError(f"{path} is no file")
    tls = (settings.ca_file, settings.certificate_file, settings.key_file)
    if any(tls) and parts.scheme != "https":
        raise SettingsError(f"--url {settings.url}: files for TLS are given, so give https://")
