"""From a lock entry to its candidates: each a place that can be asked for the file, in order."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from mesosdeploy.artifacts import package_index, pip_settings
from mesosdeploy.artifacts.check import RefusedError, sha256_of
from mesosdeploy.artifacts.lock import Entry, Source, SourceKind
from mesosdeploy.artifacts.package_index import Found, local_path
from mesosdeploy.artifacts.pip_settings import PipSettings
from mesosdeploy.artifacts.transport import Count, Limits, Transport, redacted

Finder = Callable[[Transport], Found]


class ChangedError(RefusedError):
    """The place has a file of that name, but not the pinned one."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One place that may have the file.

    `find` says where exactly it is there, which may itself need a question to a server.
    """

    label: str
    entry: Entry
    transport: Transport
    find: Finder

    def fill(self, target: Path, count: Count) -> None:
        """Write what the place has to `target`; RefusedError says why it has nothing."""
        found = self._found()
        path = local_path(found.url)
        if path is None:
            self.transport.download(found.url, target, size=self.entry.size, count=count)
            return
        try:
            source = path.open("rb")
        except FileNotFoundError as exc:
            raise RefusedError(f"{path} does not exist") from exc
        except OSError as exc:
            raise RefusedError(f"{path} cannot be read: {exc.strerror}") from exc
        with source, target.open("wb") as stream:
            shutil.copyfileobj(source, stream)
        count(target.stat().st_size)

    def probe(self) -> str:
        """Ask without fetching, and return what was compared; RefusedError says what is wrong."""
        found = self._found()
        path = local_path(found.url)
        if path is not None:
            return self._probe_path(path)
        size = self.transport.probe(found.url)
        self._compare_size(size)
        said = [f"{size} bytes"] if size is not None else []
        said += ["sha256 as listed"] if found.sha256 else []
        return ", ".join(said) or "it answers"

    def _found(self) -> Found:
        """Locate the file; what the index says of it is compared before anything is fetched."""
        found = self.find(self.transport)
        if found.sha256 and found.sha256 != self.entry.sha256:
            raise ChangedError(
                f"another file: it lists sha256 {found.sha256}, pinned is {self.entry.sha256}"
            )
        self._compare_size(found.size)
        return found

    def _compare_size(self, size: int | None) -> None:
        if None not in {size, self.entry.size} and size != self.entry.size:
            raise ChangedError(f"another file: {size} bytes, pinned are {self.entry.size}")

    def _probe_path(self, path: Path) -> str:
        if not path.is_file():
            raise RefusedError(f"{path} does not exist")
        digest = sha256_of(path)
        if digest != self.entry.sha256:
            raise ChangedError(f"another file: sha256 {digest}, pinned is {self.entry.sha256}")
        return "sha256 compared"


@dataclass(frozen=True)
class Places:
    """Where files can be had: the operator's mirror, then what the lock says.

    `mirror` is a directory or an http, https or file URL that holds `<sha256>/<filename>` or
    `<filename>`. `ask_pip` is asked once, when the first package index is met.
    """

    mirror: str | None = None
    limits: Limits = field(default_factory=Limits)
    ask_pip: Callable[[], PipSettings] = pip_settings.read

    def candidates(self, entry: Entry) -> Iterator[Candidate]:
        """Yield the places for one entry in the order in which they are asked."""
        if self.mirror:
            yield from self._mirrored(entry, self.mirror)
        for source in entry.sources:
            if source.kind is SourceKind.PACKAGE_INDEX:
                yield from self._indexed(entry, source)
            else:
                label = f"{source.kind} {_shown(source.location)}"
                yield self._direct(entry, label, source.location)

    @cached_property
    def _pip(self) -> PipSettings:
        settings = self.ask_pip()
        if not settings.indexes and not settings.find_links:
            raise RefusedError("pip is configured for no index and no find-links")
        return settings

    @cached_property
    def _plain(self) -> Transport:
        return Transport(limits=self.limits)

    def _mirrored(self, entry: Entry, mirror: str) -> Iterator[Candidate]:
        base = mirror.rstrip("/")
        for relative in (f"{entry.sha256}/{entry.filename}", entry.filename):
            yield self._direct(
                entry, f"mirror {_shown(f'{base}/{relative}')}", f"{base}/{relative}"
            )

    def _direct(self, entry: Entry, label: str, location: str) -> Candidate:
        path = local_path(location)
        url = location if path is None else path.expanduser().absolute().as_uri()
        found = Found(url=url, sha256=None, size=None)
        return Candidate(
            label=label, entry=entry, transport=self._plain, find=partial(_known, found)
        )

    def _indexed(self, entry: Entry, source: Source) -> Iterator[Candidate]:
        """Yield one candidate for each index and each link page of pip's configuration."""
        project = source.location
        make = partial(Candidate, entry=entry)
        try:
            settings = self._pip
        except RefusedError as exc:
            label = f"package index (project {project})"
            yield make(label=label, transport=self._plain, find=partial(_refuse, exc.message))
            return
        transport = Transport(settings=settings, limits=self.limits)
        for index in settings.indexes:
            label = f"package index {_shown(index)} (project {project})"
            yield make(
                label=label,
                transport=transport,
                find=partial(_in_index, index, project, entry.filename),
            )
        for links in settings.find_links:
            yield make(
                label=f"pip's find-links {_shown(links)}",
                transport=transport,
                find=partial(_in_links, links, entry.filename),
            )


def _shown(location: str) -> str:
    return location if local_path(location) is not None else redacted(location)


def _known(found: Found, _transport: Transport) -> Found:
    return found


def _refuse(reason: str, _transport: Transport) -> Found:
    raise RefusedError(reason)


def _in_index(index: str, project: str, filename: str, transport: Transport) -> Found:
    return package_index.in_index(index, project=project, filename=filename, transport=transport)


def _in_links(location: str, filename: str, transport: Transport) -> Found:
    return package_index.in_links(location, filename=filename, transport=transport)
