"""Bundles: one deterministic tar with every file an inventory needs, refused if a byte changed.

The last member holds the SHA-256 of every byte before it, and what follows is fixed by the format.
That proves integrity, not authorship: files are still compared with the pins of the lock.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from mesosdeploy.artifacts.built import Build
from mesosdeploy.artifacts.check import Expected, RefusedError
from mesosdeploy.errors import ArtifactError

FORMAT = 1
_MANIFEST = "manifest.json"
_LOCK = "artifacts.lock.yml"
_SEAL = "sha256"
_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Content:
    """What goes into a bundle: verified files with their paths, builds, and the lock's text."""

    files: Sequence[tuple[Expected, Path]]
    builds: Sequence[Build]
    lock: str


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A verified bundle; `members` maps SHA-256 to the name in the tar, `builds` key to build."""

    path: Path
    members: Mapping[str, str]
    builds: Mapping[str, Build]

    def extract(self, sha256: str, target: Path) -> None:
        """Write the file with this SHA-256 to `target`; RefusedError when it is not in there."""
        if sha256 not in self.members:
            raise RefusedError("the bundle does not hold it")
        with (
            _refusing(self.path),
            tarfile.open(self.path, "r:") as archive,
            target.open("wb") as stream,
        ):
            shutil.copyfileobj(_opened(archive, self.members[sha256]), stream, _CHUNK)


def write(out: Path, content: Content) -> int:
    """Write the bundle in one step and return its size in bytes; same content, same bytes."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w+b") as stream:
                sealed = _write_members(stream, content)
                stream.seek(0)
                digest = _digest(stream, sealed)
                stream.seek(sealed)
                stream.truncate()
                stream.write(_seal(digest, sealed))
                stream.flush()
                os.fsync(stream.fileno())
                size = stream.tell()
            temporary.chmod(0o644)
            temporary.replace(out)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as exc:
        raise ArtifactError(f"{out} cannot be written: {exc}", hint="choose another --out") from exc
    return size


def read(path: Path) -> Bundle:
    """Return the bundle after all of it was verified; ArtifactError when it is not as written."""
    with (
        _refusing(path),
        path.open("rb") as stream,
        tarfile.open(fileobj=stream, mode="r:") as archive,
    ):
        names = archive.getmembers()
        if not names or names[-1].name != _SEAL:
            raise tarfile.ReadError("it does not end with its seal")
        sealed = names[-1].offset
        stream.seek(0)
        expected_end = _seal(_digest(stream, sealed), sealed)
        if stream.read(len(expected_end) + 1) != expected_end:
            raise tarfile.ReadError("its content is not what its seal says")
        if not all(member.isreg() for member in names):
            raise tarfile.ReadError("it holds something that is no regular file")
        manifest = json.load(_opened(archive, _MANIFEST))
        return _described(path, manifest)


def _described(path: Path, manifest: Mapping[str, Any]) -> Bundle:
    if manifest["format"] != FORMAT:
        raise ValueError(f"it has format {manifest['format']}, this program knows {FORMAT}")
    files = [Expected(**file) for file in manifest["files"]]
    builds = [Build(**record) for record in manifest["builds"]]
    if not {build.expected for build in builds} <= set(files):
        raise ValueError("a build in it is not among its files")
    return Bundle(
        path=path,
        members={file.sha256: _member(file) for file in files},
        builds={build.key: build for build in builds},
    )


def _write_members(stream: IO[bytes], content: Content) -> int:
    """Write all members but the seal and return the offset at which the seal begins."""
    files = sorted(content.files, key=lambda item: item[0].sha256)
    manifest = {
        "format": FORMAT,
        "files": [
            {"filename": file.filename, "sha256": file.sha256, "size": path.stat().st_size}
            for file, path in files
        ],
        "builds": [build.record for build in sorted(content.builds, key=lambda each: each.key)],
    }
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, text in (
            (_MANIFEST, json.dumps(manifest, indent=2, sort_keys=True) + "\n"),
            (_LOCK, content.lock),
        ):
            data = text.encode()
            archive.addfile(_info(name, len(data)), io.BytesIO(data))
        for file, path in files:
            with path.open("rb") as source:
                info = _info(_member(file), path.stat().st_size)
                archive.addfile(info, source)
        return archive.offset


def _seal(digest: str, offset: int) -> bytes:
    """Return all bytes of a bundle from `offset` on: the last member and the end of the tar."""
    data = f"{digest}\n".encode()
    blocks = _info(_SEAL, len(data)).tobuf(tarfile.USTAR_FORMAT) + data.ljust(512, b"\0")
    end = offset + len(blocks) + 1024
    return blocks + bytes(1024 + -end % tarfile.RECORDSIZE)


def _member(file: Expected) -> str:
    return f"files/{file.sha256}/{file.filename}"


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o644, 0
    return info


def _opened(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    content = archive.extractfile(name)
    if content is None:
        raise tarfile.ReadError(f"{name} in it is no file")
    return content


def _digest(stream: IO[bytes], length: int) -> str:
    digest = hashlib.sha256()
    while length and (block := stream.read(min(length, _CHUNK))):
        digest.update(block)
        length -= len(block)
    return digest.hexdigest()


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Turn whatever a damaged bundle leads to into one error that names it."""
    try:
        yield
    except FileNotFoundError as exc:
        raise ArtifactError(
            f"there is no bundle {path}", hint="make one: mesosdeploy artifacts bundle --out FILE"
        ) from exc
    except (tarfile.TarError, OSError, ValueError, LookupError, TypeError, EOFError) as exc:
        raise ArtifactError(
            f"{path} is not a bundle as `mesosdeploy artifacts bundle` wrote it: {exc}",
            hint="copy it again and compare its size, or make it again",
        ) from exc
