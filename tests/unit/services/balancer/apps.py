"""Apps as Marathon's GET /v2/apps?embed=apps.tasks gives them, for the tests of the balancer."""

from __future__ import annotations

from typing import Any

from mesosdeploy.services.balancer.model import Rendered
from mesosdeploy.services.balancer.options import Options
from mesosdeploy.services.balancer.render import render

OPTIONS = Options(marathon=("http://10.0.0.11:8080",))


def app(name: str = "/web", *, tasks: int = 1, **more: Any) -> dict[str, Any]:
    """Return an app of the group external with one port and running tasks; `labels` are added."""
    labels = {"HAPROXY_GROUP": "external", **more.pop("labels", {})}
    return {
        "id": name,
        "labels": labels,
        "portDefinitions": [{"port": 10000}],
        "tasks": [task(f"{name[1:].replace('/', '_')}.{n}") for n in range(1, tasks + 1)],
        **more,
    }


def task(name: str = "web.1", **more: Any) -> dict[str, Any]:
    """Return a running task at 10.0.0.21:31001."""
    standard = {"id": name, "host": "10.0.0.21", "ports": [31001], "state": "TASK_RUNNING"}
    return {**standard, **more}


def rendered(*apps: dict[str, Any], **options: Any) -> Rendered:
    """Render apps with the options of these tests, some changed."""
    return render(apps, Options(marathon=OPTIONS.marathon, **options))


def sections(text: str) -> dict[str, list[str]]:
    """Return the lines of each section by its first line, comments left out."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        if line and not line.startswith((" ", "#")):
            name = line
            found[name] = []
        elif line.strip() and not line.strip().startswith("#"):
            found[name].append(line.strip())
    return found


def problems(result: Rendered) -> list[str]:
    """Return every problem as it is logged."""
    return [str(each) for each in result.problems]
