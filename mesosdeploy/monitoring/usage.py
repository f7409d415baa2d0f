"""How a cluster is used: what each agent and framework was given, uses, and how tasks end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

OTHER: Final = "other"
"""The id of the frameworks that the exporter sums, as there are too many."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """Of one resource: what there is, what tasks were given, what they really use.

    In CPUs or MB; None is what nobody told.
    """

    capacity: float | None = None
    given: float | None = None
    used: float | None = None

    @property
    def weight(self) -> float:
        """Return what rows are ordered by: what is used, else what was given."""
        return self.used if self.used is not None else self.given or 0.0


@dataclass(frozen=True, kw_only=True)
class _Row:
    """What agents and frameworks have in common; `ended` and `failed` are tasks in a minute."""

    state: str = ""
    cpus: Share = field(default_factory=Share)
    mem_mb: Share = field(default_factory=Share)
    disk_mb: Share = field(default_factory=Share)
    tasks: int | None = None
    waiting: int | None = None
    ended: float | None = None
    failed: float | None = None


@dataclass(frozen=True, kw_only=True)
class AgentUse(_Row):
    """One agent; `load` is its node's load average over a minute."""

    node: str
    load: float | None = None

    @property
    def name(self) -> str:
        """Return what people call it."""
        return self.node


@dataclass(frozen=True, kw_only=True)
class FrameworkUse(_Row):
    """One framework, over all agents; `offers` were sent to it in a minute."""

    id: str
    name: str
    offers: float | None = None


class Order(StrEnum):
    """What rows are ordered by: the name, or a figure, the greatest first."""

    NAME = "name"
    CPUS = "cpus"
    MEM = "mem"
    DISK = "disk"
    TASKS = "tasks"
    LOAD = "load"
    FAILED = "failed"


_FIGURES: dict[Order, Callable[[Any], float]] = {
    Order.NAME: lambda row: 0.0,
    Order.CPUS: lambda row: row.cpus.weight,
    Order.MEM: lambda row: row.mem_mb.weight,
    Order.DISK: lambda row: row.disk_mb.weight,
    Order.TASKS: lambda row: row.tasks or 0,
    Order.LOAD: lambda row: getattr(row, "load", None) or 0.0,
    Order.FAILED: lambda row: row.failed or 0.0,
}


@dataclass(frozen=True, kw_only=True)
class Usage:
    """A cluster's agents and frameworks at one moment.

    `source` says who told the figures; `problems` are reasons why some are missing, as sentences.
    """

    cluster: str
    source: str
    agents: tuple[AgentUse, ...]
    frameworks: tuple[FrameworkUse, ...]
    problems: tuple[str, ...] = ()

    def ordered(self, order: Order) -> Usage:
        """Return the same with its rows in this order."""

        def key(row: Any) -> tuple[float, str]:
            return -_FIGURES[order](row), row.name

        return replace(
            self,
            agents=tuple(sorted(self.agents, key=key)),
            frameworks=tuple(sorted(self.frameworks, key=key)),
        )

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)


def total(shares: Iterable[Share]) -> Share:
    """Return the sum; a part that nobody told counts as nothing, unless nobody told any."""
    known = list(shares)

    def summed(parts: list[float | None]) -> float | None:
        told = [part for part in parts if part is not None]
        return sum(told) if told else None

    return Share(
        capacity=summed([one.capacity for one in known]),
        given=summed([one.given for one in known]),
        used=summed([one.used for one in known]),
    )
