"""When a cluster counts as forgotten: a tag on everything that is made. Pure but for the clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from mesosdeploy.providers.cloud.launch import EXPIRES


def expiry(hours: int | None) -> Mapping[str, str]:
    """Return the tag for something made now that is to live so long, none without an end."""
    if hours is None:
        return {}
    end = datetime.now(UTC) + timedelta(hours=hours)
    return {EXPIRES: end.isoformat(timespec="seconds")}


def latest(texts: Iterable[str]) -> datetime | None:
    """Return the latest of these times: each run of `up` gives what it makes a new one."""
    moments = []
    for text in texts:
        with suppress(ValueError):  # somebody edited the tag
            moments.append(datetime.fromisoformat(text).astimezone(UTC))
    return max(moments, default=None)
