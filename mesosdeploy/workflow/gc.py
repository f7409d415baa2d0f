"""`gc`: find what clusters left in an account, whoever made them, and remove what nobody needs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mesosdeploy.errors import ProviderError, UsageError
from mesosdeploy.providers import base
from mesosdeploy.providers.base import ClusterContext, Collecting, Remains, Report
from mesosdeploy.state.lock import exclusive
from mesosdeploy.workflow.environment import Environment


@dataclass(frozen=True, kw_only=True)
class Found:
    """A cluster of which the account has something.

    `expired` says that its `ttl` has passed; `recorded` is its state directory on this computer,
    None where it has none.
    """

    remains: Remains
    expired: bool
    recorded: Path | None

    def as_data(self) -> Mapping[str, object]:
        """Return plain data for JSON output."""
        expires = self.remains.expires
        return {
            "cluster": self.remains.cluster,
            "objects": [{"kind": it.kind, "name": it.name} for it in self.remains.objects],
            "expires": expires.isoformat() if expires else None,
            "expired": self.expired,
            "recorded_here": str(self.recorded) if self.recorded else None,
        }


def find(environment: Environment, now: datetime) -> tuple[Found, ...]:
    """List every cluster of which the environment's account and region have something.

    Raises UsageError when the provider cannot tell.
    """
    provider = environment.provider
    if not isinstance(provider, Collecting):
        raise UsageError(
            f"the provider {environment.provider_name!r} does not know other clusters",
            hint="gc is for clouds; remove this one: mesosdeploy down",
        )
    root = environment.directory.parent
    return tuple(
        Found(
            remains=remains,
            expired=remains.expires is not None and remains.expires <= now,
            recorded=root / remains.cluster if (root / remains.cluster).is_dir() else None,
        )
        for remains in provider.clusters()
    )


def chosen(found: Sequence[Found], *, cluster: str, expired: bool) -> tuple[Found, ...]:
    """Return those that the user means; UsageError when `cluster` is none of them."""
    names = [each.remains.cluster for each in found]
    if cluster and cluster not in names:
        raise UsageError(
            f"the account has nothing of a cluster {cluster!r}",
            hint=f"it has: {', '.join(names) or 'no cluster at all'}",
        )
    return tuple(
        each for each in found if each.remains.cluster == cluster or (expired and each.expired)
    )


def remove(
    environment: Environment,
    doomed: Sequence[Found],
    *,
    confirm: Callable[[Sequence[Found]], bool],
    report: Report,
) -> None:
    """Remove these clusters with all their data, and prove that nothing of them is left.

    Raises UsageError when nobody confirmed, ProviderError that names what is still there.
    """
    if not doomed:
        return
    if not confirm(doomed):
        raise UsageError("nothing was removed: nobody said yes", hint="say --yes")
    root = environment.directory.parent
    for each in doomed:
        name = each.remains.cluster
        with exclusive(root, name, "gc"):
            provider = base.load(
                environment.provider_name,
                ClusterContext(
                    cluster=name,
                    directory=root / name,
                    options=environment.spec.provider.options(),
                ),
            )
            report(f"removing cluster {name}")
            provider.cleanup(report)
            left = [f"node {node.name}" for node in provider.list()]
            left += [f"{item.kind} {item.name}" for item in provider.leftovers()]
            if left:
                raise ProviderError(
                    f"still there after removal: {', '.join(left)}",
                    hint="repeat the command; it continues where this one ended",
                )
            if each.recorded:
                shutil.rmtree(each.recorded, ignore_errors=True)
