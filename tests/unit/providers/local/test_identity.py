from __future__ import annotations

import io
import tarfile

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_ssh_private_key,
)

from mesosdeploy.nodes import NodeRequest
from mesosdeploy.providers.local.identity import archive, first_file, make_host_key

REQUEST = NodeRequest(cluster="c1", name="master-1", group="masters", index=1, roles=frozenset())


def test_public_half_belongs_to_secret_half() -> None:
    key = make_host_key()
    loaded = load_ssh_private_key(key.secret, password=None).public_key()
    assert loaded.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode() == key.public
    assert make_host_key().public != key.public


def test_archive_ends_with_the_public_host_key() -> None:
    """An unpacking that was interrupted must not look complete."""
    key = make_host_key()
    data = archive(REQUEST, "10.210.0.11", host_key=key, public_key="ssh-ed25519 AAAA me\n")
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        modes = {entry.name: entry.mode for entry in tar}
        hosts = tar.extractfile("etc/hosts")
        assert hosts is not None
        assert hosts.read() == b"127.0.0.1 localhost\n10.210.0.11 master-1.c1 master-1\n"
        assert {(entry.uid, entry.gid) for entry in tar} == {(0, 0)}
    assert list(modes)[-1] == "etc/ssh/ssh_host_ed25519_key.pub"
    assert modes["etc/ssh/ssh_host_ed25519_key"] == 0o600
    assert modes["root/.ssh/authorized_keys"] == 0o600


def test_first_file_reads_what_the_engine_answers() -> None:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        entry = tarfile.TarInfo("ssh_host_ed25519_key.pub")
        entry.size = 4
        tar.addfile(entry, io.BytesIO(b"key\n"))
    assert first_file(target.getvalue()) == "key\n"
