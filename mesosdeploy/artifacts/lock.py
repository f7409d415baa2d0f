"""`artifacts.lock.yml`: the pinned files that clusters are installed from, and their sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mesosdeploy.artifacts import lockfile
from mesosdeploy.errors import ArtifactError

FILE = "artifacts.lock.yml"
PLATFORM = "linux-x86_64"


class Kind(StrEnum):
    """How an artifact comes to be.

    Taken as it is, built here, pulled by the nodes as a container image, or supplied by the
    operator.
    """

    FILE = "file"
    BUILT = "built"
    IMAGE = "image"
    OPERATOR = "operator"


class SourceKind(StrEnum):
    """What a source is; see `docs/artifacts.md`."""

    PACKAGE_INDEX = "package-index"
    URL = "url"
    FILE = "file"


@dataclass(frozen=True, kw_only=True)
class Source:
    """One place to get a file: a project of the package index, a URL, or an absolute path."""

    kind: SourceKind
    location: str

    def as_fields(self) -> lockfile.Fields:
        """Return the source as a lock file has it."""
        location = Path(self.location).name if self.kind is SourceKind.FILE else self.location
        return {"kind": self.kind.value, lockfile.SOURCE_KEYS[self.kind.value]: location}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """An artifact as a spec asks for it."""

    name: str
    version: str
    flavour: str
    platform: str = PLATFORM

    def __str__(self) -> str:
        return f"{self.name} {self.version} ({self.flavour}, {self.platform})"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One pinned artifact.

    `file` carries filename, sha256, sources and, where known, size in bytes; `built` carries
    `builder` and, where it has an input, `built_from`: the name of an entry of the same version,
    flavour and platform;
    `image` carries the container image by its digest (name@sha256:…);
    `operator` carries nothing: an inventory's lock must say what it is.
    """

    wanted: Wanted
    kind: Kind
    licence: str
    declared_in: Path
    filename: str = ""
    sha256: str = ""
    size: int | None = None
    sources: tuple[Source, ...] = ()
    builder: str = ""
    built_from: str = ""
    package_version: str = ""
    image: str = ""

    def as_fields(self) -> lockfile.Fields:
        """Return the entry as a lock file has it; a path is left as its file name."""
        fields = {
            "name": self.wanted.name,
            "version": self.wanted.version,
            "flavour": self.wanted.flavour,
            "platform": self.wanted.platform,
            "kind": self.kind.value,
            "filename": self.filename,
            "sha256": self.sha256,
            "size": self.size,
            "licence": self.licence,
            "builder": self.builder,
            "from": self.built_from,
            "package_version": self.package_version,
            "image": self.image,
            "sources": [source.as_fields() for source in self.sources],
        }
        return {key: value for key, value in fields.items() if value}


@dataclass(frozen=True)
class Lock:
    """Every known artifact; an inventory's entries stand in for embedded ones."""

    entries: tuple[Entry, ...]

    def find(self, wanted: Wanted) -> Entry:
        """Return the entry, or raise ArtifactError that names what there is instead."""
        for entry in self.entries:
            if entry.wanted == wanted:
                return entry
        raise ArtifactError(
            f"no lock file knows {wanted}",
            hint=f"known: {self._alternatives(wanted)}; or add an entry to {FILE} in the inventory",
        )

    def _alternatives(self, wanted: Wanted) -> str:
        same = [entry.wanted for entry in self.entries if entry.wanted.name == wanted.name]
        return ", ".join(map(str, same)) or ", ".join(sorted(self.names)) or "nothing"

    @property
    def names(self) -> frozenset[str]:
        """The names of all artifacts."""
        return frozenset(entry.wanted.name for entry in self.entries)

    def closure(self, wanted: Sequence[Wanted]) -> tuple[Entry, ...]:
        """Return the entries of `wanted`, each after the input that it is built from."""
        found: dict[Wanted, Entry] = {}
        for item in wanted:
            for entry in reversed(list(self._chain(item))):
                found[entry.wanted] = entry
        return tuple(found.values())

    def _chain(self, wanted: Wanted) -> Iterator[Entry]:
        entry = self.find(wanted)
        yield entry
        if source := self.input_of(entry):
            yield source

    def input_of(self, entry: Entry) -> Entry | None:
        """Return what a built artifact is made from; None for one that needs no file."""
        return self.find(_input_of(entry)) if entry.built_from else None


def _input_of(entry: Entry) -> Wanted:
    return Wanted(
        name=entry.built_from,
        version=entry.wanted.version,
        flavour=entry.wanted.flavour,
        platform=entry.wanted.platform,
    )


def load_lock(inventory: Path | None = None) -> Lock:
    """Return the embedded lock, overridden by `<inventory>/artifacts.lock.yml` where it exists.

    Raises SpecError that lists every problem as `file:line:column: path: what is wrong`.
    """
    merged = {entry.wanted: entry for entry in _read(Path(__file__).with_name(FILE))}
    own = inventory / FILE if inventory else None
    if own and own.exists():
        merged |= {entry.wanted: entry for entry in _read(own)}
    return Lock(tuple(merged.values()))


def _read(path: Path) -> list[Entry]:
    return [_entry(fields, path) for fields in lockfile.read(path)]


def _entry(fields: lockfile.Fields, path: Path) -> Entry:
    return Entry(
        wanted=Wanted(
            name=fields["name"],
            version=fields["version"],
            flavour=fields["flavour"],
            platform=fields.get("platform", PLATFORM),
        ),
        kind=Kind(fields["kind"]),
        licence=fields["licence"],
        declared_in=path,
        filename=fields.get("filename", ""),
        sha256=fields.get("sha256", ""),
        size=fields.get("size"),
        sources=tuple(_source(source, path.parent) for source in fields.get("sources", ())),
        builder=fields.get("builder", ""),
        built_from=fields.get("from", ""),
        package_version=fields.get("package_version", ""),
        image=fields.get("image", ""),
    )


def _source(fields: lockfile.Fields, base: Path) -> Source:
    kind = SourceKind(fields["kind"])
    location = fields[lockfile.SOURCE_KEYS[kind.value]]
    if kind is SourceKind.FILE:
        location = str((base / Path(location).expanduser()).resolve())
    return Source(kind=kind, location=location)
