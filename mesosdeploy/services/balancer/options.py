"""The settings of the balancer: /etc/mesosdeploy/balancer.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema

_SCHEMA = Path(__file__).with_name("options.schema.json")


class OptionsError(Exception):
    """The settings cannot be used; the message says which, where and why."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Every setting; options.schema.json says what each means."""

    marathon: tuple[str, ...]
    credentials: str = ""
    groups: tuple[str, ...] = ("external",)
    bind_address: str = "*"
    http_port: int = 80
    https_port: int = 443
    certificate: str = ""
    first_port: int = 1024
    last_port: int = 65535
    reserved_ports: tuple[int, ...] = (5050, 8080, 8404, 8405)
    listen_address: str = "0.0.0.0"  # noqa: S104 - metrics are fetched from another machine
    listen_port: int = 8405
    poll_seconds: float = 10.0
    haproxy: str = "/usr/sbin/haproxy"
    haproxy_config: str = "/etc/haproxy/haproxy.cfg"
    services_config: str = "/etc/haproxy/services.cfg"
    master_socket: str = "/run/haproxy/master.sock"


def load(path: Path) -> Options:
    """Return the settings in a JSON file; raises OptionsError when they cannot be used."""
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise OptionsError(f"{path} cannot be read: {exc}") from exc
    schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    errors = sorted(jsonschema.Draft7Validator(schema).iter_errors(data), key=str)
    if errors:
        # The value is left out: it may be a password.
        named = (
            f"{'.'.join(map(str, error.path)) or 'the file'} ({error.validator})"
            for error in errors
        )
        raise OptionsError(f"{path} does not fit options.schema.json: {', '.join(named)}")
    settings: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in data.items()
    }
    return Options(**settings)
