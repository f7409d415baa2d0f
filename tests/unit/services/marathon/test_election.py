"""Who leads among election nodes."""

from __future__ import annotations

import pytest

from mesosdeploy.services.marathon.election import LostError, Result, judge

_MEMBERS = {"member_0000000009": "b:8080", "member_0000000007": "a:8080", "x0000000010": "c:8080"}


@pytest.mark.parametrize(
    ("own", "elected"),
    [("member_0000000007", True), ("member_0000000009", False), ("x0000000010", False)],
)
def test_lowest_sequence_leads(own: str, elected: bool) -> None:
    assert judge(_MEMBERS, own) == Result(elected=elected, leader="a:8080")


def test_missing_node_of_ones_own_is_a_loss() -> None:
    with pytest.raises(LostError, match="member_0000000001"):
        judge(_MEMBERS, "member_0000000001")
