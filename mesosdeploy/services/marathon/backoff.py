"""How long an app whose tasks end by themselves waits before the next launch."""

from __future__ import annotations

from dataclasses import dataclass

from mesosdeploy.services.marathon.definition import App


@dataclass(frozen=True, kw_only=True)
class Delay:
    """A wait of `seconds` that ends at `until`, a time of the caller's clock in seconds."""

    seconds: float
    until: float

    def left(self, now: float) -> float:
        """Return how many seconds are left; 0 when the app may launch."""
        return max(0.0, self.until - now)


def after_end(app: App, before: Delay | None, *, ran_seconds: float, now: float) -> Delay:
    """Return the delay after a task ended that nobody had asked to end.

    Each end multiplies the delay by backoffFactor, up to maxLaunchDelaySeconds. A task that ran
    longer than the delay it had waited for has proven its app: the delay begins anew.
    """
    if before is None or ran_seconds > before.seconds:
        seconds = app.backoff_seconds
    else:
        seconds = before.seconds * app.backoff_factor
    seconds = min(seconds, app.max_launch_delay_seconds)
    return Delay(seconds=seconds, until=now + seconds)
