"""`down --purge`: take off machines that somebody owns what the roles put there, and prove it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mesosdeploy import resources
from mesosdeploy.ansible import PlaybookRun, run_playbook
from mesosdeploy.errors import DeployError, UsageError
from mesosdeploy.state import record
from mesosdeploy.state.journal import Journal
from mesosdeploy.state.lock import exclusive
from mesosdeploy.workflow import install
from mesosdeploy.workflow.down import forget, recorded
from mesosdeploy.workflow.environment import Environment
from mesosdeploy.workflow.up import Progress
from mesosdeploy.workflow.up_steps import require_same_provider

if TYPE_CHECKING:
    from collections.abc import Iterator

_KINDS = ("data", "unit", "package", "user", "setting", "file", "directory")


@dataclass(frozen=True, kw_only=True)
class Thing:
    """Something on a node: data, a unit, package, user, setting, file or directory."""

    kind: str
    what: str


@dataclass(frozen=True, kw_only=True)
class Holding:
    """What the roles have on a node: what goes, what stays and why, what is left and why."""

    found: tuple[Thing, ...]
    kept: Mapping[str, str]
    left: tuple[Thing, ...] = ()
    errors: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Holding:
        """Return a node's answer."""
        data = json.loads(path.read_text(encoding="utf-8"))
        things = {
            key: tuple(Thing(kind=kind, what=what) for kind, what in data[key])
            for key in ("found", "left")
            if key in data
        }
        return cls(
            found=things["found"],
            left=things.get("left", ()),
            kept=data["kept"],
            errors=tuple(data["errors"]),
        )

    def as_data(self) -> Mapping[str, object]:
        """Return plain data for JSON output."""
        return {
            "removed": [{"kind": thing.kind, "name": thing.what} for thing in self.found],
            "kept": dict(self.kept),
        }

    def lines(self) -> Iterator[str]:
        """Yield what goes by its kind, data first, then what stays."""
        for kind in _KINDS:
            names = [thing.what for thing in self.found if thing.kind == kind]
            shown = _without_inner(names) if kind in {"data", "file"} else names
            if shown:
                yield f"    {kind}: {', '.join(shown)}"
        for what, reason in sorted(self.kept.items()):
            yield f"    stays: {what} ({reason})"


Holdings = Mapping[str, Holding]
"""By the name of the node."""


def _without_inner(paths: list[str]) -> list[str]:
    """Leave out what is inside of another path."""
    return [path for path in paths if not any(path.startswith(f"{other}/") for other in paths)]


def run(
    environment: Environment,
    *,
    confirm: Callable[[Holdings], bool],
    progress: Progress,
    nodes: Sequence[str] = (),
) -> Holdings:
    """Remove everything that the roles installed, then the state; return what was removed.

    With `nodes` only from these, and the state stays. Safe to repeat, after a half-made `up` and
    after a `down` without it. Raises UsageError when the machines are not borrowed or nobody
    confirmed, DeployError that names nodes that cannot be reached, and what is left.
    """
    require_borrowed(environment)
    with exclusive(environment.directory.parent, environment.lock_name, "down --purge"):
        state = recorded(environment)
        require_same_provider(environment, state)
        journal = Journal(environment.directory, "down --purge")
        progress.step("Find what the roles installed")
        if not environment.inventory_json.exists():
            install.write_inventory(environment, environment.provider.list(), {})
        hosts = _chosen(environment, nodes)
        with journal.step("look"):
            found = _play(environment, "look", hosts, journal, progress.detail)
        if not any(holding.found for holding in found.values()):
            if not nodes:
                forget(environment)
            return found
        if not confirm(found):
            raise UsageError("nothing was removed: nobody said yes", hint="say --yes")
        if state:  # whatever happens now, the next `up` has work to do
            record.save(environment.directory, replace(state, converged=""))
        progress.step("Remove it")
        with journal.step("purge"):
            ended = _play(environment, "remove", hosts, journal, progress.detail)
        progress.step("Prove that nothing is left")
        _require_gone(ended)
        if not nodes:
            forget(environment)
    return {name: replace(holding, found=found[name].found) for name, holding in ended.items()}


def _chosen(environment: Environment, nodes: Sequence[str]) -> frozenset[str]:
    """Return the nodes to work on, all where none is named; UsageError for an unknown one."""
    known = frozenset(environment.inventory()["_meta"]["hostvars"])
    if unknown := sorted(set(nodes) - known):
        raise UsageError(
            f"there is no node {', '.join(unknown)}",
            hint=f"nodes of this cluster: {', '.join(sorted(known))}",
        )
    return frozenset(nodes) or known


def require_borrowed(environment: Environment) -> None:
    """Raise UsageError where machines are removed as a whole."""
    if not environment.borrows:
        raise UsageError(
            f"--purge is for machines that you own, and the provider "
            f"{environment.provider_name!r} made these: they go as a whole",
            hint="mesosdeploy down",
        )


def _play(
    environment: Environment,
    action: str,
    hosts: frozenset[str],
    journal: Journal,
    report: Callable[[str], None],
) -> Holdings:
    """Run the playbook on these nodes; return their answers."""
    logs = environment.directory / "logs" / f"purge-{action}-{journal.run}"
    answers = logs / "answers"
    answers.mkdir(parents=True, mode=0o700)
    run_playbook(
        PlaybookRun(
            playbook=resources.playbook("purge"),
            inventory=environment.spec_file.resolve(),
            hosts=hosts,
            directory=logs,
            recorded=environment.inventory_json,
            variables={"mesosdeploy_purge": action, "mesosdeploy_purge_answers": str(answers)},
            arguments=("--limit", ",".join(["localhost", *sorted(hosts)])),
        ),
        report,
    )
    return {name: Holding.read(answers / f"{name}.json") for name in sorted(hosts)}


def _require_gone(ended: Holdings) -> None:
    lines = [
        line
        for name, holding in ended.items()
        for line in (
            *(f"  {name}: {thing.kind} {thing.what}" for thing in holding.left),
            *(f"  {name}: {error}" for error in holding.errors),
        )
    ]
    if lines:
        raise DeployError(
            "still there, or not to be removed:\n" + "\n".join(lines),
            hint="look at these nodes, then repeat `mesosdeploy down --purge`: it continues",
        )
