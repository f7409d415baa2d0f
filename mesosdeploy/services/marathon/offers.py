"""What an offer still holds, and how tasks take their resources from it."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
Ranges = tuple[tuple[int, int], ...]

_AMOUNTS = ("scalar", "ranges", "set")


@dataclass(frozen=True, kw_only=True)
class Share:
    """One resource of an offer: `thousandths` left of a scalar, or `ranges` left of ports.

    `role` is "*" for unreserved resources. `origin` is the resource without its amount: role,
    reservations and allocation, which a task must repeat.
    """

    name: str
    role: str
    origin: Json
    thousandths: int = 0
    ranges: Ranges = ()


@dataclass(frozen=True)
class Pool:
    """The resources of one offer that tasks may use; taking some returns the pool that is left."""

    shares: tuple[Share, ...]

    @classmethod
    def of(cls, offer: Json) -> Pool:
        """Read an offer without its revocable resources, its volumes and disks of their own.

        Reserved resources come first, so that unreserved ones stay free for other schedulers.
        """
        shares = [_share(resource) for resource in offer["resources"] if _is_plain(resource)]
        return cls(tuple(sorted(shares, key=lambda share: share.role == "*")))

    def of_roles(self, roles: Collection[str]) -> Iterator[tuple[int, Share]]:
        """Yield the shares that are reserved for one of `roles`, with their places."""
        return ((at, share) for at, share in enumerate(self.shares) if share.role in roles)

    def take_scalar(
        self, name: str, amount: float, roles: Collection[str]
    ) -> tuple[Pool, list[Json]] | None:
        """Take `amount` of a scalar resource, from several shares if need be; None: too little."""
        missing = _thousandths(amount)
        shares, taken = list(self.shares), []
        for at, share in self.of_roles(roles):
            part = min(missing, share.thousandths) if share.name == name else 0
            if part:
                shares[at] = dataclasses.replace(share, thousandths=share.thousandths - part)
                taken.append({**share.origin, "scalar": {"value": part / 1000}})
                missing -= part
        return None if missing else (Pool(tuple(shares)), taken)

    def take_ports(
        self, wanted: Sequence[int], roles: Collection[str], chance: random.Random
    ) -> tuple[Pool, list[Json], tuple[int, ...]] | None:
        """Take the `wanted` ports, 0 standing for any; None where one cannot be had.

        The free ones follow each other from a place that `chance` chooses, so that a port is not
        used again at once, and ranges do not crumble.
        """
        held = {at: share for at, share in self.of_roles(roles) if share.name == "ports"}
        fixed = {port for port in wanted if port}
        rest = {at: _without(share.ranges, fixed) for at, share in held.items()}
        free = _from_somewhere([span for spans in rest.values() for span in spans], chance)
        chosen = tuple(port or next(free, 0) for port in wanted)
        parts = {at: _inside(share.ranges, chosen) for at, share in held.items()}
        if sorted(chosen) != sorted(port for ports in parts.values() for port in ports):
            return None
        shares = list(self.shares)
        for at, ports in parts.items():
            left = _without(held[at].ranges, set(ports))
            shares[at] = dataclasses.replace(held[at], ranges=left)
        taken = [
            {**held[at].origin, "ranges": {"range": _spans(ports)}}
            for at, ports in parts.items()
            if ports
        ]
        return Pool(tuple(shares)), taken, chosen


def _is_plain(resource: Json) -> bool:
    return not any(resource.get(name) for name in ("revocable", "disk", "shared", "provider_id"))


def _share(resource: Json) -> Share:
    reservations = resource.get("reservations")
    return Share(
        name=resource["name"],
        role=reservations[-1]["role"] if reservations else resource.get("role", "*"),
        origin={name: value for name, value in resource.items() if name not in _AMOUNTS},
        thousandths=_thousandths(resource.get("scalar", {}).get("value", 0)),
        ranges=tuple(
            (int(span["begin"]), int(span["end"]))
            for span in resource.get("ranges", {}).get("range", ())
        ),
    )


def _thousandths(amount: float) -> int:
    """Count as Mesos does, which keeps three decimals of a scalar."""
    return round(amount * 1000)


def _inside(ranges: Ranges, ports: Iterable[int]) -> list[int]:
    return sorted(port for port in ports if any(begin <= port <= end for begin, end in ranges))


def _without(ranges: Ranges, ports: Collection[int]) -> Ranges:
    left: list[tuple[int, int]] = []
    for begin, end in ranges:
        start = begin
        for port in _inside(((begin, end),), ports):
            left.append((start, port - 1))
            start = port + 1
        left.append((start, end))
    return tuple((begin, end) for begin, end in left if begin <= end)


def _from_somewhere(ranges: Sequence[tuple[int, int]], chance: random.Random) -> Iterator[int]:
    """Yield all ports of `ranges` once, in order, beginning anywhere."""
    total = sum(end - begin + 1 for begin, end in ranges)
    start = chance.randrange(total) if total else 0
    for index in range(total):
        yield _at(ranges, (start + index) % total)


def _at(ranges: Sequence[tuple[int, int]], index: int) -> int:
    for begin, end in ranges:
        size = end - begin + 1
        if index < size:
            return begin + index
        index -= size
    raise IndexError(index)


def _spans(ports: Sequence[int]) -> list[Json]:
    """Write sorted ports as Mesos' ranges."""
    spans: list[Json] = []
    for port in ports:
        if spans and spans[-1]["end"] == port - 1:
            spans[-1]["end"] = port
        else:
            spans.append({"begin": port, "end": port})
    return spans
