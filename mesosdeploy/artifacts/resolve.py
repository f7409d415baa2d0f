"""From what a spec wants to verified files: store, bundle, mirror, sources, and builds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mesosdeploy.artifacts import built, bundle
from mesosdeploy.artifacts.built import Build, Builder
from mesosdeploy.artifacts.bundle import Bundle
from mesosdeploy.artifacts.check import Expected, RefusedError, sha256_of
from mesosdeploy.artifacts.lock import FILE, Entry, Kind, Lock, Wanted
from mesosdeploy.artifacts.store import Report, Store
from mesosdeploy.errors import ArtifactError

if TYPE_CHECKING:
    from mesosdeploy.artifacts.sources import Places

Count = Callable[[int], None]

_REPORT_SECONDS = 1.0
_FROM_IMAGES = ("marathon",)


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """A verified file on the controller; `origin` says where it was had this time.

    For a container image `path` is None, `image` names it with its digest, and the node's engine
    verifies that when it pulls.
    """

    name: str
    version: str
    package_version: str
    flavour: str
    path: Path | None
    sha256: str
    origin: str
    image: str = ""


class _Place(Protocol):
    """Somewhere that a file can be asked for."""

    @property
    def label(self) -> str: ...

    def fill(self, target: Path, count: Count) -> None: ...


@dataclass(frozen=True, kw_only=True)
class _InBundle:
    bundle: Bundle
    sha256: str

    @property
    def label(self) -> str:
        return f"bundle {self.bundle.path}"

    def fill(self, target: Path, count: Count) -> None:
        self.bundle.extract(self.sha256, target)
        count(target.stat().st_size)


@dataclass(frozen=True, kw_only=True)
class Resolver:
    """Resolves entries of one lock into one store.

    With `offline`, the path of a bundle, nothing but the store and that bundle is asked. `places`
    stands in for the mirror and the sources of the lock, `builders` for those of this program.
    """

    lock: Lock
    store: Store
    report: Report
    offline: Path | None = None
    mirror: str | None = None
    places: Places | None = None
    builders: Mapping[str, Builder] = field(default_factory=built.builders)

    def resolve(self, wanted: Wanted) -> Resolved:
        """Return the verified file, fetched or built when the store does not have it.

        Raises ArtifactError that lists every place that was asked, each with its reason.
        """
        entry = self.lock.find(wanted)
        if entry.kind is Kind.OPERATOR:
            raise _operator_must_supply(entry)
        if entry.kind is Kind.IMAGE:
            return _image(entry)
        return self._built(entry) if entry.kind is Kind.BUILT else self._file(entry)

    def stored(self, entry: Entry) -> Path | None:
        """Return the path of the entry's file if the store has it, intact."""
        if entry.kind in (Kind.OPERATOR, Kind.IMAGE):
            return None
        if entry.kind is Kind.FILE:
            return self.store.find(expected_of(entry))
        build = self.build_of(entry)
        return self.store.find(build.expected) if build else None

    def build_of(self, entry: Entry) -> Build | None:
        """Return the recorded build of a built entry, None when it was never built here."""
        return Build.from_record(self.store.built(self._key(entry)))

    def _key(self, entry: Entry) -> str:
        source = self.lock.input_of(entry)
        if entry.builder not in self.builders:
            raise ArtifactError(
                f"{entry.declared_in}: {entry.wanted}: no builder is called {entry.builder!r}",
                hint=f"known builders: {', '.join(sorted(self.builders))}",
            )
        digest = self.builders[entry.builder].source_digest(entry.wanted.version)
        return built.build_key(source.sha256 if source else "", digest)

    def _file(self, entry: Entry) -> Resolved:
        expected = expected_of(entry)
        stored = self.store.find(expected)
        if stored:
            return _resolved(entry, expected, stored, "store")
        with self.store.exclusive(expected.sha256, what=expected.filename, report=self.report):
            stored = self.store.find(expected)  # another process may have fetched it meanwhile
            if stored:
                return _resolved(entry, expected, stored, "store")
            path, origin = self._fetch(entry, expected)
            return _resolved(entry, expected, path, origin)

    def _fetch(self, entry: Entry, expected: Expected) -> tuple[Path, str]:
        tried: list[str] = []
        for place in self._ask(entry):
            self.report(f"fetching {expected.filename} from {place.label}")
            fill = partial(place.fill, count=_counter(expected, self.report))
            try:
                return self.store.add(expected, fill), place.label
            except RefusedError as exc:
                tried.append(f"{place.label}: {exc.message}")
                self.report(f"not had from {tried[-1]}")
        raise _nowhere(entry, tried, offline=self.offline)

    def _ask(self, entry: Entry) -> Iterable[_Place]:
        if self._bundle:
            return [_InBundle(bundle=self._bundle, sha256=entry.sha256)]
        return self._places.candidates(entry)

    @cached_property
    def _bundle(self) -> Bundle | None:
        return bundle.read(self.offline) if self.offline else None

    @cached_property
    def _places(self) -> Places:
        # HTTP is imported only where something must be fetched: it takes longer than a warm store.
        from mesosdeploy.artifacts.sources import Places

        return self.places or Places(mirror=self.mirror)

    def _built(self, entry: Entry) -> Resolved:
        key = self._key(entry)
        found = self._recorded(entry, key)
        if found:
            return found
        what = f"the build of {entry.wanted}"
        with self.store.exclusive(key, what=what, report=self.report):
            found = self._recorded(entry, key) or self._from_bundle(entry, key)
            return found or self._build(entry, key)

    def _recorded(self, entry: Entry, key: str) -> Resolved | None:
        build = Build.from_record(self.store.built(key))
        path = self.store.find(build.expected) if build else None
        return _resolved(entry, build.expected, path, "store") if build and path else None

    def _from_bundle(self, entry: Entry, key: str) -> Resolved | None:
        """Take a build of exactly these sources; another one in the bundle is not it."""
        build = self._bundle.builds.get(key) if self._bundle else None
        if not self._bundle or not build:
            return None
        place = _InBundle(bundle=self._bundle, sha256=build.sha256)
        return self._keep(entry, build, partial(place.fill, count=lambda _: None), place.label)

    def _build(self, entry: Entry, key: str) -> Resolved:
        needed = self.lock.input_of(entry)
        source = self.resolve(needed.wanted) if needed else None
        with self.store.scratch(key) as scratch:
            made = self.builders[entry.builder].build_package(
                version=entry.wanted.version,
                archive=source.path if source else None,
                output=scratch,
                report=self.report,
            )
            build = Build(
                key=key, filename=made.name, sha256=sha256_of(made), size=made.stat().st_size
            )
            origin = f"built from {source.path.name}" if source and source.path else "built here"
            return self._keep(entry, build, lambda target: _move(made, target), origin)

    def _keep(
        self, entry: Entry, build: Build, fill: Callable[[Path], None], origin: str
    ) -> Resolved:
        with self.store.exclusive(build.sha256, what=build.filename, report=self.report):
            path = self.store.add(build.expected, fill)
        self.store.record_built(build.key, build.record)
        return _resolved(entry, build.expected, path, origin)


