"""Pages as Prometheus' console templates: what is fixed is in the HTML, a script asks for the rest.

Prometheus reads them as Go templates, so `{{` may stand only where the template means it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import jinja2

from mesosdeploy.dashboards.model import Page, Panel, Section

SCRIPTS = (
    "chart.min.js",
    "dom.js",
    "format.js",
    "prometheus.js",
    "charts.js",
    "panels.js",
    "page.js",
)
"""Scripts in the order in which they are run; Chart.js is Debian's."""

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=jinja2.StrictUndefined,
)


def file_name(page: Page) -> str:
    """Return the page's name below /consoles/; Prometheus itself links to index.html."""
    return f"{'index' if page.name == 'overview' else page.name}.html"


def html(page: Page, *, pages: Sequence[Page], assets: Path) -> str:
    """Return the console template of a page; `assets` holds this project's scripts and style."""
    return _ENVIRONMENT.get_template("page.html.j2").render(
        page=page,
        groups=[_groups(section) for section in page.sections],
        columns=_columns,
        pages=[(file_name(each), each.title, each.name == page.name) for each in pages],
        scripts=SCRIPTS,
        version=_version(assets),
        data=_data(page),
    )


def _groups(section: Section) -> list[list[Panel]]:
    """Return the panels in rows of one kind, as figures, charts and tables differ in height."""
    return [list(group) for _kind, group in groupby(section.panels, lambda panel: panel.kind)]


def _columns(count: int) -> int:
    """Return how many charts stand side by side on a wall so that no place is left empty."""
    return next((each for each in (4, 3) if count % each == 0), 2)


def _version(assets: Path) -> str:
    """Return what changes with the assets, so that no browser shows a page with old ones."""
    content = b"".join(path.read_bytes() for path in sorted(assets.iterdir()) if path.is_file())
    return hashlib.sha256(content).hexdigest()[:8]


def _data(page: Page) -> str:
    """Return the page as JSON that ends neither a script element nor a Go template's text."""
    text = json.dumps(
        page.model_dump(mode="json", exclude_defaults=True), ensure_ascii=True, indent=1
    )
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.replace("{{", "{\\u007b")
