"""The SSH key pair of a cluster: made once, kept with mode 0600, removed with the cluster."""

from __future__ import annotations

from pathlib import Path

from mesosdeploy.state.record import write_private, writing


def private_key(directory: Path) -> Path:
    """Return where the private key of the cluster lies (or will lie)."""
    return directory / "ssh" / "id_ed25519"


def ensure_key_pair(directory: Path, comment: str) -> str:
    """Make the key pair unless it exists; return the public key in OpenSSH form."""
    private = private_key(directory)
    public = private.with_suffix(".pub")
    if not (private.exists() and public.exists()):
        secret, shown = _generate(comment)
        write_private(private, secret)
        write_private(public, shown + "\n")
    with writing(public):
        return public.read_text().strip()


def _generate(comment: str) -> tuple[str, str]:
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
    return secret.decode(), f"{shown.decode()} {comment}"
