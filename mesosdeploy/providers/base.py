"""The protocol that every provider fulfils, and how one is found by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol, runtime_checkable

from mesosdeploy.errors import UsageError
from mesosdeploy.nodes import Node, NodeRequest

Report = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class ClusterContext:
    """What a provider knows of the cluster that it works for.

    `directory` is the cluster's own state directory (mode 0700), where keys and host keys may be
    kept; `public_key` is the cluster's SSH public key in OpenSSH form, empty before it is made;
    `options` are the keys of the spec's `provider:` mapping but `type`.
    """

    cluster: str
    directory: Path
    public_key: str = ""
    options: Mapping[str, object] | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One result of a preflight check: `ok`, or what is wrong and the remedy."""

    check: str
    ok: bool
    message: str
    remedy: str = ""


@dataclass(frozen=True, kw_only=True)
class Leftover:
    """Something that the provider made and that is not a node: network, volume, image, key."""

    kind: str
    name: str


HOURS_A_MONTH = 730
"""A year's hours in twelve parts, as clouds bill."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What machines cost, in USD: `unknown` names sizes without a price, `dated` the price list.

    `leaves_out` says what is billed beside them.
    """

    hourly_usd: float
    unknown: tuple[str, ...]
    dated: date
    leaves_out: str

    @property
    def monthly_usd(self) -> float:
        """The price of a month."""
        return self.hourly_usd * HOURS_A_MONTH

    def sentence(self, today: date) -> str:
        """Return it in words, with the age of the prices."""
        unknown = f"; no price is known of {', '.join(self.unknown)}" if self.unknown else ""
        return (
            f"this costs about {self.hourly_usd:.2f} USD an hour,"
            f" {self.monthly_usd:.0f} USD a month, by prices of {self.dated}"
            f" ({(today - self.dated).days} days old){unknown}; not in it: {self.leaves_out}"
        )


@runtime_checkable
class Priced(Protocol):
    """A provider that knows prices."""

    def estimate(self, requests: Sequence[NodeRequest]) -> Estimate:
        """Return what machines for these requests cost; asks nobody."""
        ...


@dataclass(frozen=True, kw_only=True)
class Surrounding:
    """Something around the machines: what `up` would do to it (make, keep, change, remove)."""

    action: str
    kind: str
    name: str
    detail: str = ""


@runtime_checkable
class Foreseeing(Protocol):
    """A provider that can say what it would make around the machines."""

    def foresee(self, requests: Sequence[NodeRequest]) -> Sequence[Surrounding]:
        """Return what is and would be around machines for these requests; changes nothing."""
        ...


@runtime_checkable
class Tidying(Protocol):
    """A provider that can remove around the machines what a changed spec left without a use."""

    def tidy(self, requests: Sequence[NodeRequest], report: Report) -> None:
        """Remove it; called when machines that the spec dropped are gone."""
        ...


@dataclass(frozen=True, kw_only=True)
class Remains:
    """What an account has of one cluster; `expires` is when it counts as forgotten, if ever."""

    cluster: str
    objects: tuple[Leftover, ...]
    expires: datetime | None = None


@runtime_checkable
class Collecting(Protocol):
    """A provider that can tell what other clusters left in the same account."""

    def clusters(self) -> Sequence[Remains]:
        """List every cluster of which there is anything, by name; machines are objects too."""
        ...


class Provider(Protocol):
    """Make, list and remove the machines of one cluster.

    Every method is idempotent and may be called after an interrupted earlier call. Failures are
    ProviderError with a hint; nothing is printed, progress goes to `report`.
    """

    def check(self) -> Sequence[Finding]:
        """Say whether this controller can use the provider at all; changes nothing."""
        ...

    def list(self) -> Sequence[Node]:
        """Return every machine of the cluster, running or not, found by its tags."""
        ...

    def prepare(self, requests: Sequence[NodeRequest], report: Report) -> None:
        """Make what must exist before a machine can: image, network, key."""
        ...

    def create(self, request: NodeRequest, report: Report) -> Node:
        """Make the machine, tagged in the call that makes it; an existing one is returned."""
        ...

    def start(self, node: Node, report: Report) -> Node:
        """Start a stopped machine and return it as it is then."""
        ...

    def authorize(self, node: Node, public_key: str) -> None:
        """Let this SSH key in by a way that needs no SSH, unless it is in already.

        ProviderError where there is no such way.
        """
        ...

    def destroy(self, node: Node, report: Report) -> None:
        """Remove the machine and the volumes that are only its own; absent is done."""
        ...

    def leftovers(self) -> Sequence[Leftover]:
        """List what exists around the machines of this cluster; empty after `cleanup`."""
        ...

    def cleanup(self, report: Report) -> None:
        """Remove what `leftovers` lists; shared caches (images) stay."""
        ...


def load(name: str, context: ClusterContext) -> Provider:
    """Return the provider that is registered as `name` in the entry points `mesosdeploy.providers`.

    Raises UsageError that names the known providers when there is none.
    """
    found = {point.name: point for point in entry_points(group="mesosdeploy.providers")}
    if name not in found:
        known = ", ".join(sorted(found)) or "none (is mesosdeploy installed?)"
        raise UsageError(f"no provider is called {name!r}", hint=f"known providers: {known}")
    provider: Provider = found[name].load()(context)
    return provider
