"""The SSH key pair of a cluster: made once, kept with mode 0600, removed with the cluster."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from mesosdeploy.errors import UsageError
from mesosdeploy.state.record import write_private, writing


@dataclass(frozen=True, kw_only=True)
class KeyPair:
    """Both halves in OpenSSH form, the public one with its comment."""

    secret: str = field(repr=False)
    public: str


def private_key(directory: Path) -> Path:
    """Return where the private key of the cluster lies (or will lie)."""
    return directory / "ssh" / "id_ed25519"


def kept(directory: Path) -> KeyPair | None:
    """Return the cluster's key pair, None when there is none or only half of it."""
    private = private_key(directory)
    public = private.with_suffix(".pub")
    if not (private.exists() and public.exists()):
        return None
    with writing(public):
        return KeyPair(secret=private.read_text(), public=public.read_text().strip())


def keep(directory: Path, pair: KeyPair) -> None:
    """Make this the cluster's key pair."""
    private = private_key(directory)
    write_private(private, pair.secret)
    write_private(private.with_suffix(".pub"), pair.public + "\n")


def ensure_key_pair(directory: Path, comment: str) -> str:
    """Make the key pair unless it exists; return the public key in OpenSSH form."""
    pair = kept(directory)
    if pair is None:
        pair = generate(comment)
        keep(directory, pair)
    return pair.public


def generate(comment: str) -> KeyPair:
    """Return a new key pair, which is nowhere yet."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    shown = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return KeyPair(secret=secret.decode(), public=f"{shown.decode()} {comment}")


def read(path: Path, comment: str) -> KeyPair:
    """Return the key pair of somebody's private key; UsageError when the file holds none."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
        load_ssh_private_key,
    )

    try:
        secret = path.expanduser().read_bytes()
        key = load_ssh_private_key(secret, password=None)
    except OSError as exc:
        raise UsageError(
            f"the private key {path} cannot be read: {exc.strerror or exc}",
            hint="name the file that holds the cluster's private key",
        ) from exc
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        raise UsageError(
            f"{path} is no private key in OpenSSH form without a passphrase: {exc}",
            hint="copy it, then take the passphrase off the copy: ssh-keygen -p -N '' -f COPY",
        ) from exc
    shown = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return KeyPair(secret=secret.decode(), public=f"{shown.decode()} {comment}")
