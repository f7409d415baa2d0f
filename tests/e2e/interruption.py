"""An `up` that ends in the middle: when it is cut off, and by which signal."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable

from tests.e2e.conftest import Cluster


def began(step: str) -> Callable[[Cluster, int], bool]:
    """Return a condition: the run after entry `start` of the journal has begun this step."""

    def holds(cluster: Cluster, start: int) -> bool:
        return any(
            entry["event"] == "begin" and entry["step"] == step
            for entry in cluster.journal()[start:]
        )

    return holds


def cut_off(
    cluster: Cluster, how: signal.Signals, condition: Callable[[Cluster, int], bool], wait: float
) -> subprocess.CompletedProcess[str]:
    """Start `up`, wait for the condition and `wait` seconds more, and send it the signal."""
    start = len(cluster.journal())
    process = subprocess.Popen(
        cluster.arguments("up"),
        env=cluster.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    cluster.until("the point of interruption", 180, lambda: condition(cluster, start))
    time.sleep(wait)
    assert process.poll() is None, "it had ended before it could be cut off"
    process.send_signal(how)
    stdout, stderr = process.communicate(timeout=60)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)
