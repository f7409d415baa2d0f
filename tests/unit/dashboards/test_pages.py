"""The pages of this project: complete, current, and asking for figures that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mesosdeploy.dashboards import files, source
from mesosdeploy.dashboards.model import Chart, Page, Query, Table
from tests.metric_names import given
from tests.unit.dashboards.queries import metrics

PAGES = source.pages()
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)

# What programs of others give and the pages ask for; tests/e2e/test_dashboards.py asks real ones.
FOREIGN = {
    "up", "scrape_duration_seconds", "scrape_samples_post_metric_relabeling",
    "probe_success", "probe_duration_seconds",
    "haproxy_backend_active_servers", "haproxy_backend_current_queue",
    "haproxy_backend_http_requests_total", "haproxy_backend_http_responses_total",
    "haproxy_backend_response_time_average_seconds", "haproxy_frontend_current_sessions",
    "haproxy_frontend_http_requests_total", "haproxy_frontend_http_responses_total",
    "haproxy_server_status",
    "node_cpu_seconds_total", "node_disk_io_time_seconds_total", "node_expiry_timestamp_seconds",
    "node_filesystem_avail_bytes", "node_filesystem_size_bytes", "node_load1",
    "node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes",
    "node_network_receive_bytes_total", "node_network_transmit_bytes_total",
    "node_timex_offset_seconds",
}  # fmt: skip


def _queries(page: Page) -> list[Query]:
    return [query for panel in page.panels for query in panel.queries]


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        pytest.param("max(a_total)", {"a_total"}, id="function"),
        pytest.param('sum by (node, job) (rate(a{b="c"}[5m]))', {"a"}, id="labels"),
        pytest.param("a and on (instance) b == 1 unless c", {"a", "b", "c"}, id="operators"),
        pytest.param('topk(8, x{y=~"a(b)|c"} / z) > 0', {"x", "z"}, id="arguments"),
        pytest.param("time() - a:b", {"a:b"}, id="recorded"),
    ],
)
def test_metrics_of_an_expression_are_found(expression: str, names: set[str]) -> None:
    assert metrics(expression) == names


def test_every_file_is_a_page() -> None:
    present = {path.stem for path in (Path(source.__file__).parent / "pages").glob("*.yml")}
    assert present == set(source.ORDER)
    assert source.ORDER[0] == "overview"


def test_pages_ask_for_metrics_that_something_gives() -> None:
    asked = {name for page in PAGES for query in _queries(page) for name in metrics(query.expr)}
    assert len(asked) > 100
    assert asked - given() - FOREIGN == set()
    assert FOREIGN - asked == set()


def test_names_that_are_offered_are_of_metrics_that_something_gives() -> None:
    filters = [page.filter for page in PAGES if page.filter]
    assert filters
    assert {n for each in filters for n in metrics(each.of)} - given() - FOREIGN == set()


def test_links_are_of_metrics_that_something_gives() -> None:
    asked = [link.only for page in PAGES for link in page.links if link.only]
    assert asked
    assert {name for each in asked for name in metrics(each)} - given() - FOREIGN == set()


@every_page
def test_queries_hold_only_what_is_filled_in(page: Page) -> None:
    known = {"$__rate_interval", "$__range"} | ({f"${page.filter.label}"} if page.filter else set())
    found = {name for query in _queries(page) for name in re.findall(r"\$\w+", query.expr)}
    assert found <= known


@every_page
def test_every_panel_says_in_one_sentence_what_it_shows(page: Page) -> None:
    for panel in page.panels:
        assert re.fullmatch(r"[A-Z][^.]*\.", panel.help), panel.help


@every_page
def test_titles_tell_panels_of_a_section_apart(page: Page) -> None:
    for section in page.sections:
        titles = [(panel.kind, panel.title) for panel in section.panels]
        assert len(set(titles)) == len(titles)


@every_page
def test_lines_of_a_chart_have_names(page: Page) -> None:
    charts = [panel for panel in page.panels if isinstance(panel, Chart)]
    assert charts
    assert not [panel.title for panel in charts if not all(q.legend for q in panel.queries)]


@every_page
def test_columns_are_grouped_by_the_labels_of_their_rows(page: Page) -> None:
    tables = [panel for panel in page.panels if isinstance(panel, Table)]
    assert tables
    for table in tables:
        for column in table.columns:
            grouped = re.search(r"\bby \(([^)]*)\)", column.query.expr)
            assert grouped, column.query.expr
            assert set(table.by) <= set(grouped.group(1).split(", ")), column.query.expr


@pytest.mark.parametrize("path", files.generated(), ids=lambda path: path.name)
def test_generated_file_is_current(path: Path) -> None:
    assert path.is_file(), "run `python -m mesosdeploy.dashboards`"
    content = path.read_text(encoding="utf-8")
    assert content == files.generated()[path], "run `python -m mesosdeploy.dashboards`"


def test_no_file_is_left_of_a_page_that_is_no_more() -> None:
    assert files.leftovers() == []
