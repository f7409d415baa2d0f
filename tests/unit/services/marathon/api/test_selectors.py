"""Label selectors: what they mean, and what is none."""

from __future__ import annotations

import pytest

from mesosdeploy.services.marathon.api.errors import RequestError
from mesosdeploy.services.marathon.api.selectors import label_selector

LABELS = {"tier": "front", "team": "a b", "empty": ""}


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("", True),
        ("tier", True),
        ("tier,team", True),
        ("absent", False),
        ("tier==front", True),
        ("tier == front", True),
        ("tier==back", False),
        ("tier!=back", True),
        ("tier!=front", False),
        ("absent!=x", False),
        ("tier in (front, back)", True),
        ("tier in (back)", False),
        ("tier in ()", False),
        ("tier notin (back)", True),
        ("tier notin (front, back)", False),
        ("absent notin (x)", False),
        (r"team==a\ b", True),
        ("tier in (front), team, empty", True),
        ("tier in (front), absent", False),
    ],
)
def test_a_selector_holds(query: str, holds: bool) -> None:
    assert label_selector(query)(LABELS) is holds


@pytest.mark.parametrize(
    "query", ["==", "a==", "a in", "a in b", "a b", "main (x)", "a in (b", "a,,b", "a b,c"]
)
def test_what_is_no_selector_is_refused(query: str) -> None:
    with pytest.raises(RequestError) as caught:
        label_selector(query)
    assert caught.value.status == 422
