"""The dashboards of a real cluster: every panel has data, every page is readable everywhere."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from mesosdeploy.dashboards.consoles import file_name
from mesosdeploy.dashboards.model import Page
from mesosdeploy.dashboards.source import pages
from tests.e2e.dashboards import SIZES, Browser, panels, panels_without_data
from tests.e2e.monitoring import Monitored

pytestmark = pytest.mark.containers

# A rate needs two samples of a target that has just been found.
_MEASURED_SECONDS = 180
_LOOKS = [(size, dark) for size in SIZES for dark in (False, True)]
_NOTHING = {panel.empty for _page, panel in panels() if panel.empty}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the pages are kept: $MESOSDEPLOY_PICTURES, else pytest's directory."""
    given = os.environ.get("MESOSDEPLOY_PICTURES")
    return Path(given) if given else tmp_path_factory.mktemp("pictures")


@pytest.fixture(
    scope="module",
    params=_LOOKS,
    ids=[f"{size}-{'dark' if dark else 'light'}" for size, dark in _LOOKS],
)
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    size, dark = request.param
    with Browser(size=size, dark=dark) as made:
        yield made


def test_every_panel_has_data(monitored: Monitored) -> None:
    missing: list[str] = []

    def none_is_missing() -> bool:
        missing[:] = panels_without_data(monitored.prometheus)
        return not missing

    try:
        monitored.cluster.until("all panels have data", _MEASURED_SECONDS, none_is_missing)
    finally:
        print("\n".join(missing))


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_page_is_readable(
    monitored: Monitored, browser: Browser, pictures: Path, page: Page
) -> None:
    address = f"{monitored.prometheus}/consoles/{file_name(page)}?range=900&refresh=0"

    def everything_is_there() -> bool:
        browser.open(address)
        return set(browser.texts(".empty")) <= _NOTHING

    # A line needs two samples, and a rate one more.
    monitored.cluster.until(f"{address} has its data", _MEASURED_SECONDS, everything_is_there)
    browser.keep(pictures, page.name)
    assert browser.errors() == []
    assert browser.texts(".error") == []
    assert set(browser.texts(".empty")) <= _NOTHING
    assert browser.charts() > 0
    assert browser.blank_charts() == []
    assert browser.overflow() <= 0
    assert (sum(browser.ground()) < 3 * 128) == browser.dark


def test_links_of_the_overview_lead_to_programs_that_answer(monitored: Monitored) -> None:
    with Browser() as browser:
        browser.open(f"{monitored.prometheus}/consoles/index.html?refresh=0")
        found = browser.links("#links a")
    assert set(found) == {"Mesos", "Marathon", "HAProxy", "Alertmanager", "Prometheus"}
    for address in found.values():
        with urllib.request.urlopen(address, timeout=10) as answer:
            assert answer.status == 200, address


def test_dashboards_are_named_by_the_cluster(monitored: Monitored) -> None:
    with Browser() as browser:
        browser.open(f"{monitored.prometheus}/consoles/index.html?refresh=0")
        assert browser.texts(".cluster") == [monitored.cluster.name]
