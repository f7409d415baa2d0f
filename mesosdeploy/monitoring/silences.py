"""Silences: alerts that nobody wants to hear of for a while, such as during maintenance."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mesosdeploy.errors import UsageError
from mesosdeploy.monitoring.client import Json

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?")


@dataclass(frozen=True, kw_only=True)
class Silence:
    """What is silenced: an alert, on one node or everywhere (`node` empty); until when, and why."""

    name: str
    node: str
    until: datetime
    author: str
    comment: str

    def as_json(self, now: datetime) -> Json:
        """Return it in the form of Alertmanager's API."""
        return {
            "matchers": [
                {"name": name, "value": value, "isRegex": False, "isEqual": True}
                for name, value in (("alertname", self.name), ("node", self.node))
                if value
            ],
            "startsAt": now.isoformat(),
            "endsAt": self.until.isoformat(),
            "createdBy": self.author,
            "comment": self.comment,
        }


def duration(text: str) -> timedelta:
    """Return the duration of `30m`, `2h` or `1d12h`; UsageError for anything else, and for 0."""
    found = _DURATION.fullmatch(text)
    days, hours, minutes = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    given = timedelta(days=days, hours=hours, minutes=minutes)
    if not given:
        raise UsageError(f"--for {text!r} is no duration", hint="for example 30m, 2h or 1d12h")
    return given


def matching(silences: Iterable[Json], wanted: str, node: str) -> list[str]:
    """Return the ids of silences with this id, or exactly of this alert (and node if given)."""
    found = []
    for silence in silences:
        matchers: dict[str, Any] = {one["name"]: one["value"] for one in silence["matchers"]}
        of_alert = matchers.get("alertname") == wanted
        of_node = not node or matchers.get("node") == node
        if silence["id"] == wanted or (of_alert and of_node):
            found.append(str(silence["id"]))
    return found
