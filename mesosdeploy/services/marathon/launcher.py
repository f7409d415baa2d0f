"""From offers to tasks: asks the master for offers when instances are missing, and uses them."""

from __future__ import annotations

import logging
import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from mesosdeploy.mesos import messages
from mesosdeploy.services.marathon import calls
from mesosdeploy.services.marathon.core import Core, Wanted
from mesosdeploy.services.marathon.definition import App, Json
from mesosdeploy.services.marathon.matching import Match, instance_on, match
from mesosdeploy.services.marathon.model import QueueItem, timestamp
from mesosdeploy.services.marathon.task import task_info

log = logging.getLogger(__name__)

# While an app waits for its back-off only, the resources shall be at hand when that ends.
_SOON_SECONDS = 5.0
# Offers that did not do may do when something has ended; REVIVE forgets all refusals.
_REVIVE_SECONDS = 5.0


@dataclass
class _Search:
    """What has come of the offers since an app began to wait."""

    since: str
    processed: int = 0
    unused: int = 0
    last: Counter[str] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)


class Launcher:
    """Keeps offers coming exactly while instances are missing."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._searches: dict[str, _Search] = {}
        self._ready: dict[tuple[str, str], int] = {}
        self._suppressed = True
        self._revived_at = -math.inf
        self._again = False

    def subscribed(self) -> None:
        """Begin anew: a subscription starts without offers."""
        self._ready, self._suppressed = {}, True

    def ended(self) -> None:
        """Take note that resources have become free, or a constraint may hold now."""
        self._again = True

    async def want(self, wanted: Mapping[str, Wanted]) -> None:
        """Say what is missing now: REVIVE for more than before, SUPPRESS when nothing is."""
        self._remember(wanted)
        ready = {
            (one.app.id, one.app.version): one.count
            for one in wanted.values()
            if one.delay_seconds <= 0
        }
        grown = any(count > self._ready.get(which, 0) for which, count in ready.items())
        rested = time.monotonic() - self._revived_at >= _REVIVE_SECONDS
        if ready and (grown or self._suppressed or (self._again and rested)):
            self._again = not await self._send("REVIVE")
            self._suppressed, self._revived_at = self._suppressed and self._again, time.monotonic()
        elif not wanted and not self._suppressed and await self._send("SUPPRESS"):
            self._suppressed = True
        self._ready = ready

    async def _send(self, kind: str) -> bool:
        self._core.counters[f"mesos.calls.{kind.lower()}"] += 1
        return await self._core.mesos.call(calls.plain(kind))

    def _remember(self, wanted: Mapping[str, Wanted]) -> None:
        now = timestamp(datetime.now(UTC))
        self._searches = {
            app_id: self._searches.get(app_id) or _Search(since=now) for app_id in wanted
        }

    async def use(self, offers: Sequence[Json], wanted: Mapping[str, Wanted]) -> None:
        """Launch what fits, spread over the offers; refuse the rest for a while."""
        self._core.counters["mesos.offers.incoming"] += len(offers)
        self._remember(wanted)
        for search in self._searches.values():
            search.last = Counter()
        missing = {one.app.id: one.count for one in wanted.values() if one.delay_seconds <= 0}
        waiting = any(one.delay_seconds > 0 for one in wanted.values())
        refuse = _SOON_SECONDS if waiting else self._core.settings.decline_offer_duration / 1000
        unused = []
        for index, offer in enumerate(offers):
            left = len(offers) - index
            asked = [
                (wanted[app_id].app, math.ceil(count / left))
                for app_id, count in missing.items()
                if count
            ]
            found = self._match(offer, asked)
            if found.placements:
                await self._launch(offer, found, refuse)
                for one in found.placements:
                    missing[one.app.id] -= 1
            else:
                unused.append(offer)
        if len(unused) < len(offers) and any(missing.values()):
            # What was left to a later offer may fit into an earlier one: ask for all again.
            self._again, self._revived_at = True, -math.inf
        if unused:
            self._core.counters["mesos.offers.declined"] += len(unused)
            await self._core.mesos.call(messages.decline(unused, seconds=refuse))

    def _match(self, offer: Json, asked: Sequence[tuple[App, int]]) -> Match:
        role = self._core.settings.mesos_role
        placed = {app.id: self._core.fresh(app) for app, _ in asked}
        found = match(offer, asked, placed, role=role, now=time.time())
        used = {one.app.id for one in found.placements}
        for app, _ in asked:
            # A request may have taken the app back while an earlier offer was being accepted.
            search = self._searches.get(app.id, _Search(since=""))
            search.processed += 1
            search.unused += app.id not in used
            if app.id in found.rejected and app.id not in used:
                search.last[found.rejected[app.id]] += 1
                search.total[found.rejected[app.id]] += 1
        return found

    async def _launch(self, offer: Json, found: Match, refuse: float) -> None:
        """Store the instances, and only then accept the offer."""
        now = timestamp(datetime.now(UTC))
        instances = [
            replace(instance_on(offer, one.app, one.task_id), ports=one.ports, staged_at=now)
            for one in found.placements
        ]
        tasks = [
            task_info(one.app, one, task_id=one.task_id, offer=offer) for one in found.placements
        ]
        await self._core.registry.add(instances)
        for one in instances:
            log.info("launch %s of %s on %s", one.task_id, one.app_id, one.host)
        self._core.counters["mesos.offers.used"] += 1
        await self._core.mesos.call(messages.accept(offer, tasks, seconds=refuse))

    def queue(self) -> list[QueueItem]:
        """Return what is missing and why."""
        wanted = self._core.assess().wanted
        self._remember(wanted)
        found = ((one, self._searches[app_id]) for app_id, one in wanted.items())
        return [
            QueueItem(
                app=one.app,
                count=one.count,
                delay_seconds=one.delay_seconds,
                since=search.since,
                processed=search.processed,
                unused=search.unused,
                reject_summary=dict(search.last),
                rejected_total=dict(search.total),
            )
            for one, search in found
        ]
