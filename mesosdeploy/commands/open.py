"""`mesosdeploy open`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from mesosdeploy.commands.options import DEFAULT_INVENTORY, InventoryOption, OutputOption
from mesosdeploy.console import Output
from mesosdeploy.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from mesosdeploy.workflow.open import Place

PageArgument = Annotated[
    str,
    typer.Argument(
        metavar="PAGE",
        help="mesos, marathon, lb, dashboards, prometheus, alerts or grafana; none: list them.",
        autocompletion=lambda: ["mesos", "marathon", "lb", "dashboards", "prometheus", "alerts"],
    ),
]
BrowserOption = Annotated[
    bool | None,
    typer.Option(
        "--browser/--no-browser",
        help="Open it, or only print it. Else it is opened where there is a display.",
        show_default=False,
    ),
]


def open_page(
    page: PageArgument = "",
    inventory: InventoryOption = DEFAULT_INVENTORY,
    browser: BrowserOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Print where a page of the cluster is, and open it in a browser.

    Of masters and Marathons it is the leading one's. Where only SSH leads to the nodes, nothing is
    opened: the command that brings the page to this computer is printed, too.

    Examples:

      mesosdeploy open

      mesosdeploy open dashboards

      curl -s "$(mesosdeploy open mesos)state-summary"
    """
    from dataclasses import asdict

    from mesosdeploy import console
    from mesosdeploy.spec.problems import did_you_mean
    from mesosdeploy.workflow import open as workflow
    from mesosdeploy.workflow import way
    from mesosdeploy.workflow.environment import Environment

    if page and page not in list(workflow.Page):
        known = list(workflow.Page)
        raise UsageError(f"there is no page {page!r}", hint=did_you_mean(page, known))
    if browser and not page:
        raise UsageError("--browser needs a page", hint="mesosdeploy open lists them")
    environment = Environment.load(inventory)
    recorded, config = way.inventory(environment), environment.ssh_config
    if not page:
        places = [workflow.forwarded(one, recorded, config) for one in workflow.places(recorded)]
        console.show([asdict(place) for place in places], output, lambda: _table(places))
        return
    place = workflow.forwarded(workflow.find(recorded, workflow.Page(page)), recorded, config)
    console.emit(place.url) if output is Output.TABLE else console.show(asdict(place), output, str)
    if place.forward:
        console.note(f"only SSH leads there: {place.forward}\nthen open {place.local_url}")
    elif browser or (browser is None and _has_display()):
        _open(place)


def _table(places: list[Place]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table("page", "URL", "what", "node")
    for one in places:
        what = Text(f"{one.what}: {one.problem}" if one.problem else one.what)
        what.stylize("red" if one.problem else "")
        table.add_row(one.page, Text(one.url, overflow="fold"), what, one.node)
    return table


def _has_display() -> bool:
    """Tell whether a browser's window would be seen."""
    shown = sys.platform == "darwin" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    return bool(shown) and sys.stdout.isatty()


def _open(place: Place) -> None:
    import webbrowser

    from mesosdeploy import console

    if not webbrowser.open(place.url):
        console.note("no browser was found here; set BROWSER to one, or open the URL elsewhere")
