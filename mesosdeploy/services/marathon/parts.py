"""The parts of an app definition, each with its form in Marathon's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Json = dict[str, Any]

KillSelection = Literal["YOUNGEST_FIRST", "OLDEST_FIRST"]


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """A file that Mesos' fetcher brings into the sandbox."""

    uri: str
    extract: bool
    executable: bool
    cache: bool
    dest_path: str | None

    @classmethod
    def from_json(cls, data: Json) -> Fetch:
        """Read `{"uri": …, "extract": …, "executable": …, "cache": …, "destPath": …}`."""
        return cls(
            uri=data["uri"],
            extract=data["extract"],
            executable=data["executable"],
            cache=data["cache"],
            dest_path=data.get("destPath"),
        )

    def to_json(self) -> Json:
        """Write what `from_json` reads."""
        result: Json = {
            "uri": self.uri,
            "extract": self.extract,
            "executable": self.executable,
            "cache": self.cache,
        }
        return result if self.dest_path is None else {**result, "destPath": self.dest_path}


@dataclass(frozen=True, kw_only=True)
class PortDefinition:
    """A port of each instance; `port` is the service port, 0 while none is assigned."""

    port: int
    protocol: Literal["tcp", "udp", "udp,tcp"]
    name: str | None
    labels: Mapping[str, str]

    @classmethod
    def from_json(cls, data: Json) -> PortDefinition:
        """Read `{"port": …, "protocol": …, "name": …, "labels": {…}}`."""
        return cls(
            port=data["port"],
            protocol=data["protocol"],
            name=data.get("name"),
            labels=data["labels"],
        )

    def to_json(self) -> Json:
        """Write what `from_json` reads."""
        result: Json = {"port": self.port, "protocol": self.protocol, "labels": dict(self.labels)}
        return result if self.name is None else {**result, "name": self.name}


@dataclass(frozen=True, kw_only=True)
class Constraint:
    """What an agent must be like for an instance to run there."""

    field: str
    operator: str
    value: str | None

    @classmethod
    def from_json(cls, data: list[str]) -> Constraint:
        """Read `[field, operator]` or `[field, operator, value]`."""
        return cls(field=data[0], operator=data[1], value=data[2] if len(data) == 3 else None)

    def to_json(self) -> list[str]:
        """Write what `from_json` reads."""
        return [self.field, self.operator, *([] if self.value is None else [self.value])]


@dataclass(frozen=True, kw_only=True)
class HealthCheck:
    """How the agent learns whether a task is well; durations in seconds.

    `port_index` is None where `port` is given, and for COMMAND, which asks no port.
    """

    protocol: str
    path: str | None
    port_index: int | None
    port: int | None
    command: str | None
    grace_period_seconds: int
    interval_seconds: int
    timeout_seconds: int
    delay_seconds: int
    max_consecutive_failures: int

    @classmethod
    def from_json(cls, data: Json) -> HealthCheck:
        """Read Marathon's form, in which only one of port, portIndex and command matters."""
        portless = data["protocol"] == "COMMAND" or "port" in data
        return cls(
            protocol=data["protocol"],
            path=data.get("path"),
            port_index=None if portless else data.get("portIndex", 0),
            port=data.get("port"),
            command=data["command"]["value"] if "command" in data else None,
            grace_period_seconds=data["gracePeriodSeconds"],
            interval_seconds=data["intervalSeconds"],
            timeout_seconds=data["timeoutSeconds"],
            delay_seconds=data["delaySeconds"],
            max_consecutive_failures=data["maxConsecutiveFailures"],
        )

    def to_json(self) -> Json:
        """Write what `from_json` reads."""
        said = {
            "path": self.path,
            "portIndex": self.port_index,
            "port": self.port,
            "command": None if self.command is None else {"value": self.command},
        }
        return {
            "protocol": self.protocol,
            **{name: value for name, value in said.items() if value is not None},
            "gracePeriodSeconds": self.grace_period_seconds,
            "intervalSeconds": self.interval_seconds,
            "timeoutSeconds": self.timeout_seconds,
            "delaySeconds": self.delay_seconds,
            "maxConsecutiveFailures": self.max_consecutive_failures,
            "ipProtocol": "IPv4",
        }


@dataclass(frozen=True, kw_only=True)
class UpgradeStrategy:
    """Parts of the instances, 0 to 1, that must stay and that may be added in an upgrade."""

    minimum_health_capacity: float
    maximum_over_capacity: float

    @classmethod
    def from_json(cls, data: Json) -> UpgradeStrategy:
        """Read `{"minimumHealthCapacity": …, "maximumOverCapacity": …}`."""
        return cls(
            minimum_health_capacity=data["minimumHealthCapacity"],
            maximum_over_capacity=data["maximumOverCapacity"],
        )

    def to_json(self) -> Json:
        """Write what `from_json` reads."""
        return {
            "minimumHealthCapacity": self.minimum_health_capacity,
            "maximumOverCapacity": self.maximum_over_capacity,
        }


@dataclass(frozen=True, kw_only=True)
class UnreachableStrategy:
    """Seconds after which a lost instance is replaced, and forgotten."""

    inactive_after_seconds: int
    expunge_after_seconds: int

    @classmethod
    def from_json(cls, data: Json) -> UnreachableStrategy:
        """Read `{"inactiveAfterSeconds": …, "expungeAfterSeconds": …}`."""
        return cls(
            inactive_after_seconds=data["inactiveAfterSeconds"],
            expunge_after_seconds=data["expungeAfterSeconds"],
        )

    def to_json(self) -> Json:
        """Write what `from_json` reads."""
        return {
            "inactiveAfterSeconds": self.inactive_after_seconds,
            "expungeAfterSeconds": self.expunge_after_seconds,
        }
