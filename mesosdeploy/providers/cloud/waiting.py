"""Waiting for something in a cloud to become what it shall be, with a deadline."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from mesosdeploy import interruption
from mesosdeploy.providers.cloud.failures import CloudError, Kind

T = TypeVar("T")


def until(look: Callable[[], T | None], *, what: str, seconds: float, poll: float) -> T:
    """Return what `look` returns as soon as that is not None.

    Raises what `look` raises, at once, CloudError that says `what` when `seconds` have passed, and
    Interrupted when the command is.
    """
    retrying = Retrying(
        retry=retry_if_result(lambda found: found is None),
        stop=stop_after_delay(seconds),
        wait=wait_fixed(poll),
        sleep=interruption.pause,
    )
    try:
        found = retrying(look)
    except RetryError as exc:
        raise CloudError(f"{what} after {seconds:.0f} s", kind=Kind.TRANSIENT) from exc
    assert found is not None
    return found
