"""What would be made, changed and kept around machines, in the words of `plan`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mesosdeploy.providers.base import Surrounding


def counted(wanted: Mapping[str, int], there: Mapping[str, int]) -> Iterator[Surrounding]:
    """Yield for each kind how many would be made and how many are kept."""
    for kind, count in wanted.items():
        found = there.get(kind, 0)
        if missing := max(0, count - found):
            yield Surrounding(action="make", kind=kind, name=f"{missing}")
        if kept := min(count, found):
            yield Surrounding(action="keep", kind=kind, name=f"{kept}")


def groups(changes: Mapping[str, tuple[bool, int, int]], prefix: str) -> Iterator[Surrounding]:
    """Yield each security group: group -> whether it is new, how many rules it gains and loses."""
    for group, (is_new, missing, surplus) in changes.items():
        detail = ", ".join(
            words
            for count, words in ((missing, f"{missing} rules more"), (surplus, f"{surplus} fewer"))
            if count
        )
        action = "make" if is_new else "change" if detail else "keep"
        yield Surrounding(
            action=action, kind="security group", name=f"{prefix}-{group}", detail=detail
        )
