"""Artifacts that are built here: the key that says whether a build is still the right one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from mesosdeploy.artifacts.check import Expected
from mesosdeploy.artifacts.store import Report


class Builder(Protocol):
    """Makes a file, out of another one or alone; same input and digest give the same file."""

    def source_digest(self, version: str) -> str:
        """Return the digest of everything but the input that determines the result."""
        ...

    def build_package(
        self, *, version: str, archive: Path | None, output: Path, report: Report
    ) -> Path:
        """Build from `archive` into the directory `output` and return the file's path.

        `archive` is None for an entry that is built from nothing but this program.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Build:
    """The record of one build: what came out; its key says what went in."""

    key: str
    filename: str
    sha256: str
    size: int

    @property
    def expected(self) -> Expected:
        """Return what the stored file must be."""
        return Expected(filename=self.filename, sha256=self.sha256, size=self.size)

    @property
    def record(self) -> dict[str, Any]:
        """Return the record as JSON data."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Mapping[str, Any] | None) -> Build | None:
        """Return the recorded build; None where there is no record of this form."""
        if not record:
            return None
        try:
            build = cls(**record)
            _ = build.expected
        except (TypeError, ValueError):
            return None
        return build


def build_key(input_sha256: str, source_digest: str) -> str:
    """Return the SHA-256 that names a build by all that determines it."""
    return hashlib.sha256(f"{input_sha256}\n{source_digest}\n".encode()).hexdigest()


def builders() -> Mapping[str, Builder]:
    """Return the builders by the name that a lock entry uses."""
    from mesosdeploy import lab
    from mesosdeploy.services import package

    known: dict[str, Builder] = {"lab": lab}
    known.update(package.BUILDERS)
    return known


def package_version(filename: str) -> str:
    """Return the version in a Debian package's file name (`<name>_<version>_<arch>.deb`)."""
    parts = filename.removesuffix(".deb").split("_")
    return parts[1] if filename.endswith(".deb") and len(parts) == 3 else ""
