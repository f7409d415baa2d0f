"""What a page consists of: sections of panels, each with its queries, units and thresholds.

Queries may hold `$__rate_interval`, `$__range` and the page's filter (`$node`), as in Grafana.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Unit(StrEnum):
    """What a figure is measured in."""

    NUMBER = "number"
    RATIO = "ratio"
    BYTES = "bytes"
    BYTES_PER_SECOND = "bytes_per_second"
    SECONDS = "seconds"
    PER_SECOND = "per_second"
    PER_MINUTE = "per_minute"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Levels(_Part):
    """From which value on a figure is a warning, and from which it is bad."""

    warn: float | None = None
    bad: float | None = None
    worse: Literal["higher", "lower"] = "higher"

    @model_validator(mode="after")
    def _ordered(self) -> Levels:
        if self.warn is None and self.bad is None:
            raise ValueError("levels need warn, bad or both")
        if self.warn is not None and self.bad is not None:
            rising = self.warn < self.bad
            if rising != (self.worse == "higher"):
                raise ValueError(f"warn {self.warn} and bad {self.bad}: {self.worse} is worse")
        return self


class Query(_Part):
    """A PromQL expression; in YAML a bare string is one without a legend."""

    expr: Annotated[str, Field(min_length=1)]
    legend: str = ""
    """Name of each series, with labels in braces: `{node}`."""
    optional: bool = False
    """Whether a sound cluster may have no such series."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"expr": value} if isinstance(value, str) else value


class _Figure(_Part):
    unit: Unit = Unit.NUMBER
    levels: Levels | None = None
    words: dict[int, str] = {}
    """What stands for a value: `{0: "no", 1: "yes"}`."""


class _Panel(_Figure):
    title: Annotated[str, Field(min_length=1)]
    help: Annotated[str, Field(min_length=1)]
    empty: str = ""
    """What an operator reads when no series exists, if a sound cluster may have none."""


class Stat(_Panel):
    """One figure now, or with `label` the values of this label."""

    kind: Literal["stat"]
    query: Query
    of: Query | None = None
    """How much there should be; less than that is a warning."""
    label: str = ""

    @property
    def queries(self) -> tuple[Query, ...]:
        """Return everything that the panel asks."""
        return (self.query, *([self.of] if self.of else []))


class Chart(_Panel):
    """Series over time."""

    kind: Literal["chart"]
    queries: Annotated[tuple[Query, ...], Field(min_length=1)]
    stacked: bool = False
    maximum: float | None = None


class Column(_Figure):
    """A column of a table: a figure of each row, or with `label` the value of this label."""

    title: Annotated[str, Field(min_length=1)]
    query: Query
    label: str = ""


class Table(_Panel):
    """A row for each combination of the labels `by` that any column has."""

    kind: Literal["table"]
    by: Annotated[tuple[str, ...], Field(min_length=1)]
    columns: Annotated[tuple[Column, ...], Field(min_length=1)]

    @property
    def queries(self) -> tuple[Query, ...]:
        """Return everything that the panel asks."""
        return tuple(column.query for column in self.columns)


Panel = Annotated[Stat | Chart | Table, Field(discriminator="kind")]


class Section(_Part):
    """Panels that belong together, under a heading."""

    title: Annotated[str, Field(min_length=1)]
    panels: Annotated[tuple[Panel, ...], Field(min_length=1)]


class Filter(_Part):
    """A choice of one label's values, for all queries of the page that name it (`$node`)."""

    label: str
    of: str
    """The series whose values are offered."""


class Link(_Part):
    """A page of another program, at the address of a target that Prometheus asks."""

    title: str
    job: str
    path: str = "/"
    port: int | None = None
    """Port of the page; that of the target when left out."""
    only: str = ""
    """Query whose series name the nodes that are linked to; all when left out."""


class Page(_Part):
    """A dashboard."""

    name: Annotated[str, Field(pattern=r"^[a-z]+$")]
    title: Annotated[str, Field(min_length=1)]
    help: Annotated[str, Field(min_length=1)]
    alerts: bool = False
    """Whether the page begins with the active alerts."""
    links: tuple[Link, ...] = ()
    filter: Filter | None = None
    sections: Annotated[tuple[Section, ...], Field(min_length=1)]

    @property
    def panels(self) -> tuple[Stat | Chart | Table, ...]:
        """Return the panels of all sections in their order."""
        return tuple(panel for section in self.sections for panel in section.panels)

    @model_validator(mode="after")
    def _filter_is_used(self) -> Page:
        asked = [query.expr for panel in self.panels for query in panel.queries]
        if self.filter and not any(f"${self.filter.label}" in expr for expr in asked):
            raise ValueError(f"no query of {self.name} has the filter ${self.filter.label}")
        return self
