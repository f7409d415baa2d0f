"""`verify`: ask every node and then the cluster whether they are what the spec promises."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from mesosdeploy.errors import VerifyError
from mesosdeploy.mesos.endpoints import endpoints
from mesosdeploy.verify import run as runner
from mesosdeploy.verify.invocation import Selection, Target
from mesosdeploy.verify.results import CLUSTER, VerifyReport, VerifyResult
from mesosdeploy.workflow import way

__all__ = ["VerifyReport", "VerifyResult", "require_passed", "run"]

_SECONDS = 180
_SHOWN = 10
_ADVICE = "`mesosdeploy doctor` names causes and remedies"


class Cluster(way.Cluster, Protocol):
    """What verification needs of an environment."""

    @property
    def directory(self) -> Path:
        """The cluster's state directory."""

    @property
    def inventory_json(self) -> Path:
        """The file of the inventory."""


def run(
    environment: Cluster,
    *,
    roles: Sequence[str] = (),
    nodes: Sequence[str] = (),
    report: Callable[[str], None],
) -> VerifyReport:
    """Run the checks of all nodes and of the cluster, or the selected ones, and return them all.

    A failed check is a result, see `require_passed`. Raises StateError when the cluster is not up,
    UsageError for an unknown role or node, VerifyError when the checks cannot be run.
    """
    began = time.monotonic()
    asks_cluster = CLUSTER in roles or not (roles or nodes)
    inventory = way.inventory(environment) if asks_cluster else environment.inventory()
    results = runner.run(
        Target(
            inventory=inventory,
            inventory_json=environment.inventory_json,
            ssh_config=environment.ssh_config,
        ),
        Selection(roles=tuple(roles), nodes=tuple(nodes)),
        log=environment.directory / "logs" / "verify.log",
        seconds=_SECONDS,
        report=report,
    )
    return VerifyReport(
        cluster=endpoints(inventory).cluster,
        results=results,
        seconds=time.monotonic() - began,
    )


def require_passed(report: VerifyReport, *, shown: bool = False) -> None:
    """Raise VerifyError unless checks passed and none failed.

    The message names the failed checks and the hint holds the journal of the first that has one,
    unless the report was `shown`.
    """
    if report.ok:
        return
    if not report.failures:
        raise VerifyError(
            f"{report.cluster}: no check passed", hint="all were skipped: see -o json"
        )
    places = sorted({result.where for result in report.failures})
    count = f"{len(report.failures)} of {len(report.results)} checks"
    headlines = [f"  {result.headline}" for result in report.failures[:_SHOWN]]
    if len(report.failures) > _SHOWN:
        headlines.append(f"  and {len(report.failures) - _SHOWN} more")
    raise VerifyError(
        "\n".join([f"{report.cluster}: {count} failed on {', '.join(places)}", *headlines]),
        hint=_ADVICE if shown else _hint(report),
    )


def _hint(report: VerifyReport) -> str:
    told = next((result for result in report.failures if result.journal), None)
    if told is None:
        return _ADVICE
    return f"{_ADVICE}; the failed unit's journal on {told.where}:\n{told.journal}"
