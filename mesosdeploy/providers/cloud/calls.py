"""Asking a cloud: each failure told by its kind, and asked again while that may help."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import Lock
from typing import TypeVar

from libcloud.compute.base import Node as CloudNode
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_delay,
    wait_random_exponential,
)

from mesosdeploy import interruption
from mesosdeploy.providers.cloud.failures import RETRIED, CloudError, Dialect, Kind

T = TypeVar("T")
BUDGET_SECONDS = 90.0
"""How long one thing is asked for again and again."""

LEISURE = 5
"""How much longer than a list takes nobody who can wait asks for the next one."""

_jitter = wait_random_exponential(multiplier=0.3, max=10)


def once(work: Callable[[], T], *, what: str, dialect: Dialect) -> T:
    """Return what `work` returns; CloudError for every failure that a driver can have.

    It does not begin when the command was interrupted: Interrupted.
    """
    interruption.check()
    try:
        return work()
    except CloudError:
        raise
    except dialect.exceptions as exc:
        raise dialect.error(exc, what) from exc


def persist(
    work: Callable[[], T],
    *,
    what: str,
    dialect: Dialect,
    seconds: float = BUDGET_SECONDS,
    retried: frozenset[Kind] = RETRIED,
) -> T:
    """Return what `work` returns, asked again for up to `seconds` while its failure is `retried`.

    The pauses grow and are random, so that many who were throttled do not come back at once.
    """
    retrying = Retrying(
        retry=retry_if_exception(lambda exc: isinstance(exc, CloudError) and exc.kind in retried),
        stop=stop_after_delay(seconds),
        wait=_pause,
        sleep=interruption.pause,
        reraise=True,
    )
    return retrying(lambda: once(work, what=what, dialect=dialect))


def _pause(state: RetryCallState) -> float:
    failure = state.outcome.exception() if state.outcome else None
    asked = failure.retry_after if isinstance(failure, CloudError) else 0.0
    return max(asked, float(_jitter(state)))


class Sightings:
    """The latest list of a cluster's machines, shared by all threads that wait for one of them.

    So the number of calls follows the time that machines take, and not how many they are.
    """

    def __init__(self, look: Callable[[], Sequence[CloudNode]]) -> None:
        self._look = look
        self._lock = Lock()
        self._began = float("-inf")
        self._took = 0.0
        self._machines: Sequence[CloudNode] = ()

    def since(self, moment: float, *, patience: float = 0.0) -> Sequence[CloudNode]:
        """Return a list that was asked for at `moment` (of the monotonic clock) or later.

        Whoever has `patience` (seconds) lets others come in between: the next list is begun when
        LEISURE times as long has passed as the last one took. A list of a thousand machines takes
        seconds, and with it each of them would have its own.
        """
        with self._lock:
            if self._began < moment:
                pause = min(patience, LEISURE * self._took)
                time.sleep(max(0.0, self._began + pause - time.monotonic()))
                began = time.monotonic()
                self._machines = self._look()
                self._began, self._took = began, time.monotonic() - began
            return self._machines
