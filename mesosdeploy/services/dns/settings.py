"""The configuration file: Mesos-DNS' own keys, each checked, an unknown one refused by its name."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema

from mesosdeploy.services.dns.names import Rule

Json = dict[str, Any]

SECRETS: Final = ("mesosCredentials",)
"""The keys that nobody is told."""

_SCHEMA: Final = Path(__file__).with_name("config.schema.json")
_OFFICIAL_ONLY: Final = (
    "caCertFile", "certFile", "keyFile", "mesosHTTPSOn", "iamConfigFile",
    "recurseon", "setTruncateBit", "HTTPListen",
)  # fmt: skip
_EVERY_ADDRESS: Final = ("0.0.0.0", "::")  # noqa: S104 - compared with, never bound here


class ConfigurationError(Exception):
    """The configuration cannot be used; the message names every problem with its key."""


@dataclass(frozen=True, kw_only=True)
class ZooKeeper:
    """Where masters are elected: `hosts` are "a:2181,b:2181", `credentials` "user:password"."""

    hosts: str
    path: str
    credentials: str = ""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A checked configuration; `values` holds every key under its official name, with defaults."""

    values: Json

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    @property
    def domain(self) -> str:
        """Return the domain in lower case."""
        return str(self["domain"]).lower()

    @property
    def listener(self) -> str:
        """Return the address to listen on; empty for every address."""
        return "" if self["listener"] in _EVERY_ADDRESS else str(self["listener"])

    @property
    def name_server(self) -> str:
        """Return the name that this server has in the domain."""
        return str(self["SOAMname"]).rstrip(".").lower()

    @property
    def rule(self) -> Rule:
        """Return the rule that labels follow."""
        return "RFC952" if self["enforceRFC952"] else "RFC1123"

    @property
    def zookeeper(self) -> ZooKeeper | None:
        """Return where ZooKeeper is, or None when only `masters` is given."""
        if not self["zk"]:
            return None
        rest, _, path = str(self["zk"]).removeprefix("zk://").partition("/")
        credentials, _, hosts = rest.rpartition("@")
        return ZooKeeper(hosts=hosts, path=f"/{path.rstrip('/')}", credentials=credentials)

    @property
    def credentials(self) -> tuple[str, str] | None:
        """Return principal and secret for the master's HTTP interface."""
        if not self["mesosAuthentication"]:
            return None
        given = self["mesosCredentials"]
        return given["principal"], given["secret"]

    def public(self) -> Json:
        """Return what may be shown: no secrets, and no password in the ZooKeeper URL."""
        shown = {key: value for key, value in self.values.items() if key not in SECRETS}
        place = self.zookeeper
        return shown | ({"zk": f"zk://{place.hosts}{place.path}"} if place else {})


def load(path: Path) -> Settings:
    """Read a configuration file; ConfigurationError names the file and all its problems."""
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise ConfigurationError(f"{path} cannot be read: {exc.strerror}") from exc
    except ValueError as exc:
        raise ConfigurationError(f"{path} is no JSON: {exc}") from exc
    try:
        return check(given)
    except ConfigurationError as exc:
        raise ConfigurationError(f"{path}: {exc}") from exc


def check(given: object) -> Settings:
    """Return the settings of a parsed file; keys may be in any case, as Mesos-DNS reads them."""
    if not isinstance(given, dict):
        raise ConfigurationError("the file holds no JSON object")
    properties: Mapping[str, Json] = _schema()["properties"]
    official = {key.lower(): key for key in properties}
    values: Json = {official.get(str(k).lower()) or str(k): value for k, value in given.items()}
    problems = [_unknown(key, properties) for key in values if key not in properties]
    known = {key: value for key, value in values.items() if key in properties}
    problems += [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message}"
        for error in _validator().iter_errors(known)
    ]
    values = {key: each.get("default") for key, each in properties.items()} | values
    problems += _contradictions(values)
    if problems:
        raise ConfigurationError("; ".join(problems))
    return Settings(values=values)


def _contradictions(values: Mapping[str, Any]) -> list[str]:
    problems = []
    if not values["zk"] and not values["masters"]:
        problems.append("neither zk nor masters is given: nothing says where the masters are")
    if not values["dnson"] and not values["httpon"]:
        problems.append("dnson and httpon are both false: nothing would be served")
    if values["mesosAuthentication"] and not values["mesosCredentials"]:
        problems.append("mesosAuthentication is basic, but mesosCredentials is missing")
    return problems


def _unknown(key: str, properties: Mapping[str, Json]) -> str:
    if key.lower() in map(str.lower, _OFFICIAL_ONLY):
        return f"{key}: Mesos-DNS has this key, the stand-in does not; remove it"
    lower = {known.lower(): known for known in properties}
    close = difflib.get_close_matches(key.lower(), lower, n=1)
    return f"{key}: no such key" + (f"; did you mean {lower[close[0]]}?" if close else "")


@cache
def _schema() -> Json:
    schema: Json = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    return schema


@cache
def _validator() -> Any:
    checker = jsonschema.FormatChecker(["ipv4", "ipv6"])
    return jsonschema.Draft202012Validator(_schema(), format_checker=checker)
