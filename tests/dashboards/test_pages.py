"""What pages do with answers that are hostile, broken, empty, or none at all: in a real browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mesosdeploy.dashboards.consoles import file_name
from mesosdeploy.dashboards.source import pages
from tests.dashboards.standin import Series, StandIn, nothing, steady
from tests.e2e.dashboards import Browser

MARKUP = "<img src=x onerror=\"document.title='owned'\">"
PAGES = [file_name(page) for page in pages()]
every_page = pytest.mark.parametrize("page", PAGES)


def _open(browser: Browser, prometheus: StandIn, page: str, **chosen: str) -> None:
    query = "&".join(f"{name}={value}" for name, value in {"refresh": "0", **chosen}.items())
    browser.open(f"{prometheus.url}/consoles/{page}?{query}")


def _again(browser: Browser) -> None:
    """Ask again as a choice of the reader does, and wait for the answers."""
    browser.run("delete document.body.dataset.loaded")
    browser.run("document.getElementById('controls').dispatchEvent(new Event('change'))")
    browser.until("return document.body.dataset.loaded !== undefined", "the page asked again")


def _alert(**labels: str) -> dict[str, object]:
    began = datetime.now(UTC) - timedelta(minutes=5)
    annotations = {"summary": "A summary", "description": f"On {labels.get('node', '')}."}
    return {
        "labels": {"alertname": "Test", "severity": "critical", **labels},
        "annotations": annotations,
        "state": "firing",
        "activeAt": began.isoformat(),
    }


@every_page
def test_labels_with_markup_are_shown_as_text(
    browser: Browser, prometheus: StandIn, page: str
) -> None:
    labels = ("node", "framework", "name", "job", "state", "proxy", "version", "message", "path")
    prometheus.answer = steady(**dict.fromkeys(labels, MARKUP))
    hostile = _alert(node=MARKUP, alertname=MARKUP)
    hostile["annotations"] = dict.fromkeys(("summary", "description", "runbook"), MARKUP)
    prometheus.alerts = [hostile]
    _open(browser, prometheus, page)
    assert MARKUP in browser.run("return document.body.innerText")
    assert browser.run("return document.querySelectorAll('img').length") == 0
    assert browser.run("return document.title").endswith(" · test")
    assert browser.overflow() <= 0
    assert browser.errors() == []


@pytest.mark.parametrize(
    ("runbook", "links"),
    [
        pytest.param("https://example.org/runbooks/Test.md", 1, id="https"),
        pytest.param("docs/runbooks/Test.md", 0, id="file"),
        pytest.param("javascript:alert(1)", 0, id="script"),
    ],
)
def test_runbook_is_a_link_where_a_browser_may_follow_it(
    browser: Browser, prometheus: StandIn, runbook: str, links: int
) -> None:
    alert = _alert(node="agent-1")
    alert["annotations"] = {"summary": "A summary", "runbook": runbook}
    prometheus.alerts = [alert]
    _open(browser, prometheus, "index.html")
    assert browser.run("return document.querySelectorAll('#alerts a').length") == links
    assert (runbook in browser.texts(".facts")[0]) == (links == 0)


def test_alerts_of_one_kind_are_one_card_and_the_worst_is_first(
    browser: Browser, prometheus: StandIn
) -> None:
    nodes = [f"agent-{number}" for number in range(1, 11)]
    prometheus.alerts = [
        _alert(alertname="Watchdog", severity="none"),
        *(_alert(alertname="Slow", severity="warning", node=node) for node in nodes),
        _alert(alertname="Down", node="agent-1"),
    ]
    _open(browser, prometheus, "index.html")
    facts = browser.texts(".facts")
    assert [text.split(" for ")[0] for text in facts] == ["critical Down", "warning Slow"]
    items = browser.texts(".warning li")
    assert items[:3] == ["On agent-1.", "On agent-2.", "On agent-3."]
    assert items[-1] == "and 4 more"


def test_no_alert_is_said(browser: Browser, prometheus: StandIn) -> None:
    _open(browser, prometheus, "index.html")
    assert browser.texts("#alerts") == ["No alert is active."]


@every_page
def test_page_without_series_says_so_in_every_panel(
    browser: Browser, prometheus: StandIn, page: str
) -> None:
    _open(browser, prometheus, page)
    assert all(browser.texts(".body"))
    assert browser.charts() == 0
    assert browser.errors() == []


def test_query_that_is_refused_says_why_and_leaves_the_others_alone(
    browser: Browser, prometheus: StandIn
) -> None:
    prometheus.answer = steady(node="master-1")
    prometheus.refused = {"registrar_queued": "unknown function <b>"}
    _open(browser, prometheus, "masters.html")
    assert browser.texts(".error") == ["unknown function <b>"]
    assert browser.charts() > 4
    assert browser.run("return document.getElementById('trouble').hidden")
    browser.errors()  # the browser itself notes the status 400


def test_prometheus_that_is_away_is_said_over_the_last_figures(
    browser: Browser, prometheus: StandIn
) -> None:
    prometheus.answer = steady(node="master-1")
    _open(browser, prometheus, "masters.html")
    shown = browser.texts(".value")
    prometheus.reachable = False
    _again(browser)
    (trouble,) = browser.texts("#trouble")
    assert trouble.startswith("Prometheus does not answer: no connection. What is shown is of ")
    assert browser.texts(".value") == shown
    prometheus.reachable = True
    _again(browser)
    assert browser.run("return document.getElementById('trouble').hidden")
    browser.errors()  # the browser itself notes connections that failed


def test_chart_waits_for_its_second_sample(browser: Browser, prometheus: StandIn) -> None:
    prometheus.answer, prometheus.samples = steady(node="agent-1"), 1
    _open(browser, prometheus, "agents.html")
    assert set(browser.texts(".chart .body")) == {"one sample so far: a line needs two"}
    prometheus.samples = 2
    _again(browser)
    assert browser.charts() == len(browser.texts(".chart .body"))
    assert browser.blank_charts() == []


def test_figures_that_are_no_number_are_a_dash(browser: Browser, prometheus: StandIn) -> None:
    prometheus.answer = lambda _expression: [({"node": "agent-1"}, "NaN")]
    _open(browser, prometheus, "agents.html")
    assert set(browser.texts(".stat .value")) == {"–", "– of –"}
    assert browser.errors() == []


def test_only_the_largest_of_many_series_are_drawn(browser: Browser, prometheus: StandIn) -> None:
    def many(_expression: str) -> Series:
        return [({"node": f"agent-{number}"}, str(number)) for number in range(100)]

    prometheus.answer = many
    _open(browser, prometheus, "agents.html")
    assert browser.texts(".chart .note")[0] == "the 30 largest of 100 series"
    names = browser.texts(".charts > article:first-child .legend span")[:30]
    assert names == [f"agent-{number}" for number in range(70, 100)]


def test_rows_are_in_the_order_of_their_numbers(browser: Browser, prometheus: StandIn) -> None:
    prometheus.answer = lambda _expression: [({"node": f"agent-{n}"}, "1") for n in (10, 9, 2)]
    _open(browser, prometheus, "agents.html")
    assert browser.texts("tbody th") == ["agent-2", "agent-9", "agent-10"]


def test_choice_of_a_node_asks_for_this_node_only(browser: Browser, prometheus: StandIn) -> None:
    prometheus.answer = steady(node='agent.1"')
    _open(browser, prometheus, "agents.html")
    prometheus.asked.clear()
    browser.run("document.getElementById('controls').elements.only.selectedIndex = 1")
    _again(browser)
    filtered = [each for each in prometheus.asked if "node=~" in each]
    assert filtered
    assert all(r'node=~"agent\\.1\""' in each for each in filtered)


def test_choices_go_along_to_other_pages(browser: Browser, prometheus: StandIn) -> None:
    _open(browser, prometheus, "agents.html", range="21600")
    browser.run("document.querySelector('nav a[href*=nodes]').click()")
    browser.until("return location.pathname.endsWith('nodes.html')", "the other page is open")
    browser.until("return document.body.dataset.loaded !== undefined", "it asked")
    assert browser.run("return document.getElementById('controls').elements.range.value") == "21600"


def test_dark_is_kept_on_other_pages(browser: Browser, prometheus: StandIn) -> None:
    prometheus.answer = nothing
    _open(browser, prometheus, "agents.html")
    light = sum(browser.ground())
    try:
        browser.run("document.getElementById('theme').click()")
        assert sum(browser.ground()) < light / 2
        _open(browser, prometheus, "nodes.html")
        assert sum(browser.ground()) < light / 2
    finally:
        browser.run("localStorage.clear()")


def test_prometheus_is_asked_at_full_steps(browser: Browser, prometheus: StandIn) -> None:
    """Two pages that are open at the same time ask the same: answers agree."""
    _open(browser, prometheus, "index.html", range="86400")
    assert any("[86400s]" in each for each in prometheus.asked)
    assert any("[375s]" in each for each in prometheus.asked)


def test_page_asks_again_as_often_as_it_was_told(browser: Browser, prometheus: StandIn) -> None:
    _open(browser, prometheus, "index.html")
    browser.run("window.setTimeout = (again, after) => { window.planned = { again, after }; }")
    browser.run("document.getElementById('controls').elements.refresh.value = '60'")
    _again(browser)
    browser.until("return window.planned !== undefined", "the next look is planned")
    assert browser.run("return window.planned.after") == 60_000
    prometheus.asked.clear()
    browser.run("delete document.body.dataset.loaded; window.planned.again()")
    browser.until("return document.body.dataset.loaded !== undefined", "the page asked again")
    assert prometheus.asked
