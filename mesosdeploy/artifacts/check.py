"""What a file that was fetched really is: the pinned one and whole, or something else."""

from __future__ import annotations

import hashlib
import html
import re
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from lzma import LZMAError
from pathlib import Path

import arpy

from mesosdeploy.errors import ArtifactError

FILENAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]*")
SHA256 = re.compile(r"[0-9a-f]{64}")

_HEAD_BYTES = 4096
_MARKUP = (b"<!doctype", b"<html", b"<head", b"<body", b"<?xml")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


class RefusedError(ArtifactError):
    """A source did not give the file that was pinned; the message is the reason, without place."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What the file must be; `size` in bytes where it is known.

    Raises ValueError for a name or digest that could lead out of the directory it is stored in.
    """

    filename: str
    sha256: str
    size: int | None = None

    def __post_init__(self) -> None:
        if not FILENAME.fullmatch(self.filename) or not SHA256.fullmatch(self.sha256):
            raise ValueError(f"no file is called {self.filename!r} with sha256 {self.sha256!r}")


def sha256_of(path: Path) -> str:
    """Return the file's SHA-256 as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def inspect(path: Path, expected: Expected) -> None:
    """Raise RefusedError unless the file is the expected one, whole and of its kind."""
    size = path.stat().st_size
    page = web_page(path)
    if page is not None:
        raise RefusedError(f"the server answered with a web page in place of the file: {page}")
    if expected.size is not None and size < expected.size:
        raise RefusedError(f"truncated: {size} of {expected.size} bytes")
    if expected.size is not None and size > expected.size:
        raise RefusedError(f"larger than pinned: more than {expected.size} bytes")
    digest = sha256_of(path)
    if digest != expected.sha256:
        raise RefusedError(f"another file: sha256 {digest}, pinned is {expected.sha256}")
    check_archive(path, expected.filename)


def web_page(path: Path) -> str | None:
    """Return the title (or first line) of the file if it is HTML or XML, else None."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        return None
    text = head.decode("utf-8-sig", "replace")
    title = _TITLE.search(text)
    line = title.group(1) if title else text.strip().splitlines()[0]
    return repr(" ".join(html.unescape(line).split())[:120])


def check_archive(path: Path, filename: str) -> None:
    """Raise RefusedError unless the content is an archive of the kind that the name promises.

    A `.deb` must be an ar archive that begins with `debian-binary` (deb(5)); a tar archive is
    read to its end, checksums of the compression included; a zip's members are checked.
    """
    try:
        if filename.endswith(".deb"):
            _check_deb(path)
        elif re.search(r"\.(tar(\.\w+)?|tgz|txz|tbz2?)$", filename):
            _check_tar(path)
        elif filename.endswith((".zip", ".jar", ".whl")):
            _check_zip(path)
    except (
        arpy.ArchiveFormatError,
        arpy.ArchiveAccessError,
        tarfile.TarError,
        zipfile.BadZipFile,
        EOFError,
        LZMAError,
        ValueError,
        zlib.error,
        OSError,
    ) as exc:
        raise RefusedError(f"{filename} is not a whole archive: {exc}") from exc


def _check_deb(path: Path) -> None:
    with path.open("rb") as stream:
        archive = arpy.Archive(fileobj=stream)
        archive.read_all_headers()
        names = [header.name for header in archive.headers]
        if not names or names[0] != b"debian-binary":
            raise ValueError("no debian-binary as the first member")
        for part in (b"control.tar", b"data.tar"):
            if not any(name.startswith(part) for name in names):
                raise ValueError(f"no {part.decode()} in it")
        last = archive.headers[-1]
        if last.file_offset + last.size > path.stat().st_size:
            raise ValueError("its last member is cut off")


def _check_tar(path: Path) -> None:
    with tarfile.open(path) as archive:
        if not archive.getmembers():
            raise ValueError("nothing in it")
        # To the end of the file: only there do gzip and xz compare their checksums.
        while archive.fileobj is not None and archive.fileobj.read(1 << 20):
            pass


def _check_zip(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        broken = archive.testzip()
    if broken:
        raise ValueError(f"{broken} in it is damaged")
