"""The environment that a task finds: where it runs, its ports, and what its app is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from mesosdeploy.services.marathon.definition import App

# Marathon leaves labels out that would make longer names or values.
_LONGEST = 512
_LABEL_PREFIX = "MARATHON_APP_LABEL_"


def task_environment(app: App, *, task_id: str, host: str, ports: Sequence[int]) -> dict[str, str]:
    """Return the variables of one task; those of the app's own `env` win.

    The names are Marathon's (docs/task-environment-vars.md).
    """
    return {
        "MESOS_TASK_ID": task_id,
        "MARATHON_APP_ID": app.id,
        "MARATHON_APP_VERSION": app.version,
        "MARATHON_APP_RESOURCE_CPUS": str(float(app.cpus)),
        "MARATHON_APP_RESOURCE_MEM": str(float(app.mem)),
        "MARATHON_APP_RESOURCE_DISK": str(float(app.disk)),
        "MARATHON_APP_RESOURCE_GPUS": "0",
        **_label_variables(app.labels),
        "HOST": host,
        **_port_variables(app, ports),
        **app.env,
    }


def _label_variables(labels: Mapping[str, str]) -> dict[str, str]:
    short = {
        re.sub(r"[^a-zA-Z0-9_]+", "_", name).upper(): value
        for name, value in labels.items()
        if len(name) < _LONGEST - len(_LABEL_PREFIX) and len(value) < _LONGEST
    }
    return {
        "MARATHON_APP_LABELS": " ".join(short),
        **{f"{_LABEL_PREFIX}{name}": value for name, value in short.items()},
    }


def _port_variables(app: App, ports: Sequence[int]) -> dict[str, str]:
    """Name each host port by its index, by the port that was asked for, and by its name."""
    if not ports:
        return {}
    result = {"PORT": str(ports[0]), "PORTS": ",".join(str(port) for port in ports)}
    for index, (definition, port) in enumerate(zip(app.port_definitions, ports, strict=True)):
        result[f"PORT{index}"] = str(port)
        result[f"PORT_{definition.port or port}"] = str(port)
        if definition.name is not None:
            result[f"PORT_{definition.name.upper()}"] = str(port)
    return result
