"""An estimate says how old its prices are, what it does not know and what it leaves out."""

from __future__ import annotations

from datetime import date

from mesosdeploy.providers.aws.prices import estimate
from mesosdeploy.providers.base import Estimate


def test_machines_are_added_up_and_unknown_ones_are_named() -> None:
    one = estimate(["m6i.large"], "eu-central-1")
    three = estimate(["m6i.large"] * 3 + ["x99.huge"], "eu-central-1")
    assert 0.05 < one.hourly_usd < 0.5
    assert abs(three.hourly_usd - 3 * one.hourly_usd) < 1e-9
    assert (one.unknown, three.unknown) == ((), ("x99.huge",))
    assert one.dated > date(2025, 1, 1)


def test_a_price_of_nothing_is_no_price() -> None:
    # The list has 0.0 where it knows none.
    assert estimate(["t3.micro", "m6i.large"], "eu-nowhere-1").unknown == ("m6i.large", "t3.micro")


def test_gateways_are_added_where_their_price_is_known() -> None:
    plain = estimate(["m6i.large"], "eu-central-1")
    three = estimate(["m6i.large"], "eu-central-1", gateways=3)
    assert abs(three.hourly_usd - plain.hourly_usd - 3 * 0.052) < 1e-9
    assert three.dated <= plain.dated
    assert estimate(["m6i.large"], "sa-east-1", gateways=1).unknown == ("NAT gateway",)


def test_the_sentence_is_exact() -> None:
    cost = Estimate(hourly_usd=0.5, unknown=("x9.huge",), dated=date(2026, 1, 1), leaves_out="tax")
    assert cost.sentence(date(2026, 1, 31)) == (
        "this costs about 0.50 USD an hour, 365 USD a month, by prices of 2026-01-01"
        " (30 days old); no price is known of x9.huge; not in it: tax"
    )
