"""The store: verified files by their SHA-256, written in one step, never trusted once changed."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from mesosdeploy import resources
from mesosdeploy.artifacts.check import Expected, inspect, sha256_of
from mesosdeploy.errors import ArtifactError

Report = Callable[[str], None]

_VERIFIED = "verified.json"
_PART = ".part"
_PATIENCE_SECONDS = 3600.0


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A file of the store as the audit found it."""

    path: Path
    intact: bool


class Store:
    """Files at `<root>/<sha256[:2]>/<sha256>/<filename>`, records of builds at `<root>/built/`.

    A file is there only whole and verified: it is written beside, checked, synced and renamed.
    Its stat is recorded at that time; only when size, mtime or inode differ is it hashed again.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def default(cls) -> Store:
        """Return the user's store."""
        return cls(resources.cache_dir() / "artifacts")

    def path(self, expected: Expected) -> Path:
        """Return where the file is or would be."""
        return self.root / expected.sha256[:2] / expected.sha256 / expected.filename

    def find(self, expected: Expected) -> Path | None:
        """Return the file's path if it is there and intact; a changed one is moved aside."""
        path = self.path(expected)
        try:
            status = path.stat()
        except OSError:
            return None
        seen = _stat_record(status)
        wrong_size = expected.size is not None and status.st_size != expected.size
        if not wrong_size and _read_json(path.with_name(_VERIFIED)) == seen:
            return path
        if wrong_size or sha256_of(path) != expected.sha256:
            self._move_aside(path)
            return None
        with suppress(OSError):
            _write_json(path.with_name(_VERIFIED), seen)
        return path

    def add(self, expected: Expected, fill: Callable[[Path], None]) -> Path:
        """Let `fill` write the file, verify it, put it in place and return its path.

        The caller holds `exclusive(expected.sha256)`. Raises RefusedError, and leaves nothing,
        when the content is not what is expected; ArtifactError when the disk refuses.
        """
        path = self.path(expected)
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            for stale in path.parent.glob(f"*{_PART}"):
                stale.unlink(missing_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, suffix=_PART)
            os.close(handle)
            temporary = Path(name)
            try:
                fill(temporary)
                inspect(temporary, expected)
                _sync(temporary)
                temporary.chmod(0o644)
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
            _sync(path.parent)
            _write_json(path.with_name(_VERIFIED), _stat_record(path.stat()))
        return path

    @contextmanager
    def exclusive(self, key: str, *, what: str, report: Report) -> Iterator[None]:
        """Hold the lock of one artifact, so that two processes do not fetch it twice."""
        path = self.root / "locks" / f"{key}.lock"
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path)
            try:
                lock.acquire(timeout=0.2)
            except Timeout:
                report(f"waiting for another mesosdeploy that is at work on {what}")
                _acquire_patiently(lock)
        try:
            yield
        finally:
            lock.release()

    def built(self, key: str) -> Mapping[str, Any] | None:
        """Return the record of the build with this key, or None."""
        return _read_json(self.root / "built" / f"{key}.json")

    def record_built(self, key: str, record: Mapping[str, Any]) -> None:
        """Keep the record of a build."""
        path = self.root / "built" / f"{key}.json"
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_json(path, dict(record))

    @contextmanager
    def scratch(self, key: str) -> Iterator[Path]:
        """Give a build a directory; what a killed build of the same key left is removed.

        The caller holds `exclusive(key)`.
        """
        prefix = f"build-{key[:16]}-"
        with _writing(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            for stale in self.root.glob(f"{prefix}*"):
                shutil.rmtree(stale, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=self.root, prefix=prefix) as directory:
            yield Path(directory)

    def audit(self) -> Iterator[Stored]:
        """Hash every stored file again; one that is not what its directory says is moved aside."""
        for path in sorted(self.root.glob("[0-9a-f][0-9a-f]/*/*")):
            bookkeeping = path.name == _VERIFIED or path.name.startswith(".")
            if bookkeeping or path.name.endswith(_PART) or not path.is_file():
                continue
            intact = sha256_of(path) == path.parent.name
            if not intact:
                self._move_aside(path)
            yield Stored(path=path, intact=intact)

    def _move_aside(self, path: Path) -> None:
        aside = self.root / "rejected" / f"{path.parent.name}.{time.time_ns()}.{path.name}"
        with _writing(aside):
            aside.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # another process was first
                path.replace(aside)
            path.with_name(_VERIFIED).unlink(missing_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turn a refusal of the disk into an ArtifactError."""
    try:
        yield
    except OSError as exc:
        raise ArtifactError(
            f"{path} cannot be written: {exc.strerror or exc}",
            hint="free space or set MESOSDEPLOY_CACHE_DIR to a directory that can be written",
        ) from exc


def _acquire_patiently(lock: FileLock) -> None:
    try:
        lock.acquire(timeout=_PATIENCE_SECONDS)
    except Timeout as exc:
        raise ArtifactError(
            f"another process has held {lock.lock_file} for an hour",
            hint="end that process, then try again",
        ) from exc


def _stat_record(status: os.stat_result) -> dict[str, int]:
    return {"mtime_ns": status.st_mtime_ns, "size": status.st_size, "inode": status.st_ino}


def _read_json(path: Path) -> dict[str, Any] | None:
    """Return the object in the file; a missing or damaged one is no record."""
    try:
        data = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) else None


def _write_json(path: Path, data: dict[str, Any]) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    with os.fdopen(handle, "w") as stream:
        json.dump(data, stream, indent=2, sort_keys=True)
    Path(name).replace(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
