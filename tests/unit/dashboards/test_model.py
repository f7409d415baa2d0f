"""What a page may say, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mesosdeploy.dashboards.model import Levels, Page, Query

STAT = {"kind": "stat", "title": "Up", "help": "Those that answer.", "query": "sum(up)"}


def _page(*panels: dict[str, Any], **more: Any) -> Page:
    sections = [{"title": "Now", "panels": list(panels)}]
    return Page.model_validate(
        {"name": "test", "title": "Test", "help": "A page.", "sections": sections, **more}
    )


def test_bare_string_is_a_query_without_legend() -> None:
    assert Query.model_validate("sum(up)") == Query(expr="sum(up)")


def test_panels_of_all_sections_come_in_their_order() -> None:
    page = _page(STAT, {**STAT, "title": "Down"})
    assert [panel.title for panel in page.panels] == ["Up", "Down"]


def test_stat_asks_for_what_there_should_be_too() -> None:
    panel = _page({**STAT, "of": "count(up)"}).panels[0]
    assert [query.expr for query in panel.queries] == ["sum(up)", "count(up)"]


@pytest.mark.parametrize(
    ("levels", "complaint"),
    [
        pytest.param({}, "need warn, bad or both", id="none"),
        pytest.param({"warn": 2, "bad": 1}, "higher is worse", id="falling"),
        pytest.param({"warn": 1, "bad": 2, "worse": "lower"}, "lower is worse", id="rising"),
    ],
)
def test_levels_that_contradict_themselves_are_refused(
    levels: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Levels.model_validate(levels)


@pytest.mark.parametrize(
    "panel",
    [
        pytest.param({**STAT, "color": "red"}, id="unknown-key"),
        pytest.param({**STAT, "kind": "pie"}, id="unknown-kind"),
        pytest.param({**STAT, "unit": "furlongs"}, id="unknown-unit"),
        pytest.param({**STAT, "help": ""}, id="no-help"),
        pytest.param({**STAT, "query": ""}, id="no-query"),
        pytest.param({**STAT, "kind": "table", "by": [], "columns": []}, id="no-columns"),
    ],
)
def test_panel_that_cannot_be_drawn_is_refused(panel: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        _page(panel)


def test_filter_that_no_query_has_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"no query of test has the filter \$node"):
        _page(STAT, filter={"label": "node", "of": "up"})
