"""What would be made, changed and kept around machines, in the words of `plan`. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mesosdeploy.nodes import NodeRequest
from mesosdeploy.providers.base import Surrounding
from mesosdeploy.providers.cloud.zones import VOTERS, spread


@dataclass(frozen=True, kw_only=True)
class Change:
    """What would become of a security group: how many rules it would gain and lose."""

    is_new: bool = False
    is_dropped: bool = False
    more: int = 0
    fewer: int = 0

    @property
    def action(self) -> str:
        """The change in a word of `Surrounding`."""
        if self.is_dropped:
            return "remove"
        return "make" if self.is_new else "change" if self.more or self.fewer else "keep"


def counted(
    wanted: Mapping[str, int], there: Mapping[str, int], *, removed: Collection[str] = ()
) -> Iterator[Surrounding]:
    """Yield for each kind how many would be made and kept, and removed of the kinds `removed`."""
    for kind, count in wanted.items():
        found = there.get(kind, 0)
        if missing := max(0, count - found):
            yield Surrounding(action="make", kind=kind, name=f"{missing}")
        if kept := min(count, found):
            yield Surrounding(action="keep", kind=kind, name=f"{kept}")
        if kind in removed and found > count:
            yield Surrounding(action="remove", kind=kind, name=f"{found - count}")


def machines(requests: Iterable[NodeRequest], zones: Sequence[str]) -> Iterator[Surrounding]:
    """Yield for each zone how many new machines it would get, and which of them vote."""
    places = [(spread(request, zones)[0], request) for request in requests]
    for zone, count in sorted(Counter(zone for zone, _ in places).items()):
        voters = [one.name for place, one in places if place == zone and one.roles & VOTERS]
        yield Surrounding(
            action="make", kind=f"machine in {zone}", name=f"{count}", detail=", ".join(voters)
        )


def groups(changes: Mapping[str, Change], prefix: str) -> Iterator[Surrounding]:
    """Yield each security group, given what would become of that of each group."""
    for group, change in changes.items():
        more, fewer = f"{change.more} rules more", f"{change.fewer} fewer"
        yield Surrounding(
            action=change.action,
            kind="security group",
            name=f"{prefix}-{group}",
            detail=", ".join(words for words in (more, fewer) if not words.startswith("0 ")),
        )
