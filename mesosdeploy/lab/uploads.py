"""The pinned official binary uploads of Mesos that the lab package is built from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mesosdeploy.errors import DeployError

PROJECT: Final = "mesos.scheduler"


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One file of a project on the Python package index; `size` in bytes."""

    project: str
    filename: str
    sha256: str
    size: int


# version: (sha256, size) of mesos.scheduler-<version>.linux-x86_64.tar.gz
_PINS: Final = {
    "1.8.1": ("3a0bfe4151ab0bfd7f94359743342f39fd9e21f72ab9c53151117f491200e2e0", 25_696_224),
    "1.9.0": ("6829dc7ee6400b7a6d186e966a25d217638b365f5a9ba0b783222a5858f56dcf", 26_210_709),
    "1.10.0": ("76f111c32a0cd82fc23aff61a85215d4d9ceebb34654d93264d8e64a27483ff5", 26_529_589),
    "1.11.0": ("1d376f20bca6d05ee8b90c1c123a452b28753497ccc2f1c80ea3ac94c12e8f6e", 27_339_052),
}

VERSIONS: Final[tuple[str, ...]] = tuple(_PINS)


def upload(version: str) -> Upload:
    """Return the pinned upload of a version; DeployError if that version cannot be built."""
    if version not in _PINS:
        raise DeployError(
            f"the lab package of Mesos cannot be built in version '{version}'",
            hint=f"choose one of {', '.join(VERSIONS)}, or another flavour of Mesos",
        )
    sha256, size = _PINS[version]
    return Upload(
        project=PROJECT,
        filename=f"{PROJECT}-{version}.linux-x86_64.tar.gz",
        sha256=sha256,
        size=size,
    )
