"""What machines in AWS cost, by the dated price list that comes with libcloud; asks nobody."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from libcloud import pricing

from mesosdeploy.providers.base import Estimate

LEFT_OUT = "disks, public addresses, traffic and taxes; spot machines count in full"
NAT = "NAT gateway"
NAT_DATED = date(2026, 3, 1)
NAT_HOURLY_USD: Mapping[str, float] = {
    "us-east-1": 0.045,
    "us-east-2": 0.045,
    "us-west-2": 0.045,
    "eu-west-1": 0.048,
    "eu-central-1": 0.052,
    "ap-southeast-1": 0.059,
}
"""What a gateway costs by region, from others' pages than AWS' own; libcloud's list has none."""


def estimate(instance_types: Iterable[str], region: str, *, gateways: int = 0) -> Estimate:
    """Return the hourly price of machines of these types, Linux on demand, in USD.

    So many NAT gateways are in it, without what they take for each GB.

    A type that the list does not have in this region is named and counts nothing: there a zero
    means that no price is known.
    """
    counts = Counter(instance_types)
    path = Path(pricing.get_pricing_file_path())
    listed = json.loads(path.read_text(encoding="utf-8"))
    prices = listed["compute"]["ec2_linux"]
    known = {name: float(prices.get(name, {}).get(region) or 0) for name in counts}
    dated = datetime.fromtimestamp(listed["updated"], UTC).date()
    if gateways:
        counts[NAT], known[NAT] = gateways, NAT_HOURLY_USD.get(region, 0)
        dated = min(dated, NAT_DATED)
    return Estimate(
        hourly_usd=sum(known[name] * count for name, count in counts.items()),
        unknown=tuple(sorted(name for name, price in known.items() if not price)),
        dated=dated,
        leaves_out=LEFT_OUT,
    )
