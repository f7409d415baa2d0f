"""The Debian side of the lab package: names, control files and normal form of the file tree."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from string import Template
from typing import Final

# Raised whenever the package changes for the same version of Mesos.
REVISION: Final = 2
ARCHITECTURE: Final = "amd64"
# The one time stamp of every file: 2020-11-17, the release of Mesos 1.11.0.
EPOCH: Final = 1_605_571_200

_PACKAGING: Final = Path(__file__).parent / "packaging"
_DOCUMENTATION: Final = "usr/share/doc/mesos"


def package_version(version: str) -> str:
    """Return the version of the package, such as 1.11.0+lab2."""
    return f"{version}+lab{REVISION}"


def file_name(version: str) -> str:
    """Return the name of the package's file."""
    return f"mesos_{package_version(version)}_{ARCHITECTURE}.deb"


def write_metadata(tree: Path, version: str) -> None:
    """Add documentation, control file and check sums to the tree that the package is made of."""
    documentation = tree / _DOCUMENTATION
    documentation.mkdir(parents=True)
    for name in ("copyright", "README.lab"):
        text = (_PACKAGING / name).read_text(encoding="utf-8")
        (documentation / name).write_text(text, encoding="utf-8")
    control = Template((_PACKAGING / "control").read_text(encoding="utf-8")).safe_substitute(
        version=package_version(version),
        mesos_version=version,
        architecture=ARCHITECTURE,
    )
    write_control(tree, control)


def write_control(tree: Path, control: str) -> None:
    """Add the control file and the check sums of all files to the tree of a package.

    `$installed_size` in `control` becomes the size of the files in KiB (deb-control(5)).
    """
    files = sorted(path for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
    kibibytes = sum(-(-path.stat().st_size // 1024) for path in files)
    sums = "".join(f"{_md5(path)}  {path.relative_to(tree).as_posix()}\n" for path in files)
    text = Template(control).substitute(installed_size=kibibytes)
    (tree / "DEBIAN").mkdir()
    (tree / "DEBIAN/control").write_text(text, encoding="utf-8")
    (tree / "DEBIAN/md5sums").write_text(sums, encoding="utf-8")


def normalise(tree: Path) -> None:
    """Give every entry of the tree the mode and time that it has on every controller."""
    for path in [tree, *sorted(tree.rglob("*"))]:
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)
        os.utime(path, (EPOCH, EPOCH), follow_symlinks=False)


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
