"""A pytest plugin that tells each finished check to the process that started pytest, as JSON."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import pytest

from mesosdeploy.verify.infra import COMMON, Nodes
from mesosdeploy.verify.results import Outcome
from mesosdeploy.verify.scheduling import group_of_check

DESCRIPTOR = "MESOSDEPLOY_VERIFY_EVENTS"
"""The variable with the number of the file descriptor that the lines are written to."""

_LINES = 8


class Reporter:
    """Write one JSON line for each check, and one that says how many each node will have."""

    def __init__(self, descriptor: int, nodes: Sequence[str]) -> None:
        self._nodes = nodes
        self._stream = os.fdopen(descriptor, "w", encoding="utf-8", buffering=1)
        self._planned = False
        self._setup_seconds: dict[str, float] = {}

    def _tell(self, line: dict[str, Any]) -> None:
        self._stream.write(json.dumps(line) + "\n")

    def close(self) -> None:
        """Tell no more."""
        self._stream.close()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: object, ids: Sequence[str]) -> None:
        """Tell once how many checks each node and the cluster will have."""
        if not self._planned:
            self._planned = True
            self._tell({"planned": Counter(group_of_check(one, self._nodes) for one in ids)})

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Tell a test file that cannot be loaded as a failed check."""
        if report.failed:
            text = _message(report.longrepr)
            self._tell(_result({}, report.nodeid, Outcome.FAILED) | {"message": text})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Tell how a check ended: by its call, or by a set-up or clean-up that did not pass."""
        if report.when == "setup" and report.passed:
            self._setup_seconds[report.nodeid] = report.duration
            return
        if report.when == "teardown" and report.passed:
            return
        about = {name: str(value) for name, value in report.user_properties}
        line = _result(about, report.nodeid, Outcome(report.outcome))
        if not report.passed:
            line["message"] = _message(report.longrepr)
            line["journal"] = "\n".join(
                text for title, text in report.sections if title.startswith("journal")
            )
        seconds = report.duration + self._setup_seconds.pop(report.nodeid, 0.0)
        self._tell(line | {"seconds": round(seconds, 3)})


def _result(about: dict[str, str], nodeid: str, outcome: Outcome) -> dict[str, Any]:
    return {
        "node": about.get("node", ""),
        "role": about.get("role", ""),
        "check": about.get("check", nodeid),
        "outcome": outcome.value,
    }


def _message(longrepr: Any) -> str:
    """Return what failed without the way there: the exception's own lines, or the skip's reason."""
    if isinstance(longrepr, tuple):
        return str(longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(longrepr, "reprcrash", None)
    return concise(str(crash.message) if crash else str(longrepr or ""))


def concise(text: str) -> str:
    """Leave out how pytest evaluated a failed assertion, if the assertion said what is wrong.

    Of one that said nothing, what was compared and the innermost part of it are kept.
    """
    lines = text.removeprefix("AssertionError: ").removeprefix("Failed: ").strip().splitlines()
    if lines and not lines[0].startswith("assert "):
        return "\n".join(takewhile(lambda line: not line.startswith("assert "), lines[:_LINES]))
    return "\n".join(lines[:2])


def pytest_configure(config: pytest.Config) -> None:
    """Report from the controlling process only: its workers report to it."""
    descriptor = os.environ.get(DESCRIPTOR)
    if descriptor and not hasattr(config, "workerinput"):
        nodes = Nodes.from_environment().of(COMMON)
        config.pluginmanager.register(Reporter(int(descriptor), nodes), "mesosdeploy-reporting")
