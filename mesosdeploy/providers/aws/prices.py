"""What machines in AWS cost, by the dated price list that comes with libcloud; asks nobody."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from libcloud import pricing

from mesosdeploy.providers.base import Estimate

LEFT_OUT = "disks, public addresses, NAT gateway, traffic and taxes; spot machines count in full"


def estimate(instance_types: Iterable[str], region: str) -> Estimate:
    """Return the hourly price of machines of these types, Linux on demand, in USD.

    A type that the list does not have in this region is named and counts nothing: there a zero
    means that no price is known.
    """
    counts = Counter(instance_types)
    path = Path(pricing.get_pricing_file_path())
    listed = json.loads(path.read_text(encoding="utf-8"))
    prices = listed["compute"]["ec2_linux"]
    known = {name: float(prices.get(name, {}).get(region) or 0) for name in counts}
    return Estimate(
        hourly_usd=sum(known[name] * count for name, count in counts.items()),
        unknown=tuple(sorted(name for name, price in known.items() if not price)),
        dated=datetime.fromtimestamp(listed["updated"], UTC).date(),
        leaves_out=LEFT_OUT,
    )
