"""Grafana's dashboards: what its importer needs, and what the pages say."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from mesosdeploy.dashboards.grafana import dashboard
from mesosdeploy.dashboards.model import Page
from mesosdeploy.dashboards.source import pages

PAGES = pages()
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def _one(**panel: Any) -> dict[str, Any]:
    """Return the panel that Grafana gets for one of ours."""
    described = {"title": "T", "help": "H.", **panel}
    page = Page.model_validate(
        {
            "name": "test",
            "title": "Test",
            "help": "A page.",
            "sections": [{"title": "S", "panels": [described]}],
        }
    )
    found: dict[str, Any] = dashboard(page)["panels"][1]
    return found


@every_page
def test_dashboard_is_known_by_the_name_of_its_page(page: Page) -> None:
    made = dashboard(page)
    assert made["uid"] == f"mesosdeploy-{page.name}"
    assert len(made["uid"]) <= 40
    assert made == dashboard(page)


@every_page
def test_dashboard_has_every_panel_of_the_page(page: Page) -> None:
    kinds = {"stat": "stat", "chart": "timeseries", "table": "table"}
    made = [panel for panel in dashboard(page)["panels"] if panel["type"] != "row"]
    described = [(kinds[panel.kind], panel.title) for panel in page.panels]
    expected = [("table", "Alerts")] * page.alerts + described
    assert [(panel["type"], panel["title"]) for panel in made] == expected


@every_page
def test_panels_have_numbers_of_their_own_and_do_not_overlap(page: Page) -> None:
    panels = dashboard(page)["panels"]
    numbers = [panel["id"] for panel in panels]
    assert len(set(numbers)) == len(numbers)
    places = [panel["gridPos"] for panel in panels]
    assert all(each["x"] >= 0 and each["x"] + each["w"] <= 24 for each in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)


@every_page
def test_every_query_asks_the_source_that_is_chosen(page: Page) -> None:
    made = dashboard(page)
    targets = [t for panel in made["panels"] for t in panel.get("targets", [])]
    assert len(targets) == sum(len(panel.queries) for panel in page.panels) + page.alerts
    assert {target["datasource"]["uid"] for target in targets} == {"${datasource}"}
    names = [variable["name"] for variable in made["templating"]["list"]]
    assert names == ["datasource", *([page.filter.label] if page.filter else [])]


def test_legend_is_in_grafanas_form() -> None:
    panel = _one(kind="chart", queries=[{"expr": "up", "legend": "{node} {job}"}])
    assert panel["targets"][0]["legendFormat"] == "{{node}} {{job}}"


def test_chart_asks_for_a_range_and_stat_for_now() -> None:
    chart = _one(kind="chart", queries=[{"expr": "up", "legend": "x"}])["targets"][0]
    stat = _one(kind="stat", query="up")["targets"][0]
    assert (chart["range"], chart["instant"]) == (True, False)
    assert (stat["range"], stat["instant"]) == (False, True)


@pytest.mark.parametrize(
    ("levels", "steps"),
    [
        pytest.param({"warn": 1, "bad": 5}, [("green", None), ("orange", 1), ("red", 5)], id="up"),
        pytest.param({"bad": 5}, [("green", None), ("red", 5)], id="bad-only"),
        pytest.param({"warn": 1}, [("green", None), ("orange", 1)], id="warn-only"),
        pytest.param(
            {"warn": 9, "bad": 2, "worse": "lower"},
            [("red", None), ("orange", 2), ("green", 9)],
            id="down",
        ),
        pytest.param(
            {"bad": 0, "worse": "lower"}, [("red", None), ("green", 0)], id="down-bad-only"
        ),
    ],
)
def test_levels_are_steps_from_the_least_value(
    levels: dict[str, Any], steps: list[tuple[str, float | None]]
) -> None:
    made = _one(kind="stat", query="up", levels=levels)["fieldConfig"]["defaults"]["thresholds"]
    found = [(step["color"], step["value"]) for step in made["steps"]]
    assert [color for color, _value in found] == [color for color, _value in steps]
    values = [value for _color, value in found]
    assert values == [None if v is None else pytest.approx(v, abs=1e-6) for _c, v in steps]


def test_bound_itself_is_bad_where_less_is_worse() -> None:
    panel = _one(kind="stat", query="up", levels={"bad": 0, "worse": "lower"})
    good = panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1]
    assert good["value"] > 0


def test_words_stand_for_values() -> None:
    panel = _one(kind="stat", query="up", words={0: "no", 1: "yes"})
    (mapping,) = panel["fieldConfig"]["defaults"]["mappings"]
    assert mapping == {"type": "value", "options": {"0": {"text": "no"}, "1": {"text": "yes"}}}


def test_table_joins_its_queries_under_the_titles_of_the_columns() -> None:
    columns = [
        {"title": "Up", "query": "max by (node) (up)"},
        {"title": "Role", "query": "max by (node, state) (s)", "label": "state"},
        {"title": "Full", "query": "max by (node) (f)", "unit": "ratio"},
    ]
    panel = _one(kind="table", by=["node"], columns=columns)
    merge, organize = panel["transformations"]
    assert merge["id"] == "merge"
    assert organize["options"]["excludeByName"] == {"Time": True, "Value #B": True}
    names = organize["options"]["renameByName"]
    assert names == {"Value #A": "Up", "state": "Role", "Value #C": "Full"}
    assert {target["format"] for target in panel["targets"]} == {"table"}
    named = [override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]]
    assert named == ["Up", "Full"]


def test_figure_of_a_table_with_one_query_is_known_by_both_of_its_names() -> None:
    panel = _one(
        kind="table", by=["node"], columns=[{"title": "Up", "query": "max by (node) (up)"}]
    )
    assert panel["transformations"][1]["options"]["renameByName"] == {
        "Value #A": "Up",
        "Value": "Up",
    }


def test_only_the_names_of_a_label_are_shown_where_a_label_is_asked_for() -> None:
    panel = _one(kind="stat", query={"expr": "up", "legend": "{node}"}, label="node")
    assert panel["options"]["textMode"] == "name"
    assert panel["targets"][0]["legendFormat"] == "{{node}}"
