"""Start pytest on the infra tests, follow its results live, and end it when it takes too long."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from mesosdeploy import resources
from mesosdeploy.errors import UsageError, VerifyError
from mesosdeploy.mesos.endpoints import hosts_of
from mesosdeploy.verify import invocation
from mesosdeploy.verify.invocation import Selection, Target
from mesosdeploy.verify.results import CLUSTER, Outcome, VerifyResult, order

Report = Callable[[str], None]

_EXIT_PASSED_OR_FAILED = (0, 1)


@dataclass
class Tally:
    """Counts results as they come and tells of each node when its last one is in."""

    report: Report
    planned: dict[str, int] = field(default_factory=dict)
    results: list[VerifyResult] = field(default_factory=list)

    def take(self, line: str) -> None:
        """Take one line of the reporting plugin."""
        data = json.loads(line)
        if "planned" in data:
            self.planned = data["planned"]
            return
        result = VerifyResult.from_data(data)
        self.results.append(result)
        if result.outcome is Outcome.FAILED:
            self.report(result.headline)
        self._tell_if_done(_group(result))

    def _tell_if_done(self, group: str) -> None:
        counts = Counter(one.outcome for one in self.results if _group(one) == group)
        if counts.total() != self.planned.get(group):
            return
        failed = counts[Outcome.FAILED]
        self.report(
            f"{group}: {counts[Outcome.PASSED]} checks passed"
            + (f", {failed} failed" if failed else "")
        )


def _group(result: VerifyResult) -> str:
    return CLUSTER if result.role == CLUSTER else result.where


def run(
    target: Target, selection: Selection, *, log: Path, seconds: float, report: Report
) -> tuple[VerifyResult, ...]:
    """Run the selected infra tests and return their results, nodes first and the cluster last.

    pytest's own output goes to `log`. Raises VerifyError when pytest cannot run them or is not
    done after `seconds`, UsageError when the selection names nothing that exists.
    """
    infra = resources.infra_tests()
    available = [entry.name for entry in sorted(infra.iterdir()) if any(entry.glob("test_*.py"))]
    roles = invocation.roles_to_verify(target.inventory, selection, available)
    if not roles:
        raise UsageError("nothing is selected: no chosen role has a host among the chosen nodes")
    nodes = selection.nodes or hosts_of(target.inventory, "all")
    workers = invocation.worker_count(len(nodes) + (CLUSTER in roles), os.cpu_count() or 1)
    argv = invocation.arguments(infra, roles, workers=workers)
    tally = Tally(report=report)
    log.parent.mkdir(parents=True, exist_ok=True)
    code = _follow(argv, (target, selection), log, seconds=seconds, tally=tally)
    if code not in _EXIT_PASSED_OR_FAILED or not tally.results:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
        raise VerifyError(
            f"the infra tests could not be run: pytest ended with {code}\n{tail}",
            hint=f"its output is in {log}",
        )
    return tuple(sorted(tally.results, key=order))


def _follow(
    argv: list[str], what: tuple[Target, Selection], log: Path, *, seconds: float, tally: Tally
) -> int:
    read_end, write_end = os.pipe()
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv,
            env=invocation.environment(os.environ, *what, descriptor=write_end),
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[write_end],
            start_new_session=True,
        )
    os.close(write_end)
    watchdog = threading.Timer(seconds, _kill, [process])
    watchdog.daemon = True
    watchdog.start()
    try:
        for line in _lines(read_end):
            tally.take(line)
        code = process.wait()
    finally:
        watchdog.cancel()
        _kill(process)
    if time.monotonic() - began >= seconds:
        raise VerifyError(
            f"verification was not done after {seconds:g} s; {len(tally.results)} checks ended",
            hint=f"the output until then is in {log}",
        )
    return code


def _lines(descriptor: int) -> Iterator[str]:
    with os.fdopen(descriptor, encoding="utf-8") as stream:
        yield from stream


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End pytest with its workers: they are one session, started for this."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
