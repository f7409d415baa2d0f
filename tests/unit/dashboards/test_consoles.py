"""Console templates: what Go reads in them, and what a browser does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mesosdeploy.dashboards import consoles, files
from mesosdeploy.dashboards.model import Page
from mesosdeploy.dashboards.source import pages

PAGES = pages()
ASSETS = files.consoles_directory() / "assets"
HOSTILE = '</script><b>{{ .Params }} & "quoted"'


def _html(page: Page, assets: Path = ASSETS) -> str:
    return consoles.html(page, pages=PAGES, assets=assets)


def _data(html: str) -> str:
    found = re.search(r'<script id="page" type="application/json">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    return found.group(1)


@pytest.fixture
def hostile() -> Page:
    """A page whose texts would break out of wherever they are put."""
    panel = {"kind": "stat", "title": HOSTILE, "help": HOSTILE, "query": HOSTILE}
    section = {"title": HOSTILE, "panels": [panel]}
    return Page.model_validate(
        {"name": "masters", "title": HOSTILE, "help": "x", "sections": [section]}
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_go_template_asks_for_the_name_of_the_cluster_only(page: Page) -> None:
    assert set(re.findall(r"\{\{.*?\}\}", _html(page))) == {"{{ $externalLabels.cluster }}"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_script_gets_the_page_as_it_is_described(page: Page) -> None:
    assert Page.model_validate(json.loads(_data(_html(page)))) == page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_panel_has_its_place(page: Page) -> None:
    places = re.findall(r'<article class="(\w+)" id="panel-(\d+)">', _html(page))
    assert places == [(panel.kind, str(index)) for index, panel in enumerate(page.panels)]


def test_page_marks_itself_among_the_others() -> None:
    html = _html(PAGES[1])
    assert re.findall(r'<a href="([a-z]+\.html)"', html) == [consoles.file_name(p) for p in PAGES]
    assert re.findall(r'<a href="([a-z]+\.html)" aria-current', html) == ["masters.html"]


def test_overview_is_the_page_that_prometheus_links_to() -> None:
    assert consoles.file_name(PAGES[0]) == "index.html"


def test_page_holds_neither_script_nor_style_of_its_own() -> None:
    html = _html(PAGES[0])
    assert re.findall(r"<script(?![^>]* src=)([^>]*)>", html) == [
        ' id="page" type="application/json"'
    ]
    assert "<style" not in html
    assert not re.search(r'\s(style|on\w+)="', html)


def test_every_asset_of_the_page_exists() -> None:
    named = set(re.findall(r'"\.\./user/([^"?]+)\?', _html(PAGES[0])))
    present = {path.name for path in ASSETS.iterdir()}
    assert named == present | {"chart.min.js"}


def test_nothing_is_fetched_from_elsewhere() -> None:
    texts = [path.read_text(encoding="utf-8") for path in ASSETS.iterdir()]
    texts += [_html(page) for page in PAGES]
    found = {url for text in texts for url in re.findall(r"https?://[^\s\"'`/]+", text)}
    assert found == {"http://www.w3.org"}


def test_hostile_text_stays_text(hostile: Page) -> None:
    html = _html(hostile)
    assert html.count("<b>") == 0
    assert html.count("</script>") == len(consoles.SCRIPTS) + 2
    assert json.loads(_data(html))["title"] == HOSTILE
    assert "{{ .Params }}" not in _data(html)


def test_other_assets_have_other_addresses(tmp_path: Path) -> None:
    (tmp_path / "page.js").write_text("one")
    one = _html(PAGES[0], tmp_path)
    assert one == _html(PAGES[0], tmp_path)
    (tmp_path / "page.js").write_text("two")
    assert one != _html(PAGES[0], tmp_path)
