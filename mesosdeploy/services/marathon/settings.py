"""The scheduler's options: MARATHON_* variables and arguments, as Marathon itself has them."""

from __future__ import annotations

import argparse
import socket
from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

PREFIX = "MARATHON_"
_ZOOKEEPER_PORT = 2181


class SettingsError(Exception):
    """An option is unknown, missing, given twice, or has a value that cannot be; exit code 112."""


@dataclass(frozen=True)
class ZooKeeperUrl:
    """Where an ensemble is ("host:port,…"), a path in it, and "user:password" or ""."""

    hosts: str
    path: str
    credentials: str

    @classmethod
    def parse(cls, url: str) -> ZooKeeperUrl:
        """Read "zk://[user:password@]host[:port],…/path"; SettingsError for anything else."""
        scheme, _, rest = url.partition("://")
        authority, slash, path = rest.partition("/")
        credentials, _, hosts = authority.rpartition("@")
        if scheme != "zk" or not slash or not path.strip("/") or not all(hosts.split(",")):
            raise SettingsError(f"{url!r} is no ZooKeeper URL such as zk://host:2181/marathon")
        ports = (host if ":" in host else f"{host}:{_ZOOKEEPER_PORT}" for host in hosts.split(","))
        return cls(",".join(ports), "/" + path.strip("/"), credentials)


def _option(default: object, text: str) -> Any:
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every option; times in milliseconds unless the name says otherwise, as in Marathon."""

    master: str = field(metadata={"help": "the Mesos masters: zk://host:port,…/path or host:port"})
    zk: str = _option("zk://localhost:2181/marathon", "where the state is kept")
    hostname: str = _option("", "how the other schedulers reach this one [the machine's name]")
    http_address: str = _option("", "the address to listen on [all]")
    http_port: int = _option(8080, "the port to listen on")
    http_credentials: str = _option("", "user:password that every request has to bring")
    http_realm: str = _option("Mesosphere", "the realm that is named when credentials are missing")
    access_control_allow_origin: str = _option("", "origins that a browser may call from, or *")
    framework_name: str = _option("marathon", "the framework's name")
    mesos_user: str = _option("root", "the user that tasks run as")
    mesos_role: str = _option("*", "the framework's role")
    mesos_authentication_principal: str = _option("", "the framework's principal")
    mesos_authentication_secret_file: str = _option("", "a file that holds the principal's secret")
    failover_timeout: int = _option(604800, "seconds that tasks outlive the last scheduler")
    checkpoint: bool = _option(True, "let tasks outlive a restart of their agent")
    ha: bool = _option(True, "elect a leader; it cannot be disabled")
    enable_features: str = _option("", "only task_killing, which is on anyway")
    webui_url: str = _option("", "the framework's web address [that of the API]")
    local_port_min: int = _option(10000, "the first service port")
    local_port_max: int = _option(20000, "the last service port")
    zk_session_timeout: int = _option(10000, "ZooKeeper's session timeout")
    zk_connection_timeout: int = _option(10000, "how long the start waits for ZooKeeper")
    zk_max_versions: int = _option(50, "how many versions of an app are kept")
    draining_seconds: int = _option(0, "how long an end is announced before the KILL")
    task_launch_timeout: int = _option(300000, "how long a task may take until it runs")
    reconciliation_interval: int = _option(600000, "time between comparisons with the master")
    decline_offer_duration: int = _option(120000, "how long a useless offer stays away")
    leader_proxy_connection_timeout: int = _option(5000, "a follower's patience to connect")
    leader_proxy_read_timeout: int = _option(10000, "a follower's patience for an answer")
    logging_level: str = _option("info", "debug, info, warn or error")

    @property
    def address(self) -> str:
        """Return "hostname:port", by which the other schedulers know this one."""
        return f"{self.hostname or socket.gethostname()}:{self.http_port}"

    @property
    def credentials(self) -> tuple[str, str] | None:
        """Return user and password of the API; None when it is open."""
        user, colon, password = self.http_credentials.partition(":")
        return (user, password) if colon else None

    @property
    def web_address(self) -> str:
        """Return the address that the master's user interface links to."""
        return self.webui_url or f"http://{self.address}"


def _check(settings: Settings) -> Settings:
    ZooKeeperUrl.parse(settings.zk)
    if "://" in settings.master:
        ZooKeeperUrl.parse(settings.master)
    elif urlsplit(f"//{settings.master}").port is None:
        raise SettingsError(f"--master {settings.master!r} is neither zk://… nor host:port")
    if settings.http_credentials and not settings.credentials:
        raise SettingsError("--http_credentials is not of the form user:password")
    if not settings.ha:
        raise SettingsError("--disable_ha: this scheduler always elects a leader")
    unknown = set(settings.enable_features.split(",")) - {"", "task_killing"}
    if unknown:
        raise SettingsError(f"--enable_features: {', '.join(sorted(unknown))} cannot be had here")
    secret = settings.mesos_authentication_secret_file
    if secret and not Path(secret).is_file():
        raise SettingsError(f"--mesos_authentication_secret_file: there is no file {secret}")
    if settings.local_port_min > settings.local_port_max:
        raise SettingsError("--local_port_min is above --local_port_max")
    if settings.logging_level not in {"debug", "info", "warn", "error"}:
        raise SettingsError(f"--logging_level {settings.logging_level!r} is none")
    return settings


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SettingsError(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="marathon",
        description="Stand-in for Marathon on laptops and in CI, part of mesosdeploy.",
        epilog=f"Each option can be given as {PREFIX}<OPTION> in the environment instead.",
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    for one in fields(Settings):
        if one.type == "bool":
            parser.add_argument(f"--{one.name}", action="store_true", help=_help(one))
            parser.add_argument(
                f"--disable_{one.name}", dest=one.name, action="store_false", help="the opposite"
            )
        else:
            kind = int if one.type == "int" else str
            parser.add_argument(f"--{one.name}", type=kind, metavar=kind.__name__, help=_help(one))
    return parser


def _help(one: Field[Any]) -> str:
    shown = one.default if one.type == "int" or one.default else None
    is_plain = isinstance(shown, (int, str)) and not isinstance(shown, bool)
    return f"{one.metadata['help']} [{shown}]" if is_plain else str(one.metadata["help"])


def _as_arguments(environment: Mapping[str, str]) -> list[str]:
    """Turn MARATHON_* variables into arguments; a flag is set by its name, the value is unused."""
    flags = {one.name for one in fields(Settings) if one.type == "bool"}
    flags |= {f"disable_{name}" for name in flags}
    arguments = []
    for variable, value in sorted(environment.items()):
        if variable.startswith(PREFIX):
            name = variable.removeprefix(PREFIX).lower()
            arguments.append(f"--{name}" if name in flags else f"--{name}={value}")
    return arguments


def read(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Make the settings of a command line and an environment.

    Raises SettingsError; prints the options and raises SystemExit for `--help`.
    """
    parser = _parser()
    given = vars(parser.parse_args(arguments))
    from_environment = vars(parser.parse_args(_as_arguments(environment)))
    if twice := sorted(given.keys() & from_environment.keys()):
        raise SettingsError(f"given on the command line and in the environment: {twice}")
    values = {**from_environment, **given}
    if not values.get("master"):
        raise SettingsError(f"no masters are named: --master or {PREFIX}MASTER")
    return _check(Settings(**values))
