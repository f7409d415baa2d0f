"""Small archives, packages, locks and builders for the tests of artifacts."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy.artifacts.lock import Entry, Kind, Source, SourceKind, Wanted
from mesosdeploy.artifacts.store import Store

UPLOAD = Wanted(name="mesos-upload", version="1.0", flavour="lab")
MESOS = Wanted(name="mesos", version="1.0", flavour="lab")


def _tar(text: str = "hello") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        data = text.encode() * 1000
        info = tarfile.TarInfo("file")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def _deb(members: Mapping[str, bytes] | None = None) -> bytes:
    """Return an ar archive in the form of deb(5)."""
    given = members or {"debian-binary": b"2.0\n", "control.tar.gz": b"cc", "data.tar.gz": b"dd"}
    parts = [b"!<arch>\n"]
    for name, data in given.items():
        parts.append(f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode() + data)
        parts.append(b"\n" * (len(data) % 2))
    return b"".join(parts)


@pytest.fixture(scope="session")
def make_tar() -> Callable[..., bytes]:
    return _tar


@pytest.fixture(scope="session")
def make_deb() -> Callable[..., bytes]:
    return _deb


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def make_entry() -> Callable[..., Entry]:
    """Return a maker of `file` entries that pin the given bytes."""

    def make(content: bytes, *locations: str, filename: str = "upload.tar.gz") -> Entry:
        return Entry(
            wanted=UPLOAD,
            kind=Kind.FILE,
            licence="Apache-2.0",
            declared_in=Path("lock"),
            filename=filename,
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            sources=tuple(Source(kind=SourceKind.URL, location=each) for each in locations),
        )

    return make


@pytest.fixture
def built_entry() -> Entry:
    return Entry(
        wanted=MESOS,
        kind=Kind.BUILT,
        licence="Apache-2.0",
        declared_in=Path("lock"),
        builder="toy",
        built_from="mesos-upload",
    )


@dataclass
class ToyBuilder:
    """Builds a package at once and counts how often."""

    content: bytes
    digest: str = "sources-1"
    builds: list[Path] = field(default_factory=list)

    def source_digest(self, version: str) -> str:
        return f"{self.digest} {version}"

    def build_package(
        self, *, version: str, archive: Path, output: Path, report: Callable[[str], Any]
    ) -> Path:
        report("building")
        self.builds.append(archive)
        made = output / f"mesos_{version}+toy1_amd64.deb"
        made.write_bytes(self.content)
        return made


@pytest.fixture
def builder() -> ToyBuilder:
    return ToyBuilder(_deb())
