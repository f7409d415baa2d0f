"""What `mesosdeploy artifacts` does, and how `up` gets the files of a spec."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mesosdeploy import artifacts
from mesosdeploy import spec as specs
from mesosdeploy.artifacts import Lock, Resolved, Store, bundle, doctor, lockfile
from mesosdeploy.artifacts.bundle import Content
from mesosdeploy.artifacts.check import Expected
from mesosdeploy.artifacts.lock import Entry, Kind
from mesosdeploy.artifacts.resolve import Resolver
from mesosdeploy.artifacts.sources import Places
from mesosdeploy.spec import Spec

Report = Callable[[str], None]

MIRROR = "MESOSDEPLOY_MIRROR"


@dataclass(frozen=True, kw_only=True)
class Listed:
    """An artifact as the locks know it; `size` in bytes, None where no lock says it."""

    name: str
    version: str
    flavour: str
    platform: str
    kind: str
    size: int | None
    licence: str
    stored: bool


@dataclass(frozen=True, kw_only=True)
class Packed:
    """A bundle that was written: its size in bytes and the names of the files in it."""

    path: Path
    size: int
    files: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What the sources answered, and the needed artifacts that have no working one."""

    rows: Sequence[doctor.Row]
    lost: Sequence[str]


def resolve_for(spec: Spec, *, offline: Path | None, report: Report) -> Mapping[str, Resolved]:
    """Return the verified files of a spec by name; ArtifactError when one cannot be had.

    The operator's mirror is taken from $MESOSDEPLOY_MIRROR.
    """
    return artifacts.resolve(
        artifacts.wanted_for(spec),
        lock=artifacts.load_lock(spec.directory),
        store=Store.default(),
        offline=offline,
        mirror=_mirror(),
        report=report,
    )


def listing(inventory: Path) -> Sequence[Listed]:
    """Return every artifact that the embedded lock and the inventory's own one know."""
    resolver = _resolver(_lock_beside(inventory), report=_silent)
    return [_listed(entry, resolver) for entry in resolver.lock.entries]


def fetch(
    inventory: Path, *, everything: bool, offline: Path | None, report: Report
) -> Sequence[Resolved]:
    """Bring what the inventory needs into the store, or everything that a lock can give."""
    if not everything:
        return list(resolve_for(specs.load(inventory), offline=offline, report=report).values())
    resolver = _resolver(_lock_beside(inventory), report=report, offline=offline)
    entries = [entry for entry in resolver.lock.entries if entry.kind is not Kind.OPERATOR]
    return [resolver.resolve(entry.wanted) for entry in entries]


def diagnose(inventory: Path, *, everything: bool, report: Report) -> Diagnosis:
    """Ask every source of what the inventory needs (or of all), and hash the store again."""
    spec = specs.load(inventory)
    lock = artifacts.load_lock(spec.directory)
    closure = lock.closure(artifacts.wanted_for(spec))
    rows = doctor.diagnose(
        lock.entries if everything else closure,
        needed=lambda entry: entry in closure,
        places=Places(mirror=_mirror()),
        store=Store.default(),
        report=report,
    )
    return Diagnosis(rows=rows, lost=doctor.without_source(rows))


def pack(inventory: Path, *, out: Path, report: Report) -> Packed:
    """Write a bundle of all that the inventory needs: files, builds and the inputs of builds.

    Container images are not in it: nodes pull them.
    """
    spec = specs.load(inventory)
    lock = artifacts.load_lock(spec.directory)
    closure = lock.closure(artifacts.wanted_for(spec))
    resolver = _resolver(lock, report=report)
    resolved = [resolver.resolve(entry.wanted) for entry in closure]
    builds = [resolver.build_of(entry) for entry in closure if entry.kind is Kind.BUILT]
    files = [(item.path, item.sha256) for item in resolved if item.path]
    content = Content(
        files=[(_expected(path, sha256), path) for path, sha256 in files],
        builds=[build for build in builds if build],
        lock=lockfile.written(entry.as_fields() for entry in closure),
    )
    size = bundle.write(out, content)
    bundle.read(out)
    return Packed(path=out, size=size, files=tuple(path.name for path, _ in files))


def _expected(path: Path, sha256: str) -> Expected:
    return Expected(filename=path.name, sha256=sha256, size=path.stat().st_size)


def _resolver(lock: Lock, *, report: Report, offline: Path | None = None) -> Resolver:
    return Resolver(
        lock=lock, store=Store.default(), report=report, offline=offline, mirror=_mirror()
    )


def _lock_beside(inventory: Path) -> Lock:
    """Return the lock for a path that may be a directory, a cluster.yml, or not there at all."""
    return artifacts.load_lock(inventory if inventory.is_dir() else inventory.parent)


def _listed(entry: Entry, resolver: Resolver) -> Listed:
    build = resolver.build_of(entry) if entry.kind is Kind.BUILT else None
    return Listed(
        name=entry.wanted.name,
        version=entry.wanted.version,
        flavour=entry.wanted.flavour,
        platform=entry.wanted.platform,
        kind=entry.kind.value,
        size=build.size if build else entry.size,
        licence=entry.licence,
        stored=resolver.stored(entry) is not None,
    )


def _mirror() -> str | None:
    return os.environ.get(MIRROR) or None


def _silent(_text: str) -> None:
    """Report nothing."""
