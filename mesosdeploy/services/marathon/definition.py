"""An app definition with every default filled in, its JSON form, and how one follows another."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mesosdeploy.services.marathon.parts import (
    Constraint,
    Fetch,
    HealthCheck,
    KillSelection,
    PortDefinition,
    UnreachableStrategy,
    UpgradeStrategy,
)
from mesosdeploy.services.marathon.schema import with_defaults
from mesosdeploy.services.marathon.validation import check_app

__all__ = [
    "App",
    "Constraint",
    "Fetch",
    "HealthCheck",
    "Json",
    "PortDefinition",
    "UnreachableStrategy",
    "UpgradeStrategy",
    "merge",
]

Json = dict[str, Any]

# Attributes that JSON holds as they are, by their name there.
_PLAIN = {
    "id": "id",
    "cpus": "cpus",
    "mem": "mem",
    "disk": "disk",
    "instances": "instances",
    "requirePorts": "require_ports",
    "backoffSeconds": "backoff_seconds",
    "backoffFactor": "backoff_factor",
    "maxLaunchDelaySeconds": "max_launch_delay_seconds",
    "killSelection": "kill_selection",
    "role": "role",
}
_OPTIONAL = {
    "cmd": "cmd",
    "user": "user",
    "taskKillGracePeriodSeconds": "task_kill_grace_period_seconds",
}
_VERSION_FIELDS = ("version", "versionInfo")


@dataclass(frozen=True, kw_only=True)
class App:
    """What to run, how often and where; immutable, so that a version never changes.

    `version`, `last_scaling_at` and `last_config_change_at` are times as `model.timestamp` writes
    them. `cpus` counts processors; `mem` and `disk` are MB. `accepted_resource_roles` is empty
    where the definition names none: unreserved resources and those of the scheduler's role do.
    """

    id: str
    version: str
    last_scaling_at: str
    last_config_change_at: str
    cmd: str | None
    args: tuple[str, ...]
    env: Mapping[str, str]
    user: str | None
    cpus: float
    mem: float
    disk: float
    instances: int
    labels: Mapping[str, str]
    fetch: tuple[Fetch, ...]
    port_definitions: tuple[PortDefinition, ...]
    require_ports: bool
    constraints: tuple[Constraint, ...]
    health_checks: tuple[HealthCheck, ...]
    upgrade_strategy: UpgradeStrategy
    backoff_seconds: float
    backoff_factor: float
    max_launch_delay_seconds: float
    task_kill_grace_period_seconds: float | None
    kill_selection: KillSelection
    unreachable_strategy: UnreachableStrategy | None
    accepted_resource_roles: tuple[str, ...]
    dependencies: tuple[str, ...]
    role: str

    @classmethod
    def from_json(cls, data: Json, *, version: str) -> App:
        """Read a definition, filling in the defaults; raises InvalidError.

        `versionInfo` in the data tells when the app was last scaled and changed; without it, that
        is `version`.
        """
        full = with_defaults(check_app(data))
        times = data.get("versionInfo") or {}
        unreachable = full["unreachableStrategy"]
        plain: Json = {attribute: full[name] for name, attribute in _PLAIN.items()}
        optional: Json = {attribute: full.get(name) for name, attribute in _OPTIONAL.items()}
        return cls(
            version=version,
            last_scaling_at=times.get("lastScalingAt", version),
            last_config_change_at=times.get("lastConfigChangeAt", version),
            args=tuple(full["args"]),
            env=full["env"],
            labels=full["labels"],
            fetch=tuple(Fetch.from_json(item) for item in full["fetch"]),
            port_definitions=tuple(
                PortDefinition.from_json(item) for item in full["portDefinitions"]
            ),
            constraints=tuple(Constraint.from_json(item) for item in full["constraints"]),
            health_checks=tuple(HealthCheck.from_json(item) for item in full["healthChecks"]),
            upgrade_strategy=UpgradeStrategy.from_json(full["upgradeStrategy"]),
            unreachable_strategy=(
                None if unreachable == "disabled" else UnreachableStrategy.from_json(unreachable)
            ),
            accepted_resource_roles=tuple(full["acceptedResourceRoles"]),
            dependencies=tuple(full["dependencies"]),
            **plain,
            **optional,
        )

    def to_json(self) -> Json:
        """Write the definition as Marathon does, defaults and versions included."""
        result: Json = {
            **{name: getattr(self, attribute) for name, attribute in _PLAIN.items()},
            "env": dict(self.env),
            "executor": "",
            "gpus": 0,
            "labels": dict(self.labels),
            "fetch": [item.to_json() for item in self.fetch],
            "networks": [{"mode": "host"}],
            "portDefinitions": [item.to_json() for item in self.port_definitions],
            "ports": [item.port for item in self.port_definitions],
            "constraints": [item.to_json() for item in self.constraints],
            "healthChecks": [item.to_json() for item in self.health_checks],
            "upgradeStrategy": self.upgrade_strategy.to_json(),
            "unreachableStrategy": (
                "disabled"
                if self.unreachable_strategy is None
                else self.unreachable_strategy.to_json()
            ),
            "dependencies": list(self.dependencies),
            "version": self.version,
            "versionInfo": {
                "lastScalingAt": self.last_scaling_at,
                "lastConfigChangeAt": self.last_config_change_at,
            },
        }
        said = {
            **{name: getattr(self, attribute) for name, attribute in _OPTIONAL.items()},
            "args": list(self.args) or None,
            "acceptedResourceRoles": list(self.accepted_resource_roles) or None,
        }
        return result | {name: value for name, value in said.items() if value is not None}

    def with_instances(self, count: int, *, version: str) -> App:
        """Return this definition scaled to `count` instances: not a change of what they run."""
        return dataclasses.replace(self, instances=count, version=version, last_scaling_at=version)

    def same_config(self, other: App) -> bool:
        """Tell whether the two differ in the number of instances and their versions at most."""
        return self == dataclasses.replace(
            other,
            instances=self.instances,
            version=self.version,
            last_scaling_at=self.last_scaling_at,
            last_config_change_at=self.last_config_change_at,
        )


def merge(old: App, update: Json) -> Json:
    """Return the JSON of `old` with the top fields of `update` in place of its own.

    `update` comes from `check_app(…, partial=True)`. Deprecated fields stand for their new forms;
    `ports` that only repeat the old numbers leave the definitions alone, as clients send back the
    list that they were told.
    """
    result = old.to_json()
    for name in (*_VERSION_FIELDS, "ports"):
        del result[name]
    changes = dict(update)
    if "ports" in changes:
        ports = changes.pop("ports")
        if "portDefinitions" not in changes and ports != old.to_json()["ports"]:
            changes["portDefinitions"] = [{"port": port} for port in ports]
    if "uris" in changes:
        del result["fetch"]
    return result | changes
