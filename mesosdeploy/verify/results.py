"""What verification found: one result for each check of each node, and the report of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

CLUSTER = "cluster"
"""The role of the checks that ask the cluster as a whole."""


class Outcome(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class VerifyResult:
    """One check: `node` is empty for one of the cluster as a whole; `journal` may hold evidence."""

    node: str
    role: str
    check: str
    outcome: Outcome
    message: str = ""
    seconds: float = 0.0
    journal: str = ""

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> VerifyResult:
        """Make a result from its JSON form."""
        return cls(**{**data, "outcome": Outcome(data["outcome"])})

    @property
    def where(self) -> str:
        """Return the node, or "cluster"."""
        return self.node or CLUSTER

    @property
    def headline(self) -> str:
        """Return where, which check, and its message in one line of at most 300 characters."""
        text = " ".join(self.message.split())
        return f"{self.where}: {self.check}: {text}"[:300]

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class VerifyReport:
    """Every result, nodes first and the cluster last; `seconds` is the time that all took."""

    cluster: str
    results: tuple[VerifyResult, ...]
    seconds: float

    @property
    def failures(self) -> tuple[VerifyResult, ...]:
        """Return the checks that failed."""
        return self.of(Outcome.FAILED)

    @property
    def passed(self) -> int:
        """Return how many checks passed."""
        return len(self.of(Outcome.PASSED))

    @property
    def ok(self) -> bool:
        """Tell whether checks passed and none failed."""
        return self.passed > 0 and not self.failures

    def of(self, outcome: Outcome) -> tuple[VerifyResult, ...]:
        """Return the results with this outcome."""
        return tuple(result for result in self.results if result.outcome is outcome)

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "cluster": self.cluster,
            "ok": self.ok,
            "passed": self.passed,
            "failed": len(self.failures),
            "skipped": len(self.of(Outcome.SKIPPED)),
            "seconds": round(self.seconds, 3),
            "results": [result.as_data() for result in self.results],
        }


def order(result: VerifyResult) -> tuple[bool, str, str, str]:
    """Sort key: node checks by node and role, then those of the cluster."""
    return (result.role == CLUSTER, result.node, result.role, result.check)
