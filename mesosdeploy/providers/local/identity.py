"""What makes a container that one node: its host key, its authorized key, its hosts file. Pure."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from mesosdeploy.nodes import NodeRequest
from mesosdeploy.providers.local.containers import HOST_KEY_FILE


@dataclass(frozen=True, kw_only=True)
class HostKey:
    """An SSH host key in OpenSSH form; `secret` goes into the container and nowhere else."""

    public: str
    secret: bytes


def make_host_key() -> HostKey:
    """Make an ed25519 host key in memory."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return HostKey(public=public.decode(), secret=secret)


def archive(request: NodeRequest, address: str, *, host_key: HostKey, public_key: str) -> bytes:
    """Return a tar archive of the node's own files, relative to its root.

    The public host key comes last: where it is, all the others are, which tells a container that
    is ready from one whose making was interrupted.
    """
    name = request.name
    hosts = f"127.0.0.1 localhost\n{address} {name}.{request.cluster} {name}\n"
    return _pack(
        _authorized(public_key),
        ("etc/hosts", hosts, 0o644),
        (HOST_KEY_FILE.lstrip("/"), host_key.secret.decode(), 0o600),
        (f"{HOST_KEY_FILE.lstrip('/')}.pub", f"{host_key.public}\n", 0o644),
    )


def key_archive(public_key: str) -> bytes:
    """Return a tar archive, relative to a node's root, that makes this key the only one let in."""
    return _pack(_authorized(public_key))


def _authorized(public_key: str) -> tuple[str, str, int]:
    return "root/.ssh/authorized_keys", public_key.strip() + "\n", 0o600


def _pack(*files: tuple[str, str, int]) -> bytes:
    """Return a tar archive of files of root, given as path, text and mode."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        for path, text, mode in files:
            data = text.encode()
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(data), mode
            entry.uid = entry.gid = 0
            tar.addfile(entry, io.BytesIO(data))
    return target.getvalue()


def first_file(tar_bytes: bytes) -> str:
    """Return the text of the only file in the archive that `engine cp … -` answers with."""
    with tarfile.open(fileobj=io.BytesIO(tar_bytes)) as tar:
        for entry in tar:
            if (stream := tar.extractfile(entry)) is not None:
                return stream.read().decode()
    return ""