def resolve(
    wanted: Sequence[Wanted],
    *,
    lock: Lock,
    store: Store,
    offline: Path | None,
    mirror: str | None,
    report: Report,
) -> Mapping[str, Resolved]:
    """Return the verified files of all that is wanted, by name.

    Everything is had before anything is returned. `offline` is the path of a bundle; `mirror` a
    directory or URL. Raises ArtifactError that names each place that was asked and its reason.
    """
    if offline:
        bundle.read(offline)  # a bundle that cannot be read is told even if nothing of it is needed
    resolver = Resolver(lock=lock, store=store, report=report, offline=offline, mirror=mirror)
    return {item.name: resolver.resolve(item) for item in wanted}


def expected_of(entry: Entry) -> Expected:
    """Return what the file of a `file` entry must be."""
    return Expected(filename=entry.filename, sha256=entry.sha256, size=entry.size)


def _move(made: Path, target: Path) -> None:
    made.replace(target)


def _resolved(entry: Entry, expected: Expected, path: Path, origin: str) -> Resolved:
    version = entry.package_version or built.package_version(expected.filename)
    return Resolved(
        name=entry.wanted.name,
        version=entry.wanted.version,
        package_version=version or entry.wanted.version,
        flavour=entry.wanted.flavour,
        path=path,
        sha256=expected.sha256,
        origin=origin,
    )


def _image(entry: Entry) -> Resolved:
    if entry.wanted.name not in _FROM_IMAGES:
        raise ArtifactError(
            f"{entry.declared_in}: {entry.wanted} cannot be run from a container image",
            hint=f"only {', '.join(_FROM_IMAGES)} can; give kind: file for the others",
        )
    return Resolved(
        name=entry.wanted.name,
        version=entry.wanted.version,
        package_version=entry.wanted.version,
        flavour=entry.wanted.flavour,
        path=None,
        sha256=entry.image.rpartition(":")[2],
        origin="pulled by the nodes",
        image=entry.image,
    )


def _counter(expected: Expected, report: Report) -> Count:
    """Return a function that reports how many bytes are there, once a second at most."""
    last = time.monotonic()

    def count(got: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _REPORT_SECONDS:
            last = time.monotonic()
            total = f" of {expected.size / 1e6:.1f}" if expected.size else ""
            report(f"{expected.filename}: {got / 1e6:.1f}{total} MB")

    return count


def _nowhere(entry: Entry, tried: Sequence[str], *, offline: Path | None) -> ArtifactError:
    places = "\n".join(f"  - {reason}" for reason in tried)
    if offline:
        hint = "make the bundle again where there is a network: mesosdeploy artifacts bundle"
    else:
        hint = (
            "mesosdeploy artifacts doctor asks every source; set MESOSDEPLOY_MIRROR to a directory "
            f"that holds {entry.filename}, or use --offline with a bundle"
        )
    return ArtifactError(
        f"{entry.wanted} cannot be had: {entry.filename} is in none of {len(tried)} places\n"
        f"{places}",
        hint=hint,
    )


def _operator_must_supply(entry: Entry) -> ArtifactError:
    return ArtifactError(
        f"{entry.wanted} is distributed by nobody: its file must be named by the operator",
        hint=f"give kind: file with filename, sha256 and sources in the inventory's {FILE} "
        "(docs/artifacts.md shows one), or use the flavour lab",
    )
