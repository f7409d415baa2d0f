"""Which files the pages are written to, and what they must hold."""

from __future__ import annotations

import json
from pathlib import Path

from mesosdeploy import resources
from mesosdeploy.dashboards import consoles, grafana
from mesosdeploy.dashboards.source import pages


def consoles_directory() -> Path:
    """Return where the console templates are; `assets/` below it holds scripts and style."""
    return resources.roles_path() / "prometheus" / "files" / "consoles"


def grafana_directory() -> Path:
    """Return where Grafana's dashboards are."""
    return resources.roles_path() / "grafana" / "files" / "dashboards"


def generated() -> dict[Path, str]:
    """Return every generated file with its content."""
    known = pages()
    assets = consoles_directory() / "assets"
    found: dict[Path, str] = {}
    for page in known:
        html = consoles.html(page, pages=known, assets=assets)
        found[consoles_directory() / consoles.file_name(page)] = html
        dashboard = json.dumps(grafana.dashboard(page), indent=2)
        found[grafana_directory() / f"{page.name}.json"] = f"{dashboard}\n"
    return found


def leftovers() -> list[Path]:
    """Return files beside the generated ones that no page gives any more."""
    wanted = generated()
    present = [*consoles_directory().glob("*.html"), *grafana_directory().glob("*.json")]
    return sorted(path for path in present if path not in wanted)


def write() -> None:
    """Write what is generated, and remove what is left over."""
    for path in leftovers():
        path.unlink()
    for path, content in generated().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
