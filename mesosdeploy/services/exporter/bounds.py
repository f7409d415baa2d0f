"""Bounds how many frameworks, roles and tasks have series of their own; the rest is `other`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from mesosdeploy.services.exporter.model import Figure, Type

OTHER: Final = "other"

Entity = tuple[str, ...]
Series = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, kw_only=True)
class Group:
    """Things that there can be many of: `labels` name one, `weights` are the metrics of its size.

    A figure with the label `unless` belongs to another group.
    """

    of: str
    labels: tuple[str, ...]
    weights: frozenset[str]
    unless: str = ""

    def has(self, figure: Figure) -> bool:
        """Say whether a figure is about one of these things."""
        return self.labels[-1] in figure.labels and self.unless not in figure.labels


TASKS: Final = Group(
    of="tasks",
    labels=("framework", "framework_id", "name", "task"),
    weights=frozenset({"mesos_agent_task_mem_rss_bytes", "mesos_agent_task_mem_allocated_bytes"}),
)
FRAMEWORKS: Final = Group(
    of="frameworks",
    labels=("framework", "framework_id"),
    # A framework that ended is still in the snapshot for a while: it weighs nothing.
    weights=frozenset({"mesos_master_framework_subscribed", "mesos_master_framework_cpus_used"}),
    unless="task",
)
ROLES: Final = Group(
    of="roles",
    labels=("role",),
    weights=frozenset({"mesos_master_allocator_mesos_role_dominant_share_ratio"}),
)


class Bound:
    """Lets `limit` things of a group through, and sums the others.

    Whoever has series of its own keeps them as long as it weighs something, so that they do not
    break off; places that become free go to the heaviest. Sums of counters grow by what their
    members' counters grew by: they do not fall when a member leaves.
    """

    def __init__(self, group: Group, limit: int) -> None:
        self.group, self.limit, self.cut = group, limit, 0
        self._shown: frozenset[Entity] = frozenset()
        self._last: dict[Series, float] = {}
        self._counted: dict[Series, Figure] = {}

    def apply(self, figures: Sequence[Figure]) -> list[Figure]:
        """Return the figures with those of too many things summed; call it once per measurement."""
        ours = [figure for figure in figures if self.group.has(figure)]
        if not ours:  # not told this time: what is known of them stays known
            self.cut = 0
            return list(figures)
        self._choose(ours)
        self._count(ours)
        shown = [f for f in figures if not self.group.has(f) or self._is_shown(f)]
        cut = [f for f in ours if f.type is not Type.COUNTER and not self._is_shown(f)]
        return [*shown, *_sums(self._as_other(figure) for figure in cut), *self._counted.values()]

    def _choose(self, ours: Iterable[Figure]) -> None:
        weight: dict[Entity, float] = defaultdict(float)
        for figure in ours:
            weight[self._entity(figure)] += figure.value * (figure.name in self.group.weights)

        def rank(entity: Entity) -> tuple[bool, bool, float, Entity]:
            return weight[entity] <= 0, entity not in self._shown, -weight[entity], entity

        self._shown = frozenset(sorted(weight, key=rank)[: self.limit])
        self.cut = len(weight) - len(self._shown)

    def _count(self, ours: Iterable[Figure]) -> None:
        before, self._last = self._last, {}
        for figure in ours:
            if figure.type is not Type.COUNTER:
                continue
            # What was never seen began at 0 since the last look, and so did what fell.
            seen = before.get(_series(figure), 0.0)
            grown = figure.value - seen if figure.value >= seen else figure.value
            self._last[_series(figure)] = figure.value
            if not self._is_shown(figure):
                self._add(self._as_other(figure), grown)

    def _add(self, other: Figure, grown: float) -> None:
        so_far = self._counted.get(_series(other))
        self._counted[_series(other)] = other.valued((so_far.value if so_far else 0.0) + grown)

    def _entity(self, figure: Figure) -> Entity:
        return tuple(figure.labels.get(label, "") for label in self.group.labels)

    def _is_shown(self, figure: Figure) -> bool:
        return self._entity(figure) in self._shown

    def _as_other(self, figure: Figure) -> Figure:
        return figure.labelled(**dict.fromkeys(self.group.labels, OTHER))


def _series(figure: Figure) -> Series:
    return figure.name, tuple(sorted(figure.labels.items()))


def _sums(figures: Iterable[Figure]) -> list[Figure]:
    found: dict[Series, Figure] = {}
    for figure in figures:
        so_far = found.get(_series(figure))
        found[_series(figure)] = figure.valued(figure.value + so_far.value) if so_far else figure
    return list(found.values())
